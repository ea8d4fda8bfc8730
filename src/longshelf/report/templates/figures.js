const note = (name, text) => { document.querySelector(`[data-note="${name}"]`).textContent = text; };

/** Arms not beaten on both coordinates at once; better(p) gives two numbers, more is better. */
function paretoFront(points, better) {
  const sorted = [...points].sort((a, b) => better(b)[0] - better(a)[0] || better(b)[1] - better(a)[1]);
  let best = -Infinity;
  return sorted.filter((point) => { const keep = better(point)[1] > best; if (keep) best = better(point)[1]; return keep; });
}
const within = (at, low, high) => Math.max(low, Math.min(high, at));
function scatterPoint(chart, point) {
  const { box } = chart;
  const known = (value) => value !== undefined && value !== null && !point.outside;
  const stem = (x1, x2, y1, y2) => chart.svg.append(s("line", { class: `stem ${point.kind}`, x1: within(x1, box.left, box.right), x2: within(x2, box.left, box.right), y1: within(y1, box.top, box.bottom), y2: within(y2, box.top, box.bottom) }));
  if (known(point.lowY)) stem(point.px, point.px, chart.sy(point.lowY), chart.sy(point.highY));
  if (known(point.lowX)) stem(chart.sx(point.lowX), chart.sx(point.highX), point.py, point.py);
  chart.svg.append(s("circle", { class: `point ${point.kind} ${point.pays ? "pays" : ""}`, cx: point.px, cy: point.py, r: point.arm.baseline ? 6 : 5 }));
  if (point.arm.index === state.arm) chart.svg.append(s("circle", { class: "ring", cx: point.px, cy: point.py, r: 8.5 }));
}
function scatter(name, chart, points, front, most) {
  for (const point of points) {
    const [x, y] = [chart.sx(point.x), chart.sy(point.y)];
    const [px, py] = [within(x, chart.box.left + 6, chart.box.right), within(y, chart.box.top, chart.box.bottom - 6)];
    const far = Math.abs(px - x) > 8 ? point.x : Math.abs(py - y) > 8 ? point.y : null;
    Object.assign(point, { px, py, outside: far === null ? "" : T("plot.outside", { value: fixed(far) }) });
  }
  chart.svg.append(s("path", { class: "front", d: path(front.map((p) => [p.px, p.py])) }));
  points.forEach((point) => scatterPoint(chart, point));
  for (const point of points) point.weight = point.arm.index === state.arm ? 4 : point.arm.baseline ? 3 : front.includes(point) || point.outside ? 2 : point.kind === "same" ? 0 : 1;
  placeLabels(chart, points, most);
  chart.points = points.sort((a, b) => a.px - b.px);
  const names = front.map((p) => p.name).slice(0, 8).join(T("list.comma"));
  chart.host.setAttribute("aria-label", `${T(`${name}.title`)}. ${T("plot.summary", { n: points.length, front: T("plot.front", { names }) })}`);
  walkable(chart.host, [chart], (point) => { if (!point.arm.baseline && !point.arm.trivial) { state.arm = point.arm.index; drawAll(); } });
}
const manyLabels = (width) => (width < 480 ? 5 : 12);
const plotHeight = (host) => Math.round(Math.min(520, Math.max(340, host.clientWidth * 0.55)));
const armName = (arm) => (arm.baseline ? (state.f === "" || state.m === "" ? nameOf(arm) : baselineName()) : nameOf(arm));

