// What all plots are made of: elements, panels that draw when they are looked at, marks on a canvas below
// axes in SVG, the tip at the pointer.

/** An element; children that are texts stay texts. */
function el(tag, attributes = {}, ...children) {
  const svg = SVG_TAGS.has(tag);
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}
const SVG_TAGS = new Set(['svg', 'g', 'line', 'rect', 'text', 'path', 'circle']);

const panels = [];
const dirty = new Set();
let frame = 0;

/** A part of the page. `draw(panel)` is called when it shows and something has changed. */
class Panel {
  constructor(id, title, { wide = false, draw }) {
    this.id = id;
    this.body = el('div', { class: 'body' });
    this.controls = el('div', { class: 'controls' });
    this.note = el('p', { class: 'note', hidden: true });
    this.section = el('section', { class: wide ? 'panel wide' : 'panel', id, 'aria-labelledby': `${id}-title` },
      el('div', { class: 'head' }, el('h2', { id: `${id}-title` }, title), this.controls), this.body, this.note);
    this.title = title;
    this.drawNow = () => draw(this);
    this.visible = false;
    panels.push(this);
  }
  /** Says something below the plot. */
  say(text, warn = false) {
    this.note.textContent = text;
    this.note.hidden = !text;
    this.note.classList.toggle('warn', warn);
  }
  changed() { dirty.add(this); schedule(); }
  show(wanted) {
    if (this.section.hidden === !wanted) return;
    this.section.hidden = !wanted;
    listPanels();
  }
}

function redrawAll() { for (const panel of panels) dirty.add(panel); schedule(); }

/** Draws visible panels in the next frame, the others when nothing has changed for a moment. */
function schedule() {
  if (!frame) frame = requestAnimationFrame(() => {
    frame = 0;
    for (const panel of [...dirty]) if (panel.visible) { dirty.delete(panel); panel.drawNow(); }
  });
  clearTimeout(hiddenTimer);
  hiddenTimer = setTimeout(drawHidden, 150);
}
let hiddenTimer = 0;
function drawHidden() {
  const next = [...dirty].find((panel) => !panel.visible);
  if (!next) return;
  dirty.delete(next);
  next.drawNow();
  hiddenTimer = setTimeout(drawHidden, 0);
}

