// The loss over two parameters: trials, above an average over their neighbourhood.

const contourState = { x: null, y: null };
const CELLS = 44;
const MOST_FOR_SURFACE = 2000;
const BANDS = 9;

const contourPanel = new Panel('contour', 'Two parameters', {
  draw(panel) {
    const study = current();
    const labels = study.labelsByImportance();
    if (labels.length < 2) { panel.show(false); return; }
    panel.show(true);
    if (!panel.plot) {
      const choose = (key) => chooser(key, [], '', (value) => { contourState[key] = value; panel.changed(); });
      panel.controls.append(panel.chooseX = choose('x'), panel.chooseY = choose('y'));
      panel.plot = new Plot(panel.body, { height: 330, left: 74, top: 18, label: 'Trials over two parameters, and the mean rank of the loss around them' });
      panel.legend = panel.body.appendChild(el('div'));
    }
    if (!labels.includes(contourState.x)) contourState.x = labels[0];
    if (!labels.includes(contourState.y)) contourState.y = labels.find((l) => l !== contourState.x);
    const pairs = labels.map((l) => [l, l]);
    panel.chooseX.fill(pairs, contourState.x);
    panel.chooseY.fill(pairs, contourState.y);
    const plot = panel.plot;
    plot.begin();
    const [x, y] = [study.axis(contourState.x), study.axis(contourState.y)];
    const [xs, ys] = [contourState.x, contourState.y].map((l) => study.columns.get(l).at);
    const list = study.order.filter((i) => xs[i] === xs[i] && ys[i] === ys[i]);
    plot.xAxis(x, contourState.x);
    plot.yAxis(y, contourState.y);
    const key = [contourState.x, contourState.y, plot.width, isDark(), study.version].join('|');
    if (panel.key !== key) {
      panel.key = key;
      drawSurface(plot, study, list, x, y, xs, ys);
      panel.surface = plot.keep(panel.surface);
    } else plot.restore(panel.surface);
    const px = (i) => plot.px(x.unit(xs[i])) + (x.options ? jitter(i) * Math.min(18, plot.box.w / x.options.length * 0.35) : 0);
    const py = (i) => plot.py(y.unit(ys[i])) + (y.options ? jitter(i * 7 + 3) * Math.min(18, plot.box.h / y.options.length * 0.35) : 0);
    const ink = cssColour('ink');
    const shown = list.length > 3000 ? list.filter((_, k) => k % Math.ceil(list.length / 3000) === 0) : list;
    for (const i of [...shown].reverse()) { // the best on top
      plot.pen.fillStyle = study.selected[i] ? ramp()[levelOf(study.rank[i])] : cssColour('dim');
      plot.pen.strokeStyle = ink;
      plot.pen.lineWidth = 0.6;
      plot.pen.beginPath();
      plot.pen.arc(px(i), py(i), shown.length > 1000 ? 1.8 : 3, 0, 6.2832);
      plot.pen.fill();
      if (shown.length <= 1000) plot.pen.stroke();
    }
    plot.count(shown.length);
    plot.answers(study, shown, px, py);
    if (!list.length) plot.empty('no trial with a loss where both are active');
    panel.legend.replaceChildren(rankLegend());
    const away = study.order.length - list.length;
    panel.say([
      away ? `${away} trials are not shown: one of the two is not active in them.` : '',
      shown.length < list.length ? `${shown.length} of ${list.length} trials are drawn.` : '',
    ].filter(Boolean).join(' '));
  },
});

/** Bands of equal mean rank; blank where no trial is near (Nadaraya and Watson's estimate, 1964). */
function drawSurface(plot, study, list, x, y, xs, ys) {
  if (list.length < 4) return;
  const stride = Math.ceil(list.length / MOST_FOR_SURFACE);
  const used = list.filter((_, k) => k % stride === 0);
  const [nx, ny] = [x.options ? x.options.length : CELLS, y.options ? y.options.length : CELLS];
  const width = 0.035 + 0.12 * used.length ** (-1 / 6);
  const us = used.map((i) => x.unit(xs[i])), vs = used.map((i) => y.unit(ys[i]));
  const near = (axis, at, u, n) => (axis.options ? (Math.abs(at - u) < 0.5 / n ? 1 : 0) : Math.exp(-0.5 * ((at - u) / width) ** 2));
  const weightsX = Array.from({ length: nx }, (_, a) => us.map((u) => near(x, (a + 0.5) / nx, u, nx)));
  const colours = ramp();
  // Whole pixels, so that neighbours neither overlap nor leave a gap.
  const edgeX = (a) => Math.round(plot.px(a / nx)), edgeY = (b) => Math.round(plot.py(b / ny));
  plot.pen.globalAlpha = 0.45;
  for (let b = 0; b < ny; b++) {
    const weightsY = vs.map((v) => near(y, (b + 0.5) / ny, v, ny));
    for (let a = 0; a < nx; a++) {
      let total = 0, sum = 0;
      for (let k = 0; k < used.length; k++) {
        const w = weightsX[a][k] * weightsY[k];
        total += w;
        sum += w * study.rank[used[k]];
      }
      if (total < 0.35) continue;
      const band = Math.min(BANDS - 1, Math.floor((sum / total) * BANDS));
      plot.pen.fillStyle = colours[Math.round(((band + 0.5) / BANDS) * (LEVELS - 1))];
      const [left, right, top, bottom] = [edgeX(a), edgeX(a + 1), edgeY(b + 1), edgeY(b)];
      plot.pen.fillRect(left, top, right - left, bottom - top);
    }
  }
  plot.pen.globalAlpha = 1;
}
