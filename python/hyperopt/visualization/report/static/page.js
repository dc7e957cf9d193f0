// The page: what it is made of, the choice of a study, picking, themes, and news of a live study.

const studies = payload.studies.map((raw) => new Study(raw));
let shownStudy = 0;
function current() { return studies[shownStudy]; }

const bestPanel = new Panel('best', 'Best point', {
  draw(panel) {
    const study = current();
    if (!panel.code) {
      panel.code = el('code');
      panel.body.append(el('pre', { tabindex: 0 }, panel.code));
      panel.controls.append(panel.copy = el('button', { onclick: () => copyText(panel) }, 'Copy'));
    }
    panel.code.textContent = study.best || '# no trial has a loss yet';
    panel.copy.disabled = !study.best;
  },
});

const factsPanel = new Panel('facts', 'Facts', {
  draw(panel) {
    const study = current();
    const rows = study.facts.map(([name, text]) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, text)));
    panel.body.replaceChildren(el('table', { class: 'facts' }, el('tbody', {}, ...rows)));
    panel.say(study.guessed ? 'These trials do not know their space: parameters and ranges are guessed from the values.' : '');
  },
});

const spacePanel = new Panel('space', 'Space', {
  draw(panel) {
    const study = current();
    const rows = study.parameters.map((p) => el('tr', {}, el('th', { scope: 'row' }, p.label), el('td', {}, p.prior, p.options ? el('div', { class: 'off' }, p.options.join(', ')) : ''),
      el('td', { class: p.when ? '' : 'off' }, p.when ? `when ${p.when}` : 'always')));
    panel.body.replaceChildren(el('div', { class: 'scroll' }, el('table', { class: 'facts' }, el('tbody', {}, ...rows))));
    panel.say(rows.length ? '' : 'The space has no parameters.');
  },
});

async function copyText(panel) {
  try {
    await navigator.clipboard.writeText(panel.code.textContent);
    panel.copy.textContent = 'Copied';
  } catch {
    const range = document.createRange();
    range.selectNodeContents(panel.code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    panel.copy.textContent = 'Selected: press Ctrl+C';
  }
  setTimeout(() => { panel.copy.textContent = 'Copy'; }, 2500);
}

/** Sets a trial off in all plots and shows it in the table. */
function pick(study, i) {
  study.picked = study.picked === i ? -1 : i;
  tablePanel.follow = true;
  redrawAll();
}

/** Draws the lines and the table at once, the other panels when the selection has come to rest. */
function selectionChanged() {
  current().select();
  parallelPanel.changed();
  tablePanel.changed();
  summarise();
  clearTimeout(restTimer);
  restTimer = setTimeout(redrawAll, 160);
}
let restTimer = 0;

const headline = el('h1');
const summary = el('span', { class: 'summary' });
const liveSign = el('span', { class: 'live summary', hidden: true });
const themeButton = el('button', { onclick: () => { setTheme(isDark() ? 'light' : 'dark'); } });
const which = chooser('study', [], '', (value) => { shownStudy = +value; showStudy(); });

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  themeButton.textContent = theme === 'dark' ? 'Light' : 'Dark';
  themeButton.setAttribute('aria-label', `Switch to ${theme === 'dark' ? 'light' : 'dark'} colours`);
  redrawAll();
}

function summarise() {
  const study = current();
  headline.textContent = study.name;
  const parts = [el('b', {}, String(study.n)), ' trials'];
  if (study.bestTrial >= 0) parts.push(' · best loss ', el('b', {}, shortNumber(study.loss[study.bestTrial])), ` in trial ${study.tid[study.bestTrial]}`);
  const failed = study.state.filter((s) => s === 3 || s === 4 || s === 7).length;
  if (failed) parts.push(' · ', el('b', {}, String(failed)), ' failed');
  const running = study.state.filter((s) => s === 1).length;
  if (running) parts.push(' · ', el('b', {}, String(running)), ' running');
  if (study.nSelected < study.n) parts.push(' · ', el('b', {}, String(study.nSelected)), ' selected');
  summary.replaceChildren(...parts);
}

function showStudy() {
  which.hidden = studies.length < 2;
  which.fill(studies.map((s, k) => [k, s.name]), shownStudy);
  parallelPanel.show(current().parameters.length > 0);
  slicesPanel.show(current().parameters.length > 0);
  importancePanel.show(current().parameters.length > 0);
  summarise();
  redrawAll();
}

function listPanels() {
  document.getElementById('contents').replaceChildren(...ORDER.filter((p) => !p.section.hidden).map((p) => el('a', { href: `#${p.id}` }, p.title)));
}

const ORDER = [historyPanel, importancePanel, bestPanel, parallelPanel, slicesPanel, contourPanel, curvesPanel, paretoPanel, edfPanel, factsPanel, spacePanel, timelinePanel, tablePanel];

function start() {
  document.getElementById('top').append(headline, summary, el('span', { class: 'grow' }), liveSign, which, themeButton);
  document.getElementById('panels').append(...ORDER.map((panel) => panel.section));
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const panel = panels.find((p) => p.section === entry.target);
      panel.visible = entry.isIntersecting;
    }
    if (dirty.size) schedule();
  }, { rootMargin: '150px' });
  for (const panel of ORDER) watch.observe(panel.section);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  setTheme(dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', () => setTheme(dark.matches ? 'dark' : 'light'));
  // Plots fit the width that they find: it may come later than the script, as in a tab behind others.
  const main = document.getElementById('panels');
  let width = main.clientWidth;
  new ResizeObserver(() => { if (main.clientWidth !== width) { width = main.clientWidth; redrawAll(); } }).observe(main);
  let before = null;
  addEventListener('beforeprint', () => { before = document.documentElement.dataset.theme; setTheme('light'); for (const panel of ORDER) panel.drawNow(); dirty.clear(); });
  addEventListener('afterprint', () => { if (before) setTheme(before); });
  addEventListener('keydown', (event) => { if (event.key === 'Escape') hideTip(); });
  listPanels();
  showStudy();
  if (payload.live) follow(payload.live);
}

// -- news of a live study

/** Asks for news again and again: trials that are new or have changed since the revision that is known. */
async function follow(address) {
  let revision = payload.revision;
  let wait = 400;
  liveSign.hidden = false;
  for (;;) {
    try {
      const answer = await fetch(`${address}?since=${encodeURIComponent(revision)}`, { cache: 'no-store' });
      if (!answer.ok) throw new Error(String(answer.status));
      const news = await answer.json();
      if (news.revision !== revision) takeNews(news);
      ({ revision, wait_ms: wait } = news);
      sign(news.running ? 'on' : '', news.running ? 'live' : 'the run has ended');
    } catch {
      sign('lost', 'not connected; trying again');
      wait = 1200;
    }
    await new Promise((done) => setTimeout(done, document.hidden ? 4 * wait : wait));
  }
}
function sign(state, text) {
  liveSign.className = `live summary ${state}`;
  if (liveSign.textContent !== text) liveSign.textContent = text;
}
function takeNews(news) {
  news.studies.forEach((raw, k) => {
    const study = studies[k];
    if (raw.whole) {
      studies[k] = new Study(raw.whole);
      if (study) { studies[k].filterText = study.filterText; for (const [label, range] of study.brushes) if (label === LOSS || studies[k].columns.has(label)) studies[k].brushes.set(label, range); }
    } else {
      study.describe(raw);
      for (const piece of raw.pieces || []) study.take(piece.columns, piece.positions);
      study.derive();
    }
    applyFilter(studies[k]);
    studies[k].select();
  });
  showStudy();
}

start();
