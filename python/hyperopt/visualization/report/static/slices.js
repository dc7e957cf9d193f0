// Each parameter against the loss.

const slicesState = { most: 12 };

const slicesPanel = new Panel('slices', 'Slices', {
  wide: true,
  draw(panel) {
    const study = current();
    const all = study.labelsByImportance();
    if (!panel.grid) {
      panel.controls.append(panel.more = el('button', { onclick: () => { slicesState.most = slicesState.most === 12 ? Infinity : 12; panel.changed(); } }));
      panel.grid = panel.body.appendChild(el('div', { class: 'many' }));
      panel.legend = panel.body.appendChild(el('div', { class: 'keys' }));
      panel.plots = new Map();
    }
    panel.more.hidden = all.length <= 12;
    panel.more.textContent = slicesState.most === 12 ? `Show all ${all.length}` : 'Show the 12 most important';
    const labels = all.slice(0, slicesState.most);
    for (const [label, plot] of panel.plots) if (!labels.includes(label)) { plot.figure.parentElement.remove(); panel.plots.delete(label); }
    const y = study.axis(LOSS);
    const colours = ramp();
    const bare = study.bare();
    for (const label of labels) {
      if (!panel.plots.has(label)) {
        const cell = panel.grid.appendChild(el('div'));
        panel.plots.set(label, new Plot(cell, { height: 190, left: 46, right: 8, label: `${label} against the loss` }));
      } else panel.grid.append(panel.plots.get(label).figure.parentElement);
      drawSlice(panel.plots.get(label), study, label, y, colours, bare);
    }
    panel.legend.replaceChildren(rankLegend(), legend(statesLegend(study, bare)));
    panel.say(!all.length ? 'The space has no parameters.' : y.cut ? `${y.cut} losses above ${shortNumber(y.high)} are drawn at the upper edge.` : '');
  },
});

function drawSlice(plot, study, label, y, colours, bare) {
  plot.begin();
  const x = study.axis(label);
  const column = study.columns.get(label).at;
  const active = (i) => column[i] === column[i];
  const list = study.order.filter(active), ended = bare.filter(active);
  plot.xAxis(x, '');
  if (study.order.length) plot.yAxis(y, '');
  plot.text(plot.left + plot.box.w / 2, plot.height - 3, label, { 'text-anchor': 'middle', class: 'title' }, plot.box.w);
  const px = (i) => plot.px(x.unit(column[i]) ) + (x.options ? jitter(i) * Math.min(plot.box.w / x.options.length * 0.35, 14) : 0);
  const py = (i) => (study.state[i] === OK ? plot.py(y.unit(study.loss[i])) : plot.py(0) - 5);
  const marks = plot.points(list, px, py, (i) => (study.selected[i] ? levelOf(study.rank[i]) : -1), colours);
  plot.count(marks + plot.ticks(study, ended, px));
  plot.answers(study, [...list, ...ended], px, py);
  if (!list.length) plot.empty(study.n ? 'no trial with a loss' : 'no trials yet');
}

/** Spreads the marks of an option, always in the same way: between -1 and 1. */
function jitter(i) { return ((i * 0.6180339887) % 1) * 2 - 1; }
