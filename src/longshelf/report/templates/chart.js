const linear = ([a, b], [p, q]) => (x) => p + ((x - a) / (b - a || 1)) * (q - p);
const logarithmic = ([a, b], range) => { const scale = linear([Math.log(a), Math.log(b)], range); return (x) => scale(Math.log(x)); };

function padded(values, least = 1e-3, share = 0.06) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = Math.max((high - low) * share, least / 2);
  return [low - pad, high + pad];
}
/** Range of the bulk of the values and of those that must be seen; far ones are drawn at the edge. */
function bulk(values, must) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const fence = 6 * Math.max(at(0.75) - at(0.25), 1e-4);
  return [...must, ...sorted.filter((x) => x >= at(0.25) - fence && x <= at(0.75) + fence)];
}
function ticks([a, b], wanted) {
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((x) => x * power).find((x) => x >= rough);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1) found.push(i * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return found.map((at) => ({ at, text: fixed(at, digits) }));
}
function logTicks([a, b], wanted) {
  for (const mantissas of [[1, 2, 5], [1, 3], [1]]) {
    const found = [];
    for (let power = Math.floor(Math.log10(a)); power <= Math.ceil(Math.log10(b)); power += 1) {
      for (const m of mantissas) { const at = m * 10 ** power; if (at >= a && at <= b) found.push(at); }
    }
    if (found.length <= wanted || mantissas.length === 1) return found.map((at) => ({ at, text: at >= 1 ? at.toLocaleString("en-US") : String(Number(at.toPrecision(1))) }));
  }
  return [];
}

function frame(host, { height, x, y, xLog = false, xFlip = false, yFlip = false, xLabel, yLabel, left = 46, right = 14, xTicks, yTicks }) {
  const width = Math.max(220, host.clientWidth || 640);
  const box = { left, right: width - right, top: 30, bottom: height - 42 };
  const across = xFlip ? [box.right, box.left] : [box.left, box.right];
  const up = yFlip ? [box.top, box.bottom] : [box.bottom, box.top];
  const sx = xLog ? logarithmic(x, across) : linear(x, across);
  const sy = linear(y, up);
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
  const wanted = Math.max(3, Math.round(width / 110));
  for (const tick of yTicks || ticks(y, Math.max(3, Math.round(height / 75)))) {
    svg.append(s("line", { class: "grid", x1: box.left, x2: box.right, y1: sy(tick.at), y2: sy(tick.at) }),
      s("text", { x: box.left - 8, y: sy(tick.at) + 4, "text-anchor": "end" }, tick.text));
  }
  for (const tick of xTicks || (xLog ? logTicks(x, wanted) : ticks(x, wanted))) {
    svg.append(s("line", { class: "axis", x1: sx(tick.at), x2: sx(tick.at), y1: box.bottom, y2: box.bottom + 5 }),
      s("text", { x: sx(tick.at), y: box.bottom + 19, "text-anchor": "middle" }, tick.text));
  }
  svg.append(s("line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    yLabel ? s("text", { x: 0, y: 13, class: "axis-label" }, `↑ ${yLabel}`) : "",
    s("text", { x: box.right, y: height - 4, "text-anchor": "end", class: "axis-label" }, `${xLabel} →`));
  host.replaceChildren(svg);
  return { host, svg, sx, sy, width, height, box };
}

const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");
const widthOf = (text) => [...text].reduce((sum, c) => sum + (c.codePointAt(0) > 0x2e80 ? 12 : c === "\u2068" || c === "\u2069" ? 0 : 6.6), 0);

function placeLabels(chart, points, most) {
  const taken = points.map((p) => [p.px - 5, p.py - 5, p.px + 5, p.py + 5]);
  const free = (b) => b[0] >= 2 && b[2] <= chart.width - 2 && b[1] >= 16 && b[3] <= chart.box.bottom
    && !taken.some((t) => b[0] < t[2] && b[2] > t[0] && b[1] < t[3] && b[3] > t[1]);
  let placed = 0;
  for (const point of points.filter((p) => p.weight > 0).sort((a, b) => b.weight - a.weight)) {
    if (placed >= most) break;
    const text = point.outside ? `${brief(point.name)} (${point.outside})` : brief(point.name);
    const w = widthOf(text) * (point.weight >= 3 ? 1.12 : 1);
    const spots = [[9, 4, "start"], [-9, 4, "end"], [0, -10, "middle"], [0, 19, "middle"], [9, -8, "start"], [-9, -8, "end"], [9, 16, "start"], [-9, 16, "end"]];
    for (const [dx, dy, anchor] of spots) {
      const left = point.px + dx - (anchor === "end" ? w : anchor === "middle" ? w / 2 : 0);
      const b = [left, point.py + dy - 11, left + w, point.py + dy + 3];
      if (free(b)) {
        taken.push(b);
        placed += 1;
        chart.svg.append(s("text", { x: point.px + dx, y: point.py + dy, "text-anchor": anchor, class: `halo ${point.weight >= 3 ? "strong" : ""}` }, text));
        break;
      }
    }
  }
}

const tip = $("tip");
function showTip(point, x, y) {
  tip.replaceChildren(h("b", {}, h("bdi", {}, point.name)), ...point.tip.map(([key, value]) => h("span", {}, h("i", {}, key), h("span", {}, value))));
  tip.hidden = false;
  const size = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(x + 14, innerWidth - size.width - 8));
  tip.style.left = `${left}px`;
  tip.style.top = `${y + 18 + size.height > innerHeight ? Math.max(8, y - size.height - 12) : y + 18}px`;
}
const hideTip = () => { tip.hidden = true; };

