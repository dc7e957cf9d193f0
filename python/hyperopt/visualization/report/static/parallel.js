// Parallel coordinates: a line for each trial, an axis for each parameter; ranges of axes select trials.

const parallelState = { most: 9 };
const DRAWN_AT_ONCE = 400;
const DIM_LINES = 160;

const parallelPanel = new Panel('parallel', 'Parallel coordinates', {
  wide: true,
  draw(panel) {
    const study = current();
    const all = study.labelsByImportance();
    if (!panel.plot) {
      panel.controls.append(
        panel.more = chooser('axes', [], '', (value) => { parallelState.most = +value; panel.changed(); }),
        panel.clear = el('button', { onclick: () => { current().brushes.clear(); selectionChanged(); } }, 'Clear ranges'));
      panel.scroll = panel.body.appendChild(el('div', { class: 'scroll' }));
      panel.plot = new Plot(panel.scroll, { height: 340, left: 44, right: 44, top: 34, bottom: 46, label: 'A line for each trial over the parameters' });
      panel.plot.figure.setAttribute('role', 'group');
      panel.legend = panel.body.appendChild(el('div'));
    }
    const counts = [...new Set([5, 9, 15, 25, all.length].filter((k) => k <= all.length).concat(Math.min(9, all.length)))].sort((a, b) => a - b);
    panel.more.fill(counts.map((k) => [k, k === all.length ? `all ${k}` : `${k} most important`]), Math.min(parallelState.most, all.length));
    const labels = [...all.slice(0, parallelState.most), ...[...study.brushes.keys()].filter((l) => l !== LOSS && !all.slice(0, parallelState.most).includes(l)), LOSS];
    const plot = panel.plot;
    plot.minWidth = 88 + 78 * (labels.length - 1);
    const key = [labels.join('\n'), panel.scroll.clientWidth, isDark(), study.version].join('|');
    if (panel.key !== key) {
      panel.key = key;
      plot.begin();
      panel.axes = labels.map((label, k) => ({ label, axis: study.axis(label), x: plot.px(labels.length > 1 ? k / (labels.length - 1) : 0.5) }));
      panel.heights = panel.axes.map((axis) => heightsOf(plot, study, axis));
      drawAxes(panel, study);
    } else plot.wipe();
    showRanges(panel, study);
    drawLines(panel, study);
    panel.legend.replaceChildren(rankLegend());
    panel.say(!study.order.length ? 'No trial has a loss yet, so there are no lines.' : `${study.nSelected} of ${study.n} trials selected. Drag along an axis, or focus it and use the arrow keys (with Shift: the size; Escape: clear). `
      + 'Lines that pass below an axis: the parameter is not active.');
    panel.clear.disabled = !study.brushes.size;
  },
});

/** Where lines pass an axis whose parameter is not active: below it. */
const OFF = -0.075;

function heightsOf(plot, study, { label, axis }) {
  const column = label === LOSS ? study.loss : study.columns.get(label).at;
  const heights = new Float32Array(study.n);
  for (let i = 0; i < study.n; i++) heights[i] = plot.py(column[i] === column[i] ? axis.unit(column[i]) : OFF);
  return heights;
}

function drawLines(panel, study) {
  const { plot, axes, heights } = panel;
  const list = study.order;
  const colours = ramp();
  const job = (panel.job = { next: list.length - 1, drawn: 0 });
  const fine = list.length > 2000;
  const pen = plot.pen;
  const stroke = (i) => {
    pen.moveTo(axes[0].x, heights[0][i]);
    for (let k = 1; k < axes.length; k++) pen.lineTo(axes[k].x, heights[k][i]);
  };
  const batch = (chosen, colour, alpha) => {
    pen.strokeStyle = colour;
    pen.globalAlpha = alpha;
    pen.lineWidth = 1;
    pen.beginPath();
    for (const i of chosen) stroke(i);
    pen.stroke();
    pen.globalAlpha = 1;
  };
  const selected = list.filter((i) => study.selected[i]);
  const others = list.filter((i) => !study.selected[i]);
  plot.count(selected.length);
  // Far more lines than pixels: a sample of those that are not selected does.
  const stride = Math.max(1, Math.ceil(others.length / DIM_LINES));
  batch(others.filter((_, k) => k % stride === 0), cssColour('dim'), fine ? 0.5 : 0.8);
  // The worst come first, so that the best lie on top; what does not fit into this frame follows.
  const alpha = selected.length > 2000 ? 0.35 : selected.length > 300 ? 0.55 : 0.8;
  const preview = Math.max(1, Math.ceil(selected.length / DRAWN_AT_ONCE));
  const levels = (chosen) => {
    for (let level = LEVELS - 1; level >= 0; level--) {
      const some = chosen.filter((i) => levelOf(study.rank[i]) === level);
      if (some.length) batch(some, colours[level], alpha);
    }
  };
  levels(selected.filter((_, k) => k % preview === 0));
  if (preview > 1) {
    const rest = selected.filter((_, k) => k % preview !== 0).reverse();
    let at = 0;
    const go = () => {
      if (panel.job !== job) return;
      levels(rest.slice(at, at + DRAWN_AT_ONCE));
      at += DRAWN_AT_ONCE;
      if (at < rest.length) panel.later = setTimeout(go, 30); else finish();
    };
    const finish = () => { levels(selected.slice(0, DRAWN_AT_ONCE / 4)); highlight(); };
    clearTimeout(panel.later);
    panel.later = setTimeout(go, 120);
  }
  const highlight = () => {
    if (study.picked < 0 || study.state[study.picked] !== OK) return;
    pen.lineWidth = 3;
    pen.strokeStyle = cssColour('mark');
    pen.beginPath();
    stroke(study.picked);
    pen.stroke();
  };
  highlight();
}