function drawTradeoff() {
  const [head, tail] = [findKey("target", "head"), findKey("target", "tail")];
  const points = [];
  for (const arm of chosenArms()) {
    const [x, y] = [rowAt(arm, head), rowAt(arm, tail)];
    if (x && y) {
      points.push({ arm, name: armName(arm), x: x.value, y: y.value, kind: arm.baseline ? "plain" : markClass(y),
        tip: [[T("slice.head"), `${fixed(x.value)}  ${arm.baseline ? "" : fixed(x.difference, 3, true)}`], [T("slice.tail"), `${fixed(y.value)}  ${arm.baseline ? "" : fixed(y.difference, 3, true)}`]],
        cells: [fixed(x.value), arm.baseline ? "" : `${fixed(x.difference, 3, true)} ${interval(x.low, x.high)}`, fixed(y.value), arm.baseline ? "" : `${fixed(y.difference, 3, true)} ${interval(y.low, y.high)}`] });
    }
  }
  if (points.length < 2) { nothing("tradeoff"); return; }
  const host = $("plot-tradeoff");
  const metric = label("metric", state.metric);
  const seen = points.filter((p) => p.arm.baseline || p.arm.index === state.arm);
  const chart = frame(host, { height: plotHeight(host), x: padded(bulk(points.map((p) => p.x), seen.map((p) => p.x)), 1e-3, 0.1), y: padded(bulk(points.map((p) => p.y), seen.map((p) => p.y))), xFlip: lower(), yFlip: lower(),
    xLabel: T("tradeoff.x", { metric }), yLabel: T("tradeoff.y", { metric }) });
  const sign = lower() ? -1 : 1;
  const front = paretoFront(points, (p) => [sign * p.x, sign * p.y]);
  const plain = points.filter((p) => p.arm.baseline);
  if (plain.length === 1) {
    const [x, y] = [chart.sx(plain[0].x), chart.sy(plain[0].y)];
    chart.svg.append(s("line", { class: "guide", x1: x, x2: x, y1: chart.box.top, y2: chart.box.bottom }), s("line", { class: "guide", x1: chart.box.left, x2: chart.box.right, y1: y, y2: y }));
  }
  scatter("tradeoff", chart, points, front, manyLabels(chart.width));
  table("tradeoff", [T("plot.arm"), T("slice.head"), T("board.difference"), T("slice.tail"), T("board.difference"), T("tradeoff.front")],
    points.map((p) => [p.name, ...p.cells, front.includes(p) ? "●" : ""]), T("tradeoff.title"));
}

function drawCost() {
  const tail = findKey("target", "tail");
  const key = tail || findKey("all", "all");
  note("cost", tail ? "" : T("cost.lead_all"));
  const points = [];
  for (const arm of chosenArms()) {
    const row = rowAt(arm, key);
    if (row && arm.seconds > 0 && (arm.baseline || row.difference !== null)) {
      const [y, low, high] = arm.baseline ? [0, null, null] : lower() ? [gain(row), row.high === null ? null : -row.high, row.low === null ? null : -row.low] : [row.difference, row.low, row.high];
      points.push({ arm, name: armName(arm), x: arm.seconds, y, lowY: low, highY: high, kind: arm.baseline ? "plain" : markClass(row),
        tip: [[T("board.seconds"), seconds(arm.seconds)], [T("cost.y", { metric: label("metric", state.metric) }), `${fixed(y, 3, true)} ${interval(low, high)}`]],
        cells: [seconds(arm.seconds), `${fixed(y, 3, true)} ${interval(low, high)}`] });
    }
  }
  if (points.length < 2) { nothing("cost"); return; }
  const host = $("plot-cost");
  const spread = points.map((p) => p.x);
  const usual = bulk(points.map((p) => p.y), points.filter((p) => p.arm.baseline || p.arm.index === state.arm).map((p) => p.y));
  const near = points.filter((p) => p.y >= Math.min(...usual) && p.y <= Math.max(...usual));
  const chart = frame(host, { height: plotHeight(host), xLog: true, x: [Math.min(...spread) / 1.3, Math.max(...spread) * 1.5],
    y: padded([...near.map((p) => p.y), ...near.flatMap((p) => [p.lowY, p.highY]).filter((v) => v !== null)]), xLabel: T("cost.x"), yLabel: T("cost.y", { metric: label("metric", state.metric) }) });
  chart.svg.append(s("line", { class: "guide", x1: chart.box.left, x2: chart.box.right, y1: chart.sy(0), y2: chart.sy(0) }));
  const front = paretoFront(points, (p) => [-p.x, p.y]);
  scatter("cost", chart, points, front, manyLabels(chart.width));
  table("cost", [T("plot.arm"), T("board.seconds"), T("cost.y", { metric: label("metric", state.metric) }), T("tradeoff.front")],
    points.map((p) => [p.name, ...p.cells, front.includes(p) ? "●" : ""]), T("cost.title"));
}

const classSet = () => data.targets.find((set) => `${set.dataset}|${set.task}` === (() => { const arm = inPlace()[0]; return `${data.names.dataset[arm.d]}|${data.names.task[arm.t]}`; })());
const size = (bin) => Math.max(0.7, bin[2]);
const binName = (bin) => bin[0] || T("classes.bin", { n: bin[1], low: count(bin[3]), high: count(bin[4]) });

