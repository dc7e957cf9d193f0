// The losses over the trials, and the distribution of the losses.

const historyState = { time: false, log: null };

const historyPanel = new Panel('history', 'Best loss', {
  wide: true,
  draw(panel) {
    const study = current();
    const { time } = historyState;
    if (!panel.plot) {
      panel.plot = new Plot(panel.body, { height: 310, top: 20, label: 'Losses of the trials, and the best so far' });
      panel.legend = panel.body.appendChild(el('div', { class: 'keys' }));
      panel.controls.append(
        chooser('over', [['number', 'number of trials'], ['time', 'time']], 'number', (value) => { historyState.time = value === 'time'; panel.changed(); }),
        toggle('logarithmic', lossAxis(studies, null).log, (on) => { historyState.log = on; panel.changed(); edfPanel.changed(); }));
    }
    const plot = panel.plot;
    plot.begin();
    const y = lossAxis(studies, historyState.log);
    const place = (s) => (time ? (i) => s.end[i] : (i) => i + 1);
    let last = 1;
    for (const s of studies) for (let i = 0; i < s.n; i++) { const at = place(s)(i); if (at > last) last = at; }
    const x = new Axis({ low: time ? 0 : 1, high: Math.max(last, time ? 1e-3 : 2), integer: !time });
    const [unit, size] = timeUnit(x.high);
    if (time) plot.xAxis(new Axis({ low: 0, high: x.high / size }), `${unit} since the start`);
    else plot.xAxis(x, 'trial');
    if (studies.some((s) => s.order.length)) plot.yAxis(y, 'loss');
    const colours = ramp();
    const at = place(study);
    const px = (i) => plot.px(x.unit(at(i))), py = (i) => plot.py(y.unit(study.loss[i]));
    const shown = study.order.filter((i) => at(i) === at(i));
    let marks = plot.points(shown, px, py, (i) => (study.selected[i] ? levelOf(study.rank[i]) : -1), colours);
    const bare = study.bare().filter((i) => at(i) === at(i));
    marks += plot.ticks(study, bare, px);
    studies.forEach((s, k) => {
      const colour = studies.length > 1 ? KINDS[k % KINDS.length] : cssColour('ink');
      plot.line(bestSoFar(s, place(s), last).map(([a, b]) => [x.unit(a), y.unit(b)]), colour, { width: s === study ? 2.2 : 1.5, step: true });
    });
    plot.answers(study, [...shown, ...bare], px, (i) => (study.state[i] === OK ? py(i) : plot.py(0) - 5));
    plot.count(marks);
    if (!study.n) plot.empty('no trials yet');
    else if (!marks) plot.empty('no trial has ended yet');
    panel.legend.replaceChildren(rankLegend(), legend([
      ...(studies.length > 1 ? studies.map((s, k) => [KINDS[k % KINDS.length], `best so far of ${s.name}`]) : shown.length ? [[cssColour('ink'), 'best so far']] : []),
      ...statesLegend(study, bare),
    ]));
    panel.say(y.cut ? `${y.cut} losses above ${shortNumber(y.high)} are drawn at the upper edge.` : '');
  },
});

/** The best loss after each improvement, as [place, loss], up to the last place. */
function bestSoFar(study, place, last) {
  const list = study.order.filter((i) => place(i) === place(i)).sort((a, b) => place(a) - place(b) || a - b);
  const points = [];
  let best = Infinity;
  for (const i of list) if (study.loss[i] < best) { best = study.loss[i]; points.push([place(i), best]); }
  if (points.length) points.push([last, best]);
  return points;
}

const edfPanel = new Panel('edf', 'Distribution of the losses', {
  draw(panel) {
    if (!panel.plot) {
      panel.plot = new Plot(panel.body, { height: 250, top: 20, label: 'Share of the trials with at most this loss' });
      panel.legend = panel.body.appendChild(el('div'));
    }
    const plot = panel.plot;
    plot.begin();
    const x = lossAxis(studies, historyState.log);
    const y = new Axis({ low: 0, high: 1 });
    plot.xAxis(x, 'loss');
    plot.yAxis(y, 'share of trials');
    let marks = 0;
    studies.forEach((study, k) => {
      const n = study.order.length;
      if (!n) return;
      const points = [[x.unit(study.loss[study.order[0]]), 0]];
      study.order.forEach((i, rank) => points.push([x.unit(study.loss[i]), (rank + 1) / n]));
      plot.line(points, KINDS[k % KINDS.length], { width: study === current() ? 2.4 : 1.5, step: true });
      marks += n;
    });
    plot.count(marks);
    if (!marks) plot.empty('no trial has a loss yet');
    panel.legend.replaceChildren(legend(studies.length > 1 ? studies.map((s, k) => [KINDS[k % KINDS.length], `${s.name} (${s.order.length})`]) : []));
    panel.say(x.cut ? `${x.cut} losses above ${shortNumber(x.high)} are at the right edge.` : '');
  },
});
