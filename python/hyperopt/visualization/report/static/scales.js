// Axes: from values to the unit interval and back, ticks, and numbers as text; colours.

const LOSS = '\u0000loss';

function shortNumber(v) {
  if (v !== v) return '–';
  if (v === 0) return '0';
  const size = Math.abs(v);
  if (size >= 1e6 || size < 1e-3) return v.toExponential(3).replace(/\.?0+e/, 'e').replace('e+', 'e');
  return String(+v.toPrecision(5));
}

class Axis {
  /** `floor`: on a logarithmic axis, where what is smaller is drawn, as 0. */
  constructor({ low, high, log = false, floor = 0, options = null, integer = false, name = '', cut = 0 }) {
    Object.assign(this, { low: Math.max(low, log ? floor : low), high, log, floor, options, integer, name, cut });
    if (options) { this.low = -0.5; this.high = options.length - 0.5; }
    if (!(this.high > this.low)) {
      const room = this.log ? 0 : Math.abs(this.low) * 0.05 || 0.5;
      this.low = this.log ? this.low / 2 : this.low - room;
      this.high = this.log ? this.high * 2 : this.high + room;
    }
    this.from = this.scale(this.low);
    this.span = this.scale(this.high) - this.from;
  }
  scale(v) { return this.log ? Math.log(v) : v; }
  unit(v) {
    const u = (this.scale(v) - this.from) / this.span;
    return u < 0 ? 0 : u > 1 ? 1 : u;
  }
  value(u) {
    const z = this.from + u * this.span;
    return this.log ? Math.exp(z) : z;
  }
  text(v) {
    if (this.options) return this.options[Math.round(v)] ?? String(v);
    if (this.floor && v <= this.floor * 1.001) return '0';
    return this.integer ? String(Math.round(v)) : shortNumber(v);
  }
  /** About `n` ticks as {value, text}. */
  ticks(n) {
    let values;
    if (this.options) {
      const stride = Math.max(1, Math.ceil(this.options.length / Math.max(n * 2, 1)));
      values = this.options.map((_, i) => i).filter((i) => i % stride === 0);
    } else if (this.log && this.high / this.low > 30) values = this.decades(n);
    else values = this.steps(n);
    return values.map((value) => ({ value, text: this.text(value) }));
  }
  decades(n) {
    const first = Math.ceil(Math.log10(this.low) - 1e-9), last = Math.floor(Math.log10(this.high) + 1e-9);
    const stride = Math.max(1, Math.ceil((last - first + 1) / n));
    const values = this.floor ? [this.low] : [];
    for (let k = first; k <= last; k += stride) values.push(10 ** k);
    return values;
  }
  /** Multiples of 1, 2 or 5 times a power of ten: as many as come closest to `n`, but two if there can be. */
  steps(n) {
    const size = 10 ** Math.floor(Math.log10((this.high - this.low) / Math.max(n, 1)));
    const steps = [0.5, 1, 2, 5, 10].map((k) => k * size).filter((step) => !this.integer || (step >= 1 && step % 1 === 0));
    const within = (step) => Math.floor(this.high / step + 1e-9) - Math.ceil(this.low / step - 1e-9) + 1;
    const far = (step) => Math.abs(within(step) - n) + (within(step) < 2 ? 100 : 0);
    const step = steps.reduce((best, other) => (far(other) <= far(best) ? other : best), steps[0] || 1);
    const values = [];
    for (let k = Math.ceil(this.low / step - 1e-9); k * step <= this.high + 1e-9 * step && values.length < 60; k++) values.push(+(k * step).toPrecision(12));
    return values;
  }
}

/** The unit in which a duration reads well: its name, and how many seconds it has. */
function timeUnit(seconds) {
  const units = [['days', 86400], ['hours', 3600], ['minutes', 60]];
  return units.find(([, size]) => seconds >= 3 * size) || ['seconds', 1];
}

/** Smallest and largest number of a column; null if there is none. */
function rangeOf(column) {
  let low = Infinity, high = -Infinity;
  for (const v of column) { if (v < low) low = v; if (v > high) high = v; }
  return low <= high ? [low, high] : null;
}

function parameterAxis(parameter, column) {
  const [least, most] = rangeOf(column) || [parameter.low ?? 0, parameter.high ?? 1];
  const low = Math.min(least, parameter.low ?? least), high = Math.max(most, parameter.high ?? most);
  // 0, which quantised logarithmic parameters can be, has no logarithm: it lies half-way below the next value.
  const [positive] = rangeOf(column.filter((v) => v > 0)) || [0];
  const log = parameter.log && low >= 0 && (low > 0 || positive > 0);
  return new Axis({
    low, high, log, floor: log && low === 0 ? positive / 2 : 0, options: parameter.options, integer: parameter.kind === 'integer', name: parameter.label,
  });
}

/** An axis for the losses of studies. What lies far above the rest is drawn at the edge, and counted. */
function lossAxis(studies, log) {
  const losses = [];
  for (const study of studies) for (const i of study.order) losses.push(study.loss[i]);
  if (!losses.length) return new Axis({ low: 0, high: 1, name: 'loss' });
  losses.sort((a, b) => a - b);
  const low = losses[0];
  let high = losses[losses.length - 1];
  const wanted = log === null ? low > 0 && high / low > 1000 : log;
  if (wanted && low > 0) return new Axis({ low, high, log: true, name: 'loss' });
  const usual = losses[Math.floor(0.75 * (losses.length - 1))];
  let cut = 0;
  if (usual > low && high - low > 20 * (usual - low)) {
    high = usual + 2 * (usual - low);
    cut = losses.filter((loss) => loss > high).length;
  }
  return new Axis({ low, high, name: 'loss', cut });
}

// Cividis (Nunez, Anderton, Renslow 2018) reads the same with every kind of colour vision.
const CIVIDIS = ['#00204d', '#00306f', '#2a406c', '#48526b', '#5e626e', '#727374', '#878479', '#9e9677', '#b6a971', '#d0be67', '#ead357', '#ffea46'];
// Okabe and Ito's colours for what has no order.
const KINDS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#808080'];
const STATE_COLOURS = ['#808080', '#56b4e9', '#0072b2', '#e69f00', '#d55e00', '#808080', '#cc79a7', '#8a8a33', '#009e73'];
const LEVELS = 24;
const ramps = new Map();

function isDark() { return document.documentElement.dataset.theme === 'dark'; }
function cssColour(name) { return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim(); }

/** Colours from best to worst: the best stands out from the background, dark or light. */
function ramp() {
  const dark = isDark();
  if (!ramps.has(dark)) {
    const channel = (hex, k) => parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16);
    const colours = [];
    for (let i = 0; i < LEVELS; i++) {
      const u = i / (LEVELS - 1);
      const z = (dark ? 1 - 0.85 * u : 0.9 * u) * (CIVIDIS.length - 1);
      const a = Math.min(Math.floor(z), CIVIDIS.length - 2);
      const mix = [0, 1, 2].map((k) => Math.round(channel(CIVIDIS[a], k) + (z - a) * (channel(CIVIDIS[a + 1], k) - channel(CIVIDIS[a], k))));
      colours.push(`rgb(${mix.join(',')})`);
    }
    ramps.set(dark, colours);
  }
  return ramps.get(dark);
}
function levelOf(rank) { return Math.min(LEVELS - 1, Math.floor(rank * LEVELS)); }
