// All trials as a table that can be sorted and filtered.

const tableState = { key: 'loss', down: false, page: 0 };
const PER_PAGE = 25;

const tablePanel = new Panel('trials', 'Trials', {
  wide: true,
  draw(panel) {
    const study = current();
    if (!panel.table) {
      panel.search = el('input', { type: 'search', size: 30, placeholder: 'loss<0.5 x>=2 c=relu state=ok', 'aria-label': 'Filter trials', oninput: () => {
        current().filterText = panel.search.value;
        applyFilter(current());
        tableState.page = 0;
        selectionChanged();
      } });
      panel.controls.append(panel.search);
      panel.head = el('thead');
      panel.rows = el('tbody');
      panel.table = el('table', { class: 'trials' }, panel.head, panel.rows);
      panel.body.append(el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of trials' }, panel.table));
      const page = (by) => () => { tableState.page += by; panel.changed(); };
      panel.before = el('button', { onclick: page(-1) }, 'Previous');
      panel.after = el('button', { onclick: page(1) }, 'Next');
      panel.where = el('span', { class: 'note' });
      panel.body.append(el('p', { class: 'legend' }, panel.before, panel.after, panel.where));
    }
    if (panel.search.value !== study.filterText) panel.search.value = study.filterText;
    const columns = tableColumns(study);
    const sortBy = (key) => () => { tableState.down = tableState.key === key && !tableState.down; tableState.key = key; tableState.page = 0; panel.changed(); };
    // The head stays what it is while it says the same, or a click could miss it.
    const headed = JSON.stringify([columns.map((c) => c.key), tableState.key, tableState.down]);
    if (panel.headed !== headed) {
      panel.headed = headed;
      const focused = document.activeElement && document.activeElement.dataset.key;
      panel.head.replaceChildren(el('tr', {}, ...columns.map(({ key, name }) => el('th', { scope: 'col', 'aria-sort': tableState.key !== key ? 'none' : tableState.down ? 'descending' : 'ascending' },
        el('button', { onclick: sortBy(key), title: name, 'data-key': key }, name + (tableState.key !== key ? '' : tableState.down ? ' ▾' : ' ▴'))))));
      if (focused) { const again = [...panel.head.querySelectorAll('button')].find((b) => b.dataset.key === focused); if (again) again.focus({ preventScroll: true }); }
    }
    const sorter = columns.find((c) => c.key === tableState.key) || columns[0];
    const list = [];
    for (let i = 0; i < study.n; i++) if (study.selected[i]) list.push(i);
    const sign = tableState.down ? -1 : 1;
    const rank = (v) => v === null || v === undefined || v !== v;
    list.sort((a, b) => {
      const [va, vb] = [sorter.value(a), sorter.value(b)];
      if (rank(va) || rank(vb)) return rank(va) - rank(vb) || a - b; // what is missing comes last
      return va < vb ? -sign : va > vb ? sign : a - b;
    });
    const pages = Math.max(1, Math.ceil(list.length / PER_PAGE));
    if (panel.follow) { const at = list.indexOf(study.picked); if (at >= 0) tableState.page = Math.floor(at / PER_PAGE); panel.follow = false; }
    tableState.page = Math.max(0, Math.min(tableState.page, pages - 1));
    const shown = list.slice(tableState.page * PER_PAGE, (tableState.page + 1) * PER_PAGE);
    panel.rows.replaceChildren(...shown.map((i) => el('tr', { class: i === study.picked ? 'picked' : null, 'data-tid': study.tid[i], onclick: () => pick(study, i) },
      ...columns.map(({ text }) => { const value = text(i); return value === null ? el('td', { class: 'off' }, 'not active') : el('td', { title: value.length > 30 ? value : null }, value); }))));
    panel.table.dataset.count = list.length;
    panel.before.disabled = tableState.page === 0;
    panel.after.disabled = tableState.page >= pages - 1;
    panel.where.textContent = list.length ? `${tableState.page * PER_PAGE + 1}–${tableState.page * PER_PAGE + shown.length} of ${list.length}${list.length < study.n ? ` selected of ${study.n}` : ''}` : study.n ? 'no trial is selected' : 'no trials yet';
  },
});

function tableColumns(study) {
  const duration = (i) => study.end[i] - study.start[i];
  const columns = [
    { key: 'tid', name: 'trial', value: (i) => study.tid[i], text: (i) => String(study.tid[i]) },
    { key: 'state', name: 'state', value: (i) => study.states[study.state[i]], text: (i) => study.states[study.state[i]] },
    { key: 'loss', name: 'loss', value: (i) => study.loss[i], text: (i) => lossText(study, i) },
  ];
  for (const label of study.labelsByImportance())
    columns.push({ key: `:${label}`, name: label, value: (i) => study.value(label, i), text: (i) => study.text(label, i) });
  columns.push({ key: 'seconds', name: 'seconds', value: duration, text: (i) => (duration(i) === duration(i) ? String(+duration(i).toFixed(3)) : '–') });
  if (study.reason.some(Boolean)) columns.push({ key: 'reason', name: 'reason', value: (i) => study.reason[i], text: (i) => study.reason[i] || '' });
  return columns;
}

/** Makes the filter of its text: terms like `name<value`, and words that occur in a trial's texts. */
function applyFilter(study) {
  const columns = tableColumns(study);
  const tests = [];
  for (const term of study.filterText.match(/(?:[^\s"]+|"[^"]*")+/g) || []) {
    const parts = term.replace(/"/g, '').match(/^(.+?)(<=|>=|!=|=|<|>)(.*)$/);
    const column = parts && columns.find((c) => c.name === parts[1]);
    tests.push(column ? comparison(column, parts[2], parts[3]) : containing(columns, term.replace(/"/g, '').toLowerCase()));
  }
  study.filter = tests.length ? (i) => tests.every((test) => test(i)) : () => true;
}
function comparison(column, sign, wanted) {
  const bound = Number(wanted);
  if (sign === '=' || sign === '!=') {
    const same = (i) => { const text = column.text(i) ?? 'not active'; return text === wanted || text === `'${wanted}'` || (wanted !== '' && column.value(i) === bound); };
    return sign === '=' ? same : (i) => !same(i);
  }
  const tests = { '<': (v) => v < bound, '<=': (v) => v <= bound, '>': (v) => v > bound, '>=': (v) => v >= bound };
  return (i) => tests[sign](column.value(i));
}
function containing(columns, word) {
  return (i) => columns.some((c) => (c.text(i) ?? 'not active').toLowerCase().includes(word));
}
