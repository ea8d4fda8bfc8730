const ranked = data.ranking || { tops: [], exposure: {}, intervened: [], lists: { sources: [], titles: [], of: {} } };
const SPREADS = ["worst", "gap", "ratio", "std"];
const stem = (metric) => metric.split(/[@[]/)[0];
const cutOf = (metric) => (metric.match(/@\d+/) || [""])[0];
const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)}%`;

/** The key of a metric at the cut-off of the chosen one, or at whichever it was measured. */
function likeKey(name, axis = "all", slice = "all") {
  const found = keys.filter((key) => stem(key.metric) === name && key.axis === axis && key.slice === slice);
  return found.find((key) => key.metric === name + cutOf(state.metric)) || found[0];
}
function setOf(sets) {
  const arm = inPlace()[0];
  return arm && (sets || []).find((set) => set.dataset === data.names.dataset[arm.d] && set.task === data.names.task[arm.t]);
}
const listsOf = (arm) => (ranked.lists.of || {})[arm.index];
const ranks = () => Boolean(setOf(ranked.intervened)) || inPlace().some((arm) => ranked.exposure[arm.index] || listsOf(arm));

/** What may stand on the vertical axis beside accuracy. */
function frontierChoices() {
  const own = findKey("target", "tail");
  const others = ["aplt", "coverage", "gini", "exposure_gini", "arp"].map((name) => likeKey(name)).filter(Boolean);
  return [...(own ? [[own.index, T("tradeoff.y", { metric: label("metric", own.metric) })]] : []), ...others.map((key) => [key.index, label("metric", key.metric)])];
}
const limits = (row) => (row.difference === null || row.low === null ? [null, null] : [row.value - row.difference + row.low, row.value - row.difference + row.high]);
const cellsOf = (arm, row) => [fixed(row.value), arm.baseline || row.difference === null ? "" : `${fixed(row.difference, 3, true)} ${interval(row.low, row.high)}`];

function drawFrontier() {
  const choices = frontierChoices();
  if (!choices.some(([index]) => index === state.frontier)) state.frontier = choices.length ? choices[0][0] : -1;
  const select = $("frontier-y");
  select.replaceChildren(...choices.map(([index, text]) => option(index, text, state.frontier)));
  const [accuracy, other] = [findKey("all", "all"), keys[state.frontier]];
  const points = [];
  for (const arm of accuracy && other ? chosenArms(true) : []) {
    const [x, y] = [rowAt(arm, accuracy), rowAt(arm, other)];
    if (!x || !y) continue;
    const [lowY, highY] = limits(y);
    const [lowX, highX] = limits(x);
    points.push({ arm, name: armName(arm), x: x.value, y: y.value, lowX, highX, lowY, highY, pays: x.mark === 2,
      kind: arm.baseline ? "plain" : arm.trivial ? "trivial" : markClass(y),
      tip: [[label("metric", accuracy.metric), cellsOf(arm, x).join("  ")], [label("metric", other.metric), cellsOf(arm, y).join("  ")]],
      cells: [...cellsOf(arm, x), ...cellsOf(arm, y)] });
  }
  if (points.length < 2) { nothing("frontier"); return; }
  const host = $("plot-frontier");
  const seen = points.filter((p) => p.arm.baseline || p.arm.index === state.arm);
  const [downX, downY] = [lower(accuracy.metric), lower(other.metric)];
  const yLabel = choices.find(([index]) => index === state.frontier)[1];
  const chart = frame(host, { height: plotHeight(host), x: padded(bulk(points.map((p) => p.x), seen.map((p) => p.x)), 1e-3, 0.1), y: padded(bulk(points.map((p) => p.y), seen.map((p) => p.y))),
    xFlip: downX, yFlip: downY, xLabel: label("metric", accuracy.metric), yLabel });
  crosshair(chart, points);
  const front = paretoFront(points, (p) => [downX ? -p.x : p.x, downY ? -p.y : p.y]);
  scatter("frontier", chart, points, front, manyLabels(chart.width));
  table("frontier", [T("plot.arm"), label("metric", accuracy.metric), T("board.difference"), yLabel, T("board.difference"), T("tradeoff.front")],
    points.map((p) => [p.name, ...p.cells, front.includes(p) ? "●" : ""]), T("frontier.title"));
}
function crosshair(chart, points) {
  const plain = points.filter((p) => p.arm.baseline);
  if (plain.length !== 1) return;
  const [x, y] = [chart.sx(plain[0].x), chart.sy(plain[0].y)];
  chart.svg.append(s("line", { class: "guide", x1: x, x2: x, y1: chart.box.top, y2: chart.box.bottom }), s("line", { class: "guide", x1: chart.box.left, x2: chart.box.right, y1: y, y2: y }));
}

function drawExposure() {
  const list = chosenArms(true).filter((arm) => ranked.exposure[arm.index]);
  const own = list.find((arm) => arm === focusArm());
  const plain = own ? list.find((arm) => arm === baselineOf(own)) : list.find((arm) => arm.baseline);
  if (!list.length) { nothing("exposure"); return; }
  const host = $("plot-exposure");
  const grid = h("div", { class: "pair wide-pair" });
  host.replaceChildren(grid);
  const curve = (arm) => ranked.tops.map((top, i) => [top, ranked.exposure[arm.index][i] / 1000]);
  const kinds = [...list.filter((arm) => arm !== own && arm !== plain).map((arm) => [arm, arm.trivial ? "faint dashed" : "faint"]), ...(plain ? [[plain, "plain"]] : []), ...(own ? [[own, "better"]] : [])];
  const shares = [0.001, 0.01, 0.1, 1].map((at) => ({ at, text: percent(at, at < 0.01 ? 1 : 0) }));
  const even = [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, text: percent(at) }));
  const sides = [
    { x: [0, 1], at: ([top, held]) => [1 - top, 1 - held], ends: [[1, 1]], ticks: even, xLabel: T("exposure.x"), guide: [[0, 0], [1, 1]] },
    { x: [ranked.tops[0], 1], xLog: true, at: ([top, held]) => [top, held], ends: [], ticks: shares, xLabel: T("exposure.x_top"), guide: ranked.tops.map((top) => [top, top]) },
  ].map((side) => ({ side, cell: grid.appendChild(h("div", {})) }));
  const charts = sides.map(({ side, cell }, number) => {
    const chart = frame(cell, { height: Math.max(240, Math.min(380, cell.clientWidth)), x: side.x, y: [0, 1], xLog: side.xLog, xTicks: side.ticks, yTicks: even, xLabel: side.xLabel, yLabel: number ? T("exposure.y_top") : T("exposure.y") });
    const draw = (points, kind) => chart.svg.append(s("path", { class: kind, d: path(points.map(([x, y]) => [chart.sx(x), chart.sy(y)])) }));
    draw(side.guide, "guide open");
    kinds.forEach(([arm, kind]) => draw([...side.ends, ...curve(arm).map(side.at)], `curve ${kind}`));
    chart.points = kinds.filter(([, kind]) => !kind.startsWith("faint")).flatMap(([arm, kind]) => curve(arm).map((one) => {
      const [x, y] = side.at(one);
      chart.svg.append(s("circle", { class: `point ${kind}`, cx: chart.sx(x), cy: chart.sy(y), r: 2.6 }));
      return { px: chart.sx(x), py: chart.sy(y), name: armName(arm), tip: [[T("exposure.top", { share: percent(one[0], one[0] < 0.01 ? 2 : 0) }), percent(one[1], 1)]] };
    }));
    return chart;
  });
  legend(charts[0], kinds.slice().reverse());
  host.setAttribute("aria-label", `${T("exposure.title")}. ${kinds.slice(-2).map(([arm]) => `${armName(arm)}: ${T("exposure.top", { share: "1%" })} ${percent(curve(arm)[4][1], 1)}`).join(". ")}`);
  walkable(host, charts);
  const shown = [1, 4, 7, 11];
  const gini = likeKey("gini");
  table("exposure", [T("plot.arm"), ...shown.map((i) => T("exposure.top", { share: percent(ranked.tops[i], ranked.tops[i] < 0.01 ? 1 : 0) })), ...(gini ? [label("metric", gini.metric)] : [])],
    kinds.slice().reverse().map(([arm]) => [armName(arm), ...shown.map((i) => percent(curve(arm)[i][1], 1)), ...(gini ? [fixed((rowAt(arm, gini) || { value: null }).value)] : [])]), T("exposure.title"));
}
function legend(chart, kinds) {
  const named = kinds.filter(([, kind]) => ["better", "plain"].includes(kind)).map(([arm, kind]) => [kind, armName(arm)]);
  if (kinds.some(([, kind]) => kind === "faint")) named.push(["faint", T("exposure.others")]);
  if (kinds.some(([, kind]) => kind === "faint dashed")) named.push(["faint dashed", T("exposure.trivial")]);
  named.forEach(([kind, text], i) => chart.svg.append(
    s("line", { class: `curve ${kind}`, x1: chart.box.left + 8, x2: chart.box.left + 30, y1: chart.box.top + 12 + 19 * i, y2: chart.box.top + 12 + 19 * i }),
    s("text", { class: `halo ${i < 2 ? "strong" : ""} ${kind}`, x: chart.box.left + 36, y: chart.box.top + 16 + 19 * i }, brief(text, 30))));
}

function drawLift() {
  const wanted = likeKey("popularity_lift");
  $("lift").hidden = !wanted;
  const cut = wanted && wanted.metric;
  const groups = keys.filter((key) => key.metric === cut && !["all", "target"].includes(key.axis) && !SPREADS.includes(key.slice));
  const arm = focusArm();
  const plain = arm && baselineOf(arm);
  const rows = [...(wanted ? [wanted] : []), ...groups.sort((a, b) => a.axis.localeCompare(b.axis) || (b.support || 0) - (a.support || 0))].slice(0, 24)
    .map((key) => ({ key, own: arm && rowAt(arm, key), base: plain && rowAt(plain, key) })).filter((row) => row.own && row.base);
  if (!rows.length) { nothing("lift"); return; }
  const nameOfGroup = ({ key }) => (key.axis === "all" ? T("lift.everyone") : `${label("axis", key.axis)}: ${label("slice", key.slice)}`);
  const host = $("plot-lift");
  const left = Math.max(90, Math.min(host.clientWidth * 0.4, 12 + Math.max(...rows.map((row) => widthOf(nameOfGroup(row))))));
  const values = rows.flatMap((row) => [row.own.value, row.base.value]);
  const chart = frame(host, { height: 90 + 34 * rows.length, left, x: padded([0, ...values], 0.02, 0.08), y: [rows.length - 0.4, -0.6], xLabel: T("lift.x"),
    yTicks: rows.map((row, i) => ({ at: i, text: brief(nameOfGroup(row), Math.floor(left / 6.8)) })) });
  chart.svg.append(s("line", { class: "guide", x1: chart.sx(0), x2: chart.sx(0), y1: chart.box.top, y2: chart.box.bottom }));
  chart.points = rows.flatMap((row, i) => {
    const kind = markClass(row.own) || "same";
    const [a, b, y] = [chart.sx(row.base.value), chart.sx(row.own.value), chart.sy(i)];
    chart.svg.append(s("line", { class: `stem ${kind}`, x1: a, x2: b, y1: y, y2: y }), s("circle", { class: "point plain", cx: a, cy: y, r: 5 }), s("circle", { class: `point ${kind}`, cx: b, cy: y, r: 5 }));
    const tip = [[baselineName(), fixed(row.base.value)], [arm.name, fixed(row.own.value)], [T("board.difference"), `${fixed(row.own.difference, 3, true)} ${interval(row.own.low, row.own.high)}`], [T("lift.support"), count(row.key.support)]];
    return [{ px: b, py: y, name: nameOfGroup(row), tip }];
  });
  host.setAttribute("aria-label", `${T("lift.title")} ${arm.name}: ${rows.map((row) => `${nameOfGroup(row)} ${fixed(row.base.value)} → ${fixed(row.own.value)}`).join(", ")}`);
  walkable(host, [chart]);
  table("lift", [T("lift.group"), baselineName(), arm.name, T("board.difference"), T("lift.support")], chart.points.map((p) => [p.name, ...p.tip.map(([, value]) => value)]), T("lift.title"));
}

const VALUE = 6;
const SHOWN_PAIRS = 3;
function evenRow(set, arm, metric, slice) {
  const wanted = set.keys.findIndex(([name, part]) => name === metric && part === slice);
  const flat = set.rows[arm.index] || [];
  for (let at = 0; at < flat.length; at += VALUE) {
    const [key, value, difference, low, high, mark] = flat.slice(at, at + VALUE);
    if (key === wanted) return { value, difference, low, high, mark };
  }
  return undefined;
}
function drawIntervened() {
  const set = setOf(ranked.intervened);
  $("intervened").hidden = !set;
  const metric = set && (set.keys.some(([name]) => name === state.metric) ? state.metric : (set.keys[0] || [])[0]);
  note("intervened", set ? T("intervened.split", { split: isolate(set.split) }) : "");
  const key = metric && findKey("all", "all", metric);
  const points = [];
  for (const arm of key ? chosenArms(true) : []) {
    const [x, y] = [rowAt(arm, key), evenRow(set, arm, metric, "all")];
    if (!x || !y) continue;
    const [lowY, highY] = limits(y);
    const [lowX, highX] = limits(x);
    points.push({ arm, name: armName(arm), x: x.value, y: y.value, lowX, highX, lowY, highY, pays: x.mark === 2,
      kind: arm.baseline ? "plain" : arm.trivial ? "trivial" : markClass(y),
      tip: [[T("intervened.natural"), cellsOf(arm, x).join("  ")], [T("intervened.even"), cellsOf(arm, y).join("  ")]], cells: [...cellsOf(arm, x), ...cellsOf(arm, y)] });
  }
  if (points.length < 2) { nothing("intervened"); return; }
  const host = $("plot-intervened");
  const seen = points.filter((p) => p.arm.baseline || p.arm.index === state.arm);
  const chart = frame(host, { height: plotHeight(host), x: padded(bulk(points.map((p) => p.x), seen.map((p) => p.x)), 1e-3, 0.1), y: padded(bulk(points.map((p) => p.y), seen.map((p) => p.y))), xFlip: lower(metric), yFlip: lower(metric),
    xLabel: T("intervened.x", { metric: label("metric", metric) }), yLabel: T("intervened.y", { metric: label("metric", metric) }) });
  crosshair(chart, points);
  const sign = lower(metric) ? -1 : 1;
  const front = paretoFront(points, (p) => [sign * p.x, sign * p.y]);
  scatter("intervened", chart, points, front, manyLabels(chart.width));
  const [byNatural, byEven] = ["x", "y"].map((side) => [...points].sort((a, b) => sign * (b[side] - a[side])));
  table("intervened", [T("plot.arm"), T("intervened.natural"), T("board.difference"), T("intervened.even"), T("board.difference"), T("intervened.places")],
    byNatural.map((p, i) => [p.name, ...p.cells, `${i + 1} → ${byEven.indexOf(p) + 1}`]), T("intervened.title"));
}

function drawLists() {
  const arm = focusArm();
  const plain = arm && baselineOf(arm);
  const set = setOf(ranked.lists.sources);
  const able = arm && plain && set && listsOf(arm) && listsOf(plain);
  $("lists").hidden = !able;
  if (!able) return;
  note("lists", T("lists.counts", listCounts(listsOf(plain), listsOf(arm))));
  const pairs = set.names.map((name, i) => {
    const [before, after] = [listsOf(plain)[i] || [], listsOf(arm)[i] || []];
    const had = new Set(before.map((code) => code >> 1));
    return h("section", { class: "list-pair", "aria-label": name || T("lists.user", { n: i + 1 }) }, h("h4", {}, h("bdi", {}, name || T("lists.user", { n: i + 1 }))),
      h("div", { class: "pair wide-pair" }, listColumn(baselineName(), before, null), listColumn(arm.name, after, had)));
  });
  const open = Boolean(document.querySelector("#list-pairs details[open]"));
  const rest = pairs.slice(SHOWN_PAIRS);
  $("list-pairs").replaceChildren(...pairs.slice(0, SHOWN_PAIRS), ...(rest.length ? [h("details", { open }, h("summary", {}, T("lists.more", { n: rest.length })), h("div", { class: "lists" }, rest))] : []));
}
function listCounts(before, after) {
  const tail = (lists) => lists.flat().filter((code) => ranked.lists.titles[code >> 1][1] === "tail").length;
  const hits = (lists) => lists.flat().filter((code) => code & 1).length;
  return { before: tail(before), after: tail(after), hits: hits(before), now: hits(after), places: after.flat().length };
}
function listColumn(name, codes, had) {
  return h("div", {}, h("p", { class: "list-name" }, h("bdi", {}, name)), h("ol", {}, codes.map((code) => {
    const [title, part] = ranked.lists.titles[code >> 1];
    const fresh = had && !had.has(code >> 1);
    return h("li", { class: `${code & 1 ? "hit" : ""} ${fresh ? "fresh" : ""}` }, h("bdi", {}, title),
      h("small", { class: `part ${part}` }, label("slice", part)), code & 1 ? h("small", { class: "tag-hit" }, `✓ ${T("lists.hit")}`) : null, fresh ? h("small", { class: "tag-new" }, T("lists.new")) : null);
  })));
}

function drawRanking() {
  const here = ranks();
  $("ranking").hidden = !here;
  const bare = here && !inPlace().some((arm) => data.calibration[arm.index]);
  $("calibration").hidden = bare;
  for (const [name, away] of [["ranking", !here], ["calibration", bare]]) {
    const entry = document.querySelector(`nav a[href="#${name}"]`);
    if (entry) entry.parentElement.hidden = away;
  }
  if (here) for (const draw of [drawFrontier, drawExposure, drawLift, drawIntervened, drawLists]) draw();
}
function readyRanking() {
  $("frontier-y").addEventListener("change", (event) => { state.frontier = Number(event.target.value); drawFrontier(); });
}