function drawAxes(panel, study) {
  const { plot, axes } = panel;
  const last = axes.length - 1;
  const focused = panel.axes.findIndex(({ label }) => label === panel.focused);
  axes.forEach((entry, k) => {
    const { label, axis, x } = entry;
    const title = label === LOSS ? 'loss' : label;
    plot.svg.append(el('line', { class: 'axis', x1: x, x2: x, y1: plot.box.y, y2: plot.box.y + plot.box.h }));
    const edge = k === 0 || k === last;
    plot.text(k === 0 ? x - 40 : k === last ? x + 40 : x, 13, title, { 'text-anchor': k === 0 ? 'start' : k === last ? 'end' : 'middle', class: 'title' }, edge ? 84 : 76);
    const halo = { 'paint-order': 'stroke', stroke: cssColour('panel'), 'stroke-width': 3 };
    const ticks = label === LOSS && !study.order.length ? [] : axis.ticks(5);
    for (const { value, text } of ticks) plot.text(x + 5, plot.py(axis.unit(value)) + 4, text, halo, k === last ? 40 : 68);
    if (label !== LOSS && study.parameters.find((p) => p.label === label).when) plot.text(x, plot.py(OFF) + 16, 'not active', { 'text-anchor': 'middle' }, 76);
    entry.mark = el('rect', { class: 'brush', x: x - 7, width: 14 });
    entry.rail = el('rect', {
      class: 'rail', x: x - 22, y: plot.box.y - 4, width: 44, height: plot.box.h + 44, tabindex: 0, role: 'slider', 'data-axis': title,
      'aria-label': `Range of ${title}`, 'aria-orientation': 'vertical', 'aria-valuemin': 0, 'aria-valuemax': 100,
      onpointerdown: (event) => startBrush(panel, study, label, event), onkeydown: (event) => keyBrush(study, label, event),
      onfocus: () => { panel.focused = label; }, onblur: () => { panel.focused = null; },
    });
    plot.svg.append(entry.mark, entry.rail);
  });
  if (focused >= 0) axes[focused].rail.focus({ preventScroll: true });
}

/** Shows the ranges on the axes as they are now. */
function showRanges(panel, study) {
  for (const { label, axis, mark, rail } of panel.axes) {
    const range = study.brushes.get(label);
    mark.toggleAttribute('hidden', !range);
    rail.setAttribute('aria-valuenow', range ? Math.round(50 * (range[0] + range[1])) : 50);
    rail.setAttribute('aria-valuetext', rangeText(axis, range));
    if (!range) continue;
    const top = panel.plot.py(Math.min(1, range[1]));
    mark.setAttribute('y', top);
    mark.setAttribute('height', Math.max(2, panel.plot.py(Math.max(OFF, range[0])) - top));
  }
}

function rangeText(axis, range) {
  if (!range) return 'all';
  if (range[1] < 0) return 'not active';
  return `${axis.text(axis.value(Math.max(0, range[0])))} to ${axis.text(axis.value(Math.min(1, range[1])))}`;
}

/** Follows the pointer along an axis; a click without a drag clears the range. */
function startBrush(panel, study, label, event) {
  event.preventDefault();
  hideTip();
  const { plot } = panel;
  const unit = (e) => 1 - (e.clientY - plot.figure.getBoundingClientRect().top - plot.box.y) / plot.box.h;
  const from = unit(event);
  const axis = study.axis(label);
  let moved = false;
  const move = (e) => {
    const to = unit(e);
    if (Math.abs(to - from) * plot.box.h < 3 && !moved) return;
    moved = true;
    let low = Math.min(from, to), high = Math.max(from, to);
    if (axis.options) { low = Math.round(low * axis.options.length) / axis.options.length; high = Math.max(low + 0.5 / axis.options.length, Math.round(high * axis.options.length) / axis.options.length); }
    study.brushes.set(label, [low < 0 && high > 0 && from >= 0 ? 0 : low, high]);
    selectionChanged();
  };
  const up = () => {
    window.removeEventListener('pointermove', move);
    window.removeEventListener('pointerup', up);
    window.removeEventListener('pointercancel', up);
    if (moved) return;
    if (from < 0 && label !== LOSS) study.brushes.set(label, [OFF, -1e-9]); else study.brushes.delete(label);
    selectionChanged();
  };
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', up);
  window.addEventListener('pointercancel', up);
}

function keyBrush(study, label, event) {
  const step = { ArrowUp: 0.05, ArrowDown: -0.05 }[event.key];
  if (event.key === 'Escape') study.brushes.delete(label);
  else if (step) {
    let [low, high] = study.brushes.get(label) || [0, 1];
    if (event.shiftKey) high += step;
    else { low += step; high += step; }
    if (high > 1.001 || low < -0.001) { low = Math.max(0, low); high = Math.min(1, high); }
    study.brushes.set(label, [low, Math.max(high, low + 0.02)]);
  } else return;
  event.preventDefault();
  selectionChanged();
}