/** A figure with a canvas for marks and an SVG for axes; coordinates are unit ones within `box`. */
class Plot {
  constructor(parent, { height, left = 54, right = 12, top = 10, bottom = 34, label, minWidth = 0 }) {
    Object.assign(this, { height, left, right, top, bottom, minWidth });
    this.canvas = el('canvas', { 'aria-hidden': 'true' });
    this.svg = el('svg', {});
    this.figure = el('figure', { role: 'img', 'aria-label': label, 'data-marks': 0, tabindex: 0 }, this.canvas, this.svg);
    this.label = label;
    parent.append(this.figure);
    this.pen = this.canvas.getContext('2d');
    this.hits = null;
    this.figure.addEventListener('pointermove', (event) => this.point(event));
    this.figure.addEventListener('pointerleave', hideTip);
    this.figure.addEventListener('click', (event) => { const hit = this.nearest(event); if (hit >= 0) pick(this.study, hit); });
    this.figure.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || !this.hits || !this.hits.list.length) return;
      event.preventDefault();
      const at = this.hits.list.indexOf(this.study.picked);
      const next = this.hits.list[(at + step + this.hits.list.length) % this.hits.list.length];
      pick(this.study, next);
      showTip(this.study, next, this.figure.getBoundingClientRect().left + this.hits.x(next), this.figure.getBoundingClientRect().top + this.hits.y(next));
    });
  }
  /** Empties it and fits it to the width that there is; `height` may change. */
  begin(height = this.height) {
    const width = Math.max(this.figure.parentElement.clientWidth || 300, this.minWidth);
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    Object.assign(this, { width, height });
    this.box = { x: this.left, y: this.top, w: Math.max(width - this.left - this.right, 10), h: height - this.top - this.bottom };
    if (this.canvas.width !== Math.round(width * scale) || this.canvas.height !== Math.round(height * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
    }
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.figure.style.width = `${width}px`;
    this.svg.setAttribute('width', width);
    this.svg.setAttribute('height', height);
    this.svg.replaceChildren();
    this.pen.setTransform(scale, 0, 0, scale, 0, 0);
    this.wipe();
  }
  /** Takes the marks away and leaves the axes. */
  wipe() {
    this.pen.clearRect(0, 0, this.width, this.height);
    this.hits = null;
    this.count(0);
  }
  /** A copy of what is drawn so far, and its return. */
  keep(copy) {
    const kept = copy || document.createElement('canvas');
    kept.width = this.canvas.width;
    kept.height = this.canvas.height;
    if (kept.width && kept.height) kept.getContext('2d').drawImage(this.canvas, 0, 0);
    return kept;
  }
  restore(kept) { this.pen.drawImage(kept, 0, 0, this.width, this.height); }
  count(marks) { this.figure.dataset.marks = marks; this.figure.setAttribute('aria-label', `${this.label}: ${marks} marks`); }
  px(u) { return this.box.x + u * this.box.w; }
  py(u) { return this.box.y + (1 - u) * this.box.h; }

  text(x, y, content, attributes = {}, room = Infinity) {
    const most = Math.max(2, Math.floor(room / 6.2));
    const shown = content.length > most ? `${content.slice(0, most - 1)}…` : content;
    const node = el('text', { x, y, ...attributes }, shown);
    if (shown !== content) { const full = document.createElementNS('http://www.w3.org/2000/svg', 'title'); full.textContent = content; node.append(full); }
    this.svg.append(node);
    return node;
  }
  /** A line of the grid, below the marks that are drawn after it. */
  gridLine(x1, y1, x2, y2) {
    this.pen.strokeStyle = cssColour('grid');
    this.pen.lineWidth = 1;
    this.pen.beginPath();
    this.pen.moveTo(x1, y1);
    this.pen.lineTo(x2, y2);
    this.pen.stroke();
  }
  /** The horizontal axis. */
  xAxis(axis, title) {
    const { x, y, w, h } = this.box;
    this.svg.append(el('line', { class: 'axis', x1: x, x2: x + w, y1: y + h, y2: y + h }));
    const ticks = axis.ticks(Math.max(2, Math.floor(w / 75)));
    const room = w / Math.max(ticks.length, 1) - 4;
    for (const { value, text } of ticks) {
      const at = this.px(axis.unit(value));
      this.gridLine(at, y, at, y + h);
      this.text(at, y + h + 14, text, { 'text-anchor': 'middle' }, room);
    }
    if (title) this.text(x + w / 2, this.height - 3, title, { 'text-anchor': 'middle', class: 'title' }, w);
  }
  yAxis(axis, title) {
    const { x, y, h } = this.box;
    this.svg.append(el('line', { class: 'axis', x1: x, x2: x, y1: y, y2: y + h }));
    for (const { value, text } of axis.ticks(Math.max(2, Math.floor(h / 38)))) {
      const at = this.py(axis.unit(value));
      this.gridLine(x, at, x + this.box.w, at);
      this.text(x - 6, at + 4, text, { 'text-anchor': 'end' }, this.left - 14);
    }
    if (title) this.text(4, y - 8, title, { class: 'title' }, this.left + 120);
  }
  /** Marks of trials: `level(i)` picks the colour, -1 is a trial that is not selected. Returns their number. */
  points(list, x, y, level, colours) {
    const pen = this.pen;
    const groups = new Map();
    for (const i of list) {
      const key = level(i);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(i);
    }
    const round = list.length <= 3000;
    const size = list.length <= 400 ? 3.4 : list.length <= 3000 ? 2.6 : 1.8;
    for (const key of [...groups.keys()].sort((a, b) => (a < 0 ? -1 : b < 0 ? 1 : b - a))) {
      pen.fillStyle = key < 0 ? cssColour('dim') : colours[key];
      if (!round) { for (const i of groups.get(key)) pen.fillRect(Math.round(x(i) - size), Math.round(y(i) - size), 3, 3); continue; }
      pen.beginPath();
      for (const i of groups.get(key)) {
        const cx = x(i), cy = y(i);
        pen.moveTo(cx + size, cy);
        pen.arc(cx, cy, size, 0, 6.2832);
      }
      pen.fill();
    }
    return list.length;
  }
  /** Ticks at the lower edge for trials that ended without a loss. Returns their number. */
  ticks(study, list, x) {
    const base = this.py(0);
    for (const i of list) {
      this.pen.fillStyle = study.selected[i] ? STATE_COLOURS[study.state[i]] : cssColour('dim');
      this.pen.fillRect(x(i) - 0.75, base - 9, 1.5, 9);
    }
    return list.length;
  }
  /** Makes marks answer to the pointer and to the arrow keys. */
  answers(study, list, x, y) {
    this.study = study;
    this.hits = { list, x, y };
    if (study.picked >= 0 && list.includes(study.picked)) this.ring(x(study.picked), y(study.picked));
  }
  ring(x, y) { this.svg.append(el('circle', { cx: x, cy: y, r: 6.5, fill: 'none', stroke: cssColour('mark'), 'stroke-width': 2.5 })); }
  nearest(event) {
    if (!this.hits) return -1;
    const frame = this.figure.getBoundingClientRect();
    const px = event.clientX - frame.left, py = event.clientY - frame.top;
    let best = -1, distance = 15 * 15;
    for (const i of this.hits.list) {
      const dx = this.hits.x(i) - px, dy = this.hits.y(i) - py;
      const d = dx * dx + dy * dy;
      if (d < distance) { distance = d; best = i; }
    }
    return best;
  }
  point(event) {
    const hit = this.nearest(event);
    if (hit < 0) hideTip(); else showTip(this.study, hit, event.clientX, event.clientY);
  }
  empty(text) { this.text(this.width / 2, this.height / 2, text, { 'text-anchor': 'middle' }); }
  /** A line through unit points; null lifts the pen. */
  line(points, colour, { width = 1.6, dash = [], step = false } = {}) {
    const pen = this.pen;
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.beginPath();
    let last = null;
    for (const point of points) {
      if (!point) { last = null; continue; }
      const x = this.px(point[0]), y = this.py(point[1]);
      if (!last) pen.moveTo(x, y);
      else { if (step) pen.lineTo(x, last); pen.lineTo(x, y); }
      last = y;
    }
    pen.stroke();
    pen.setLineDash([]);
  }
}