/** Mean of values around each place on the log axis, in a Gaussian window. */
function smooth(points, width) {
  const [a, b] = [Math.log(points[points.length - 1].n), Math.log(points[0].n)];
  return Array.from({ length: 48 }, (_, i) => {
    const at = a + ((b - a) * i) / 47;
    let [sum, weights] = [0, 0];
    for (const p of points) { const w = Math.exp(-0.5 * ((Math.log(p.n) - at) / width) ** 2); sum += w * p.v; weights += w; }
    return [Math.exp(at), sum / weights];
  });
}

function drawClasses() {
  const set = classSet();
  const arm = focusArm();
  const plain = arm && baselineOf(arm);
  note("classes", set && set.bins.length < set.total ? T("classes.grouped", { total: count(set.total), bins: set.bins.length }) : "");
  if (!set || !plain || !set.recall[arm.index] || !set.recall[plain.index]) { nothing("classes"); return; }
  const [own, base] = [set.recall[arm.index], set.recall[plain.index]];
  const points = set.bins.map((bin, i) => ({ bin, own: own[i], base: base[i] })).filter((p) => p.own !== null && p.base !== null);
  if (points.length < 2) { nothing("classes"); return; }
  const host = $("plot-classes");
  const sizes = points.map((p) => size(p.bin));
  const chart = frame(host, { height: plotHeight(host), xLog: true, x: [Math.min(...sizes) / 1.25, Math.max(...sizes) * 1.1], y: [0, 1], xLabel: T("classes.x"), yLabel: T("classes.y") });
  const spread = new Map();
  points.forEach((p) => spread.set(size(p.bin), [...(spread.get(size(p.bin)) || []), p]));
  for (const p of points) {
    const mates = spread.get(size(p.bin));
    const shift = (mates.indexOf(p) - (mates.length - 1) / 2) * Math.min(4, 22 / mates.length);
    const change = (p.own - p.base) / 1000;
    Object.assign(p, { px: chart.sx(size(p.bin)) + shift, py: chart.sy(p.own / 1000), name: binName(p.bin),
      tip: [[T("classes.rows"), count(p.bin[2])], [baselineName(), fixed(p.base / 1000)], [arm.name, fixed(p.own / 1000)], [T("classes.change"), fixed(change, 3, true)]] });
    const kind = change > 0 ? "better" : change < 0 ? "worse" : "same";
    chart.svg.append(s("line", { class: `stem ${kind}`, x1: p.px, x2: p.px, y1: chart.sy(p.base / 1000), y2: p.py }),
      s("circle", { class: "point plain small", cx: p.px, cy: chart.sy(p.base / 1000), r: 2.2 }), s("circle", { class: `point ${kind}`, cx: p.px, cy: p.py, r: 3.4 }));
  }
  const curves = [["plain", "base", baselineName()], ["better", "own", arm.name]].map(([kind, field, name]) => ({ kind, name,
    line: smooth(points.map((p) => ({ n: size(p.bin), v: p[field] / 1000 })), 0.8) }));
  const apart = chart.sy(curves[0].line[0][1]) - chart.sy(curves[1].line[0][1]);
  curves.forEach(({ kind, name, line }, i) => {
    chart.svg.append(s("path", { class: `curve ${kind}`, d: path(line.map(([n, v]) => [chart.sx(n), chart.sy(v)])) }));
    const above = (i === 1 ? apart >= 0 : apart < 0) || chart.sy(line[0][1]) + 22 > chart.box.bottom;
    chart.svg.append(s("text", { class: `halo strong ${kind}`, x: chart.box.left + 4, y: chart.sy(line[0][1]) + (above ? -9 : 18) }, brief(name, 30)));
  });
  chart.points = points.sort((a, b) => a.px - b.px);
  const up = points.filter((p) => p.own > p.base).length;
  host.setAttribute("aria-label", `${T("classes.title")}: ${arm.name}. ↑ ${up}, ↓ ${points.filter((p) => p.own < p.base).length}.`);
  walkable(host, [chart]);
  table("classes", [T("classes.name"), T("classes.rows"), baselineName(), arm.name, T("classes.change")],
    [...points].reverse().map((p) => [p.name, ...p.tip.map(([, value]) => value)]), T("classes.title"));
}

