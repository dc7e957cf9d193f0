// Learning curves, where trials reported on their way; and the Pareto front, where they have several losses.

const MOST_CURVES = 1500;
const curvesState = { logX: false };

const curvesPanel = new Panel('curves', 'Learning curves', {
  draw(panel) {
    const study = current();
    panel.show(study.curves.size > 0);
    if (!study.curves.size) return;
    if (!panel.plot) {
      panel.plot = new Plot(panel.body, { height: 310, top: 20, label: 'What trials reported at each step' });
      panel.legend = panel.body.appendChild(el('div', { class: 'keys' }));
      panel.controls.append(toggle('logarithmic steps', false, (on) => { curvesState.logX = on; panel.changed(); }));
    }
    const plot = panel.plot;
    plot.begin();
    const all = [...study.curves.keys()];
    const shown = all.length > MOST_CURVES ? all.filter((_, k) => k % Math.ceil(all.length / MOST_CURVES) === 0) : all;
    const steps = rangeOf(all.flatMap((i) => study.curves.get(i).map((p) => p[0]))) || [0, 1];
    const values = all.flatMap((i) => study.curves.get(i).map((p) => p[1])).filter((v) => v !== null).sort((a, b) => a - b);
    const usual = values[Math.floor(0.75 * (values.length - 1))];
    const high = Math.min(values[values.length - 1], usual + 5 * (usual - values[0]));
    const x = new Axis({ low: steps[0], high: steps[1], log: curvesState.logX && steps[0] > 0 });
    const y = new Axis({ low: values[0] ?? 0, high: high > values[0] ? high : values[values.length - 1] ?? 1 });
    plot.xAxis(x, 'step');
    plot.yAxis(y, 'reported value');
    const colours = ramp();
    const stopped = { pruned: 0, paused: 0 };
    const order = [...shown].sort((a, b) => (study.rank[b] === study.rank[b] ? study.rank[b] : 2) - (study.rank[a] === study.rank[a] ? study.rank[a] : 2));
    plot.pen.globalAlpha = shown.length > 300 ? 0.45 : 0.8;
    for (const i of order) {
      const state = study.states[study.state[i]];
      if (state in stopped) stopped[state] += 1;
      const colour = !study.selected[i] ? cssColour('dim') : study.rank[i] === study.rank[i] ? colours[levelOf(study.rank[i])] : STATE_COLOURS[study.state[i]];
      plot.line(study.curves.get(i).map(([a, b]) => (b === null ? null : [x.unit(a), y.unit(b)])), colour, { width: i === study.picked ? 3 : 1.2, dash: state in stopped ? [4, 3] : [] });
    }
    plot.pen.globalAlpha = 1;
    const end = (i) => study.curves.get(i).filter((p) => p[1] !== null).pop() || [steps[0], y.low];
    plot.answers(study, shown, (i) => plot.px(x.unit(end(i)[0])), (i) => plot.py(y.unit(end(i)[1])));
    plot.count(shown.length);
    panel.legend.replaceChildren(rankLegend(), legend(Object.keys(stopped).filter((state) => stopped[state]).map((state) => [STATE_COLOURS[study.states.indexOf(state)], `${state} (dashed, ${stopped[state]})`])));
    panel.say(shown.length < all.length ? `${shown.length} of ${all.length} curves are drawn.` : '');
  },
});

const paretoState = { x: 0, y: 1 };

const paretoPanel = new Panel('pareto', 'Pareto front', {
  draw(panel) {
    const study = current();
    const { names, at } = study.objectives;
    panel.show(names.length > 1);
    if (names.length < 2) return;
    if (!panel.plot) {
      const choose = (key) => chooser(key, [], '', (value) => { paretoState[key] = +value; panel.changed(); });
      panel.controls.append(panel.chooseX = choose('x'), panel.chooseY = choose('y'));
      panel.plot = new Plot(panel.body, { height: 310, top: 20, left: 64, label: 'Trials over two of their losses' });
      panel.legend = panel.body.appendChild(el('div'));
    }
    const pairs = names.map((name, k) => [k, name]);
    panel.chooseX.fill(pairs, paretoState.x);
    panel.chooseY.fill(pairs, paretoState.y);
    const plot = panel.plot;
    plot.begin();
    const given = (i, k) => at.get(i)[k];
    const list = [...at.keys()].filter((i) => study.state[i] === OK && given(i, paretoState.x) !== null && given(i, paretoState.y) !== null);
    const axis = (k) => { const [low, high] = rangeOf(list.map((i) => given(i, k))) || [0, 1]; return new Axis({ low, high, log: low > 0 && high / low > 1000 }); };
    const [x, y] = [axis(paretoState.x), axis(paretoState.y)];
    plot.xAxis(x, names[paretoState.x]);
    plot.yAxis(y, names[paretoState.y]);
    const front = new Set(paretoFront(list, (i) => given(i, paretoState.x), (i) => given(i, paretoState.y)));
    const px = (i) => plot.px(x.unit(given(i, paretoState.x))), py = (i) => plot.py(y.unit(given(i, paretoState.y)));
    const palette = [cssColour('mark'), cssColour('accent')];
    plot.points(list, px, py, (i) => (!study.selected[i] ? -1 : front.has(i) ? 0 : 1), palette);
    plot.line([...front].map((i) => [x.unit(given(i, paretoState.x)), y.unit(given(i, paretoState.y))]), palette[0], { step: true });
    plot.answers(study, list, px, py);
    plot.count(list.length);
    panel.legend.replaceChildren(legend([[palette[0], `on the front (${front.size})`], [palette[1], 'dominated']]));
  },
});

/** Those that no other beats in both, from left to right. */
function paretoFront(list, x, y) {
  const front = [];
  let lowest = Infinity;
  for (const i of [...list].sort((a, b) => x(a) - x(b) || y(a) - y(b))) if (y(i) < lowest) { lowest = y(i); front.push(i); }
  return front;
}
