// The studies as columns, and which of their trials are selected.

const payload = JSON.parse(document.getElementById('data').textContent);
const OK = 2;
let latestVersion = 0; // of all studies: what is drawn knows by it whether it still shows what there is

/** A column that grows: numbers, NaN for what there is not. */
class Column {
  constructor() { this.at = new Float64Array(64).fill(NaN); }
  set(i, value) {
    if (i >= this.at.length) {
      const larger = new Float64Array(Math.max(2 * this.at.length, i + 1)).fill(NaN);
      larger.set(this.at);
      this.at = larger;
    }
    this.at[i] = value === null || value === undefined ? NaN : value;
  }
}

class Study {
  constructor(raw) {
    this.name = raw.name;
    this.states = raw.states;
    this.n = 0;
    this.tid = [];
    this.state = [];
    this.owner = [];
    this.reason = [];
    this.lossColumn = new Column();
    this.startColumn = new Column();
    this.endColumn = new Column();
    this.columns = new Map();
    this.curves = new Map();
    this.objectives = { names: [], at: new Map() };
    this.brushes = new Map();
    this.filter = () => true;
    this.filterText = '';
    this.picked = -1;
    this.epoch = null;
    this.describe(raw);
    this.take(raw.columns, null);
    this.derive();
  }

  /** Takes over what depends on all trials together. */
  describe(raw) {
    for (const key of ['parameters', 'guessed', 'importance', 'best', 'facts'])
      if (key in raw) this[key] = raw[key];
    for (const { label } of this.parameters)
      if (!this.columns.has(label)) this.columns.set(label, new Column());
  }

  /** Takes over trials: those at `positions`, or the first ones. */
  take(columns, positions) {
    const place = positions ? (i) => positions[i] : (i) => i;
    if (this.epoch === null && columns.tid.length) this.epoch = columns.epoch;
    const shift = columns.epoch - (this.epoch || 0);
    for (let i = 0; i < columns.tid.length; i++) {
      const at = place(i);
      this.n = Math.max(this.n, at + 1);
      this.tid[at] = columns.tid[i];
      this.state[at] = columns.state[i];
      this.lossColumn.set(at, columns.loss[i]);
      this.startColumn.set(at, columns.start[i] === null ? null : columns.start[i] + shift);
      this.endColumn.set(at, columns.end[i] === null ? null : columns.end[i] + shift);
      this.owner[at] = columns.owner[i] === null ? null : columns.owners[columns.owner[i]];
      this.reason[at] = columns.reason[i] === null ? null : columns.reasons[columns.reason[i]];
    }
    for (const [label, values] of Object.entries(columns.values)) {
      if (!this.columns.has(label)) this.columns.set(label, new Column());
      const column = this.columns.get(label);
      for (let i = 0; i < values.length; i++) column.set(place(i), values[i]);
    }
    for (const [i, curve] of Object.entries(columns.curves)) this.curves.set(place(+i), curve);
    if (columns.objectives) {
      this.objectives.names = columns.objectives.names;
      for (const [i, values] of Object.entries(columns.objectives.values)) this.objectives.at.set(place(+i), values);
    }
  }

  value(label, i) { return this.columns.get(label).at[i]; }

  /** Ranks, the order from best to worst, and the selection. */
  derive() {
    this.loss = this.lossColumn.at;
    this.start = this.startColumn.at;
    this.end = this.endColumn.at;
    this.order = [];
    for (let i = 0; i < this.n; i++) if (this.state[i] === OK) this.order.push(i);
    const loss = this.loss;
    this.order.sort((a, b) => loss[a] - loss[b] || a - b);
    this.bestTrial = this.order.length ? this.order[0] : -1;
    this.rank = new Float32Array(this.n).fill(NaN);
    const last = Math.max(this.order.length - 1, 1);
    this.order.forEach((i, k) => { this.rank[i] = k && loss[i] === loss[this.order[k - 1]] ? this.rank[this.order[k - 1]] : k / last; });
    this.axes = null;
    this.version = ++latestVersion;
    this.select();
  }

  /** Decides which trials are selected: all brushes and the filter must let them through. */
  select() {
    this.selected = new Uint8Array(this.n).fill(1);
    this.nSelected = 0;
    const tests = [...this.brushes].map(([label, [low, high]]) => {
      const axis = this.axis(label);
      const column = label === LOSS ? this.loss : this.columns.get(label).at;
      return (i) => {
        const u = label === LOSS && this.state[i] !== OK ? NaN : axis.unit(column[i]);
        return u !== u ? low < 0 : u >= low && u <= high;
      };
    });
    for (let i = 0; i < this.n; i++) {
      const through = tests.every((test) => test(i)) && this.filter(i);
      this.selected[i] = through ? 1 : 0;
      this.nSelected += this.selected[i];
    }
  }

  /** Those that ended without a loss. */
  bare() { return Array.from({ length: this.n }, (_, i) => i).filter((i) => this.state[i] > OK); }

  /** The axis of a parameter, or that of the loss. */
  axis(label) {
    this.axes = this.axes || new Map();
    if (!this.axes.has(label)) {
      const parameter = this.parameters.find((p) => p.label === label);
      const axis = label === LOSS ? lossAxis([this], null) : parameterAxis(parameter, this.columns.get(label).at.subarray(0, this.n));
      this.axes.set(label, axis);
    }
    return this.axes.get(label);
  }

  /** Labels, what mattered most first. */
  labelsByImportance() {
    const known = this.importance ? this.importance.labels : [];
    const rest = this.parameters.map((p) => p.label).filter((label) => !known.includes(label));
    return [...known.filter((label) => this.columns.has(label)), ...rest];
  }

  text(label, i) {
    const value = this.value(label, i);
    return value !== value ? null : this.axis(label).text(value);
  }
}