function walkable(host, charts, pick) {
  const all = charts.flatMap((chart) => chart.points.map((point) => ({ chart, point })));
  let active = -1;
  const cursor = s("circle", { class: "cursor", r: 9 });
  const show = (index, spoken) => {
    active = index;
    const { chart, point } = all[index];
    cursor.setAttribute("cx", point.px);
    cursor.setAttribute("cy", point.py);
    chart.svg.append(cursor);
    const at = chart.svg.getBoundingClientRect();
    showTip(point, at.left + point.px, at.top + point.py);
    if (spoken) $("live").textContent = `${point.name}: ${point.tip.map((pair) => pair.join(" ")).join(", ")}`;
  };
  const leave = () => { cursor.remove(); hideTip(); active = -1; };
  for (const chart of charts) {
    const near = (event) => {
      const at = chart.svg.getBoundingClientRect();
      let [best, distance] = [-1, 26];
      all.forEach(({ chart: own, point }, i) => {
        const d = own === chart ? Math.hypot(event.clientX - at.left - point.px, event.clientY - at.top - point.py) : Infinity;
        if (d < distance) [best, distance] = [i, d];
      });
      return best;
    };
    chart.svg.onpointermove = (event) => { const i = near(event); if (i >= 0) show(i, false); else leave(); };
    chart.svg.onpointerleave = leave;
    chart.svg.onclick = (event) => { const i = near(event); if (i >= 0 && pick) pick(all[i].point); };
  }
  host.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (step && all.length) { event.preventDefault(); show((active + step + all.length + (active < 0 && step < 0 ? 1 : 0)) % all.length, true); }
    if (event.key === "Escape") leave();
    if (event.key === "Enter" && active >= 0 && pick) pick(all[active].point);
  };
  host.onblur = leave;
}

function table(name, heads, rows, caption) {
  const box = document.querySelector(`[data-table="${name}"]`);
  const fill = () => {
    const most = 300;
    const shown = rows.slice(0, most);
    const note = rows.length > most ? `${caption} (${T("plot.value_table", { n: most, total: count(rows.length) })})` : caption;
    box.querySelector(".scroll").setAttribute("aria-label", caption);
    box.querySelector(".scroll").replaceChildren(h("table", {}, h("caption", {}, note),
      h("thead", {}, h("tr", {}, heads.map((head, i) => h("th", { scope: "col", class: i ? "num" : "" }, head)))),
      h("tbody", {}, shown.map((row) => h("tr", {}, row.map((cell, i) => (i ? h("td", { class: "num" }, cell) : h("th", { scope: "row" }, h("bdi", {}, cell)))))))));
  };
  box.ontoggle = () => { if (box.open) fill(); };
  box.hidden = rows.length === 0;
  if (box.open) fill();
}
function nothing(name) {
  const host = $(`plot-${name}`);
  host.replaceChildren(h("p", { class: "hint" }, T("plot.none")));
  host.setAttribute("aria-label", T("plot.none"));
  table(name, [], [], "");
}