function drawCuts() {
  const set = classSet();
  const arm = focusArm();
  const lines = set ? chosenArms().filter((each) => set.cuts[each.index]).map((each) => ({ arm: each, cuts: set.cuts[each.index] })) : [];
  const own = lines.find((line) => line.arm === arm);
  if (!own || own.cuts.filter((v) => v !== null).length < 2) { nothing("cuts"); return; }
  const host = $("plot-cuts");
  const shown = data.cuts.map((share, i) => [share, i]).filter(([, i]) => own.cuts[i] !== null);
  const values = lines.flatMap((line) => line.cuts).filter((v) => v !== null).sort((a, b) => a - b);
  const [low, high] = [Math.min, Math.max].map((end) => end(...bulk(values, [0, ...own.cuts.filter((v) => v !== null)])));
  const chart = frame(host, { height: 300, x: [0.08, 0.92], y: padded([low, high]), xLabel: T("cuts.x"), yLabel: T("cuts.y"), xTicks: [0.1, 0.3, 0.5, 0.7, 0.9].map((at) => ({ at, text: `${Math.round(at * 100)}%` })) });
  const shape = s("clipPath", { id: "cuts-box" }, s("rect", { x: chart.box.left, y: chart.box.top, width: chart.box.right - chart.box.left, height: chart.box.bottom - chart.box.top }));
  chart.svg.append(shape);
  const draw = (line, kind) => chart.svg.append(s("path", { "clip-path": "url(#cuts-box)", class: `curve ${kind}`, d: path(data.cuts.map((share, i) => [share, line.cuts[i]]).filter(([, v]) => v !== null).map(([x, v]) => [chart.sx(x), chart.sy(v)])) }));
  lines.filter((line) => line !== own).forEach((line) => draw(line, "faint"));
  chart.svg.append(s("line", { class: "guide", x1: chart.box.left, x2: chart.box.right, y1: chart.sy(0), y2: chart.sy(0) }));
  draw(own, "better");
  chart.points = shown.map(([share, i]) => ({ px: chart.sx(share), py: chart.sy(own.cuts[i]), name: `${arm.name}, ${Math.round(share * 100)}%`, tip: [[T("cuts.y"), fixed(own.cuts[i], 3, true)]] }));
  for (const p of chart.points) chart.svg.append(s("circle", { class: "point better", cx: p.px, cy: p.py, r: 3.6 }));
  const last = chart.points[chart.points.length - 1];
  chart.svg.append(s("text", { class: "halo strong better", x: last.px, y: last.py - 11, "text-anchor": "end" }, brief(arm.name, 30)));
  host.setAttribute("aria-label", `${T("cuts.title")} ${arm.name}: ${chart.points.map((p) => `${p.name.split(", ").pop()} ${p.tip[0][1]}`).join(", ")}`);
  walkable(host, [chart]);
  table("cuts", [T("plot.arm"), ...data.cuts.map((share) => `${Math.round(share * 100)}%`)], lines.map((line) => [nameOf(line.arm), ...line.cuts.map((v) => fixed(v, 3, true))]), T("cuts.title"));
}

function drawCalibration() {
  const arm = focusArm();
  const shown = [arm && baselineOf(arm), arm].filter((each) => each && data.calibration[each.index]);
  if (!shown.length) { nothing("calibration"); return; }
  const host = $("plot-calibration");
  const grid = h("div", { class: "pair" });
  host.replaceChildren(grid);
  const stages = (each) => Object.entries(data.calibration[each.index]);
  const most = Math.min(1, 1.08 * Math.max(...shown.flatMap((each) => stages(each).flatMap(([, bins]) => bins.flatMap(([c, a]) => [c, a]))), 0.01));
  const rows = [];
  const boxes = [...new Set(shown)].map((each) => { const cell = h("div", {}); grid.append(cell); return { each, cell }; });
  const charts = boxes.map(({ each, cell }) => {
    const name = each.baseline ? baselineName() : each.name;
    const side = Math.max(220, Math.min(370, cell.clientWidth));
    const drawn = h("div", {});
    cell.replaceChildren(h("h3", {}, h("bdi", {}, name)), drawn);
    const chart = frame(drawn, { height: side, x: [0, most], y: [0, most], xLabel: T("calibration.x"), yLabel: T("calibration.y") });
    chart.svg.append(s("line", { class: "guide", x1: chart.sx(0), y1: chart.sy(0), x2: chart.sx(most), y2: chart.sy(most) }));
    chart.points = [];
    for (const [stage, bins] of stages(each)) {
      const key = findKey("all", "all", "ece", stage);
      const ece = rowAt(each, key);
      chart.svg.append(s("path", { class: `curve ${stage === "raw" ? "dashed" : "better"}`, d: path(bins.map(([c, a]) => [chart.sx(c), chart.sy(a)])) }));
      const text = ece ? `${T(`calibration.${stage}`)} · ECE ${fixed(ece.value)}` : T(`calibration.${stage}`);
      const [kind, at] = stage === "raw" ? ["dashed", chart.box.top + 14] : ["better", chart.box.top + 33];
      chart.svg.append(s("line", { class: `curve ${kind}`, x1: chart.box.left + 8, x2: chart.box.left + 30, y1: at - 4, y2: at - 4 }),
        s("text", { class: `halo strong ${stage === "raw" ? "" : "better"}`, x: chart.box.left + 36, y: at }, text));
      for (const [c, a, n] of bins) {
        rows.push([name, T(`calibration.${stage}`), fixed(c), fixed(a), count(n)]);
        chart.points.push({ px: chart.sx(c), py: chart.sy(a), name: `${name}: ${T(`calibration.${stage}`)}`, tip: [[T("calibration.x"), fixed(c)], [T("calibration.y"), fixed(a)], [T("calibration.count"), count(n)]] });
        chart.svg.append(s("circle", { class: `point ${stage === "raw" ? "" : "better"}`, cx: chart.sx(c), cy: chart.sy(a), r: 2.6 }));
      }
    }
    return chart;
  });
  host.setAttribute("aria-label", `${T("calibration.title")} ${shown.map((each) => each.name).join(", ")}`);
  walkable(host, charts);
  table("calibration", [T("plot.arm"), T("calibration.stage"), T("calibration.x"), T("calibration.y"), T("calibration.count")], rows, T("calibration.title"));
}

