// Which parameters mattered.

const importancePanel = new Panel('importance', 'Importance', {
  draw(panel) {
    const { importance } = current();
    if (!panel.plot) panel.plot = new Plot(panel.body, { height: 60, left: 130, right: 52, top: 6, bottom: 34, label: 'Share of each parameter in reaching the best trials' });
    const plot = panel.plot;
    const early = importance.n_trials < importance.enough;
    const labels = importance.n_trials > 1 ? importance.labels : [];
    plot.begin(48 + 24 * Math.max(labels.length, 1));
    const bounds = importance.intervals;
    const most = Math.max(0.05, ...importance.shares, ...(bounds ? bounds.map((b) => b[1]) : []));
    const x = new Axis({ low: 0, high: Math.min(1, most * 1.04) });
    if (labels.length) plot.xAxis(x, 'share');
    labels.forEach((label, k) => {
      const middle = plot.box.y + 24 * k + 12;
      const share = importance.shares[k];
      plot.text(plot.left - 8, middle + 4, label, { 'text-anchor': 'end', class: 'title' }, plot.left - 12);
      plot.svg.append(el('rect', { class: 'bar', x: plot.px(0), y: middle - 7, width: Math.max(plot.px(x.unit(share)) - plot.px(0), 0.5), height: 14 }));
      if (bounds) {
        const [low, high] = bounds[k].map((b) => plot.px(x.unit(b)));
        plot.svg.append(el('path', { class: 'whisker', fill: 'none', d: `M${low} ${middle - 4}v8M${low} ${middle}H${high}M${high} ${middle - 4}v8` }));
      }
      const right = plot.px(x.unit(bounds ? Math.max(share, bounds[k][1]) : share));
      plot.text(right + 6, middle + 4, `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`);
    });
    plot.count(labels.length);
    if (!labels.length) plot.empty('too few trials have a loss');
    const left = importance.n_left_out ? ` ${importance.n_left_out} failed or pruned trials are left out.` : '';
    panel.say(early
      ? `It is too early to tell: ${importance.n_trials} finished trials; the shares mean something from ${importance.enough} on.${left}`
      : `What set the best ${shortNumber(100 * importance.best)} % apart from all ${importance.n_trials} finished trials (conditional PED-ANOVA)`
        + `${bounds ? '; lines: 90 % intervals by the bootstrap' : ''}.${left}`, early);
  },
});
