// When each trial ran, and where.

const MOST_LANES = 48;

const timelinePanel = new Panel('timeline', 'Timeline', {
  wide: true,
  draw(panel) {
    const study = current();
    if (!panel.plot) {
      panel.plot = new Plot(panel.body, { height: 120, left: 100, top: 10, label: 'When each trial ran' });
      panel.legend = panel.body.appendChild(el('div'));
    }
    const list = [];
    for (let i = 0; i < study.n; i++) if (study.start[i] === study.start[i] && study.end[i] === study.end[i]) list.push(i);
    list.sort((a, b) => study.start[a] - study.start[b] || a - b);
    const { names, lane } = lanesOf(study, list);
    const shown = Math.min(names.length, MOST_LANES);
    const step = shown > 16 ? 12 : 20;
    const plot = panel.plot;
    plot.begin(56 + step * Math.max(shown, 1));
    const last = list.reduce((most, i) => Math.max(most, study.end[i]), 1e-3);
    const x = new Axis({ low: 0, high: last });
    const [unit, size] = timeUnit(last);
    plot.xAxis(new Axis({ low: 0, high: last / size }), `${unit} since the start`);
    const row = (i) => plot.box.y + step * lane.get(i);
    names.slice(0, shown).forEach((name, k) => plot.text(plot.left - 8, plot.box.y + step * k + step / 2 + 4, name, { 'text-anchor': 'end' }, plot.left - 12));
    let marks = 0;
    const seen = new Set();
    for (const i of list) {
      if (lane.get(i) >= shown) continue;
      const left = plot.px(x.unit(study.start[i]));
      plot.pen.fillStyle = study.selected[i] ? STATE_COLOURS[study.state[i]] : cssColour('dim');
      plot.pen.fillRect(left, row(i) + 1.5, Math.max(plot.px(x.unit(study.end[i])) - left - 0.5, 1), step - 3);
      seen.add(study.state[i]);
      marks++;
    }
    plot.answers(study, list.filter((i) => lane.get(i) < shown), (i) => plot.px(x.unit(0.5 * (study.start[i] + study.end[i]))), (i) => row(i) + step / 2);
    plot.count(marks);
    if (!list.length) plot.empty('no trial has started yet');
    panel.legend.replaceChildren(legend([...seen].sort().map((state) => [STATE_COLOURS[state], study.states[state]])));
    panel.say(names.length > shown ? `${shown} of ${names.length} workers are drawn.` : '');
  },
});

/** A lane for each worker; where workers have no names, as many lanes as trials ran at a time. */
function lanesOf(study, list) {
  const lane = new Map();
  const names = [];
  const free = [];
  const numbers = new Map();
  for (const i of list) {
    let k;
    if (study.owner[i] !== null) {
      if (!numbers.has(study.owner[i])) { numbers.set(study.owner[i], names.length); names.push(study.owner[i]); free.push(Infinity); }
      k = numbers.get(study.owner[i]);
    } else {
      k = free.findIndex((end) => end <= study.start[i] + 1e-9);
      if (k < 0) { k = names.length; names.push(`slot ${k + 1}`); free.push(0); }
      free[k] = study.end[i];
    }
    lane.set(i, k);
  }
  return { names, lane };
}