function heatCell(row, most, spreads) {
  if (!row || row.difference === null) return h("td", { class: "void" }, row ? fixed(row.value) : "");
  const told = row.mark === 1 || row.mark === 2;
  const level = told ? Math.max(1, Math.ceil((4 * Math.min(Math.abs(row.difference), most)) / most)) : 0;
  const up = told ? row.mark === 1 : gain(row) >= 0;
  const title = `${fixed(row.value)}  ${interval(row.low, row.high)}  ${row.mark < 0 ? "" : T(`mark.${markClass(row)}`, { baseline: baselineName() })}`;
  return h("td", { class: spreads && !told ? "s0" : `${up ? "up" : "down"} s${level}`, title }, fixed(row.difference, 3, true), h("span", { class: "mark-sign" }, told ? MARKS[row.mark] : ""));
}
function drawHeat() {
  const order = ["all", "target"];
  const rank = (axis) => (order.includes(axis) ? order.indexOf(axis) : 9);
  const shown = keys.filter((key) => key.metric === state.metric && key.decision === state.decision).sort((a, b) => rank(a.axis) - rank(b.axis) || a.axis.localeCompare(b.axis) || a.index - b.index);
  const list = chosenArms().filter((arm) => !arm.baseline && rowsOf(arm).size);
  const key = findKey("target", "tail") || findKey("all", "all");
  const by = (arm) => { const row = rowAt(arm, key); return row && row.difference !== null ? gain(row) : -Infinity; };
  list.sort((a, b) => by(b) - by(a));
  const sizes = list.flatMap((arm) => shown.map((k) => rowAt(arm, k))).filter((row) => row && row.difference !== null).map((row) => row.difference);
  const most = reach(sizes);
  const axes = [...new Set(shown.map((k) => k.axis))];
  const caption = T("slices.caption", { metric: label("metric", state.metric), baseline: baselineName() });
  $("heat").replaceChildren(shown.length && list.length ? h("table", { class: "heat" }, h("caption", {}, caption),
    h("thead", {}, h("tr", {}, h("td", {}), axes.map((axis) => h("th", { scope: "colgroup", class: "axis-name", colspan: shown.filter((k) => k.axis === axis).length }, axis === "all" ? "" : h("bdi", {}, label("axis", axis))))),
      h("tr", {}, h("th", { scope: "col" }, T("plot.arm")), shown.map((k) => h("th", { scope: "col" }, h("bdi", {}, label("slice", k.slice)), k.support !== null && h("small", {}, T("slices.support", { n: count(k.support) })))))),
    h("tbody", {}, list.map((arm) => h("tr", {}, h("th", { scope: "row" }, h("bdi", {}, nameOf(arm))), shown.map((k) => heatCell(rowAt(arm, k), most, ["gap", "std", "ratio"].includes(k.slice))))))) : h("p", { class: "hint" }, T("plot.none")));
}