const tip = document.getElementById('tip');
function hideTip() { tip.hidden = true; }

function lossText(study, i) {
  return study.state[i] === OK || study.loss[i] === study.loss[i] ? shortNumber(study.loss[i]) : '–';
}

function showTip(study, i, x, y) {
  const list = el('dl');
  const entry = (name, text, off) => list.append(el('dt', {}, name), el('dd', off ? { class: 'off' } : {}, text));
  entry('loss', lossText(study, i));
  if (study.reason[i]) entry('reason', study.reason[i].slice(0, 160));
  const labels = study.labelsByImportance();
  for (const label of labels.slice(0, 14)) entry(label, study.text(label, i) ?? 'not active', study.text(label, i) === null);
  if (labels.length > 14) entry('…', `and ${labels.length - 14} more`);
  tip.replaceChildren(el('b', {}, `trial ${study.tid[i]}`), ` · ${study.states[study.state[i]]}`, list);
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 6))}px`;
  tip.style.top = `${Math.max(4, y + 16 + height > innerHeight ? y - height - 12 : y + 16)}px`;
}

function toggle(text, on, change) {
  const box = el('input', { type: 'checkbox', onchange: () => change(box.checked) });
  box.checked = on;
  return el('label', {}, box, text);
}
function chooser(text, entries, value, change) {
  const select = el('select', { onchange: () => change(select.value) });
  const label = el('label', {}, text, select);
  label.fill = (pairs, now) => {
    select.replaceChildren(...pairs.map(([key, name]) => el('option', { value: key }, name)));
    select.value = now;
  };
  label.fill(entries, value);
  return label;
}
function legend(entries) {
  const box = el('p', { class: 'legend' });
  for (const [colour, text] of entries) {
    const swatch = el('i');
    swatch.style.background = colour;
    box.append(el('span', {}, swatch, text));
  }
  return box;
}
/** The states of trials without a loss, with how many there are. */
function statesLegend(study, list) {
  const kinds = [...new Set(list.map((i) => study.state[i]))].sort();
  return kinds.map((state) => [STATE_COLOURS[state], `${study.states[state]} (${list.filter((i) => study.state[i] === state).length})`]);
}
function rankLegend() {
  const swatch = el('i', { class: 'ramp' });
  swatch.style.background = `linear-gradient(90deg, ${ramp().join(',')})`;
  return el('p', { class: 'legend' }, el('span', {}, 'rank of the loss: best ', swatch, 'worst'));
}
