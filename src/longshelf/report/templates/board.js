const COLUMNS = {
  rank: { of: (item) => item.row.rank, first: "up" },
  strategy: { of: (item) => item.arm.name.toLowerCase(), first: "up" },
  value: { of: (item) => item.row.value, first: "better" },
  difference: { of: (item) => item.row.difference, first: "better" },
  mark: { of: (item) => [2, 0, 3, 1][item.row.mark < 0 ? 0 : item.row.mark], first: "up" },
  rival: { of: (item) => RIVALS.indexOf(item.row.against), first: "down" },
  p: { of: (item) => item.row.p, first: "up" },
  seconds: { of: (item) => item.arm.seconds, first: "up" },
  asked: { of: (item) => parseFloat(item.arm.asked.replaceAll(",", "")) || 0, first: "up" },
  seeds: { of: (item) => item.row.seeds, first: "down" },
};

const paid = arms.some((arm) => arm.asked);

function boardItems() {
  const key = keys[state.key];
  const wanted = state.search.trim().toLowerCase();
  const items = [];
  for (const arm of chosenArms(true)) {
    const row = rowAt(arm, key);
    if (row && (!wanted || `${arm.name} ${arm.features} ${arm.model}`.toLowerCase().includes(wanted))) items.push({ arm, row });
  }
  const { of } = COLUMNS[state.sort];
  const way = state.down ? -1 : 1;
  const better = (a, b) => (lower() ? a.row.value - b.row.value : b.row.value - a.row.value);
  const compare = (a, b) => {
    const [x, y] = [of(a), of(b)];
    if (x === y) return 0;
    if (x === null || x === undefined) return 1;
    if (y === null || y === undefined) return -1;
    return (x < y ? -1 : 1) * way;
  };
  return items.sort((a, b) => compare(a, b) || better(a, b));
}

function reach(values) {
  const sizes = values.filter((x) => x !== null).map(Math.abs).sort((a, b) => a - b);
  const last = sizes[sizes.length - 1];
  if (!last) return 1;
  const usual = 1.25 * sizes[Math.floor(0.9 * (sizes.length - 1))];
  return usual > 0 && usual < last ? usual : 1.05 * last;
}

function bar(row, half) {
  if (row.difference === null) return null;
  const at = (x) => 50 + 48 * Math.max(-1, Math.min(1, x / half));
  const [low, high] = [row.low === null ? row.difference : row.low, row.high === null ? row.difference : row.high];
  return s("svg", { class: `bar ${markClass(row)}`, viewBox: "0 0 100 14", preserveAspectRatio: "none", "aria-hidden": "true" },
    s("line", { class: "zero", x1: 50, x2: 50, y1: 0, y2: 14 }),
    s("line", { class: "whisker", x1: at(low), x2: at(high), y1: 7, y2: 7 }),
    s("line", { class: "dot", x1: at(row.difference), x2: at(row.difference), y1: 7, y2: 7 }));
}

function boardRow({ arm, row }, half, digits, newRank) {
  const tag = arm.baseline ? T("board.plain") : arm.trivial ? T(arm.alone ? "board.alone" : "board.trivial") : "";
  const wide = state.f === "" || state.m === "" || arm.trivial;
  const kind = [arm.baseline && "baseline", arm.trivial && "trivial", newRank && "new-rank", arm.index === state.arm && "focus"];
  return h("tr", { class: kind.filter(Boolean).join(" ") },
    h("td", { class: "num c-rank" }, row.rank === null ? "" : String(row.rank)),
    h("th", { scope: "row", class: "c-strategy" }, h("bdi", {}, arm.name), tag && h("span", { class: "tag" }, tag),
      wide && h("span", { class: "where" }, h("bdi", {}, arm.features), " · ", h("bdi", {}, arm.model))),
    h("td", { class: "num" }, fixed(row.value, digits)),
    h("td", { class: "wide" }, bar(row, half)),
    h("td", { class: "num c-difference" }, row.difference !== null && [
      h("span", { class: markClass(row) }, fixed(row.difference, digits, true)), " ", h("small", {}, interval(row.low, row.high, digits))]),
    h("td", { class: "c-mark" }, row.mark >= 0 && h("span", { class: `mark ${markClass(row)}`, title: T(`mark.${markClass(row)}`, { baseline: baselineName() }) },
      h("span", { "aria-hidden": "true" }, MARKS[row.mark]), h("span", { class: "unseen" }, T(`mark.${markClass(row)}`, { baseline: baselineName() })))),
    h("td", { class: "c-rival" }, row.against && h("span", { class: `flag ${row.against.replace(" ", "-")}` }, T(`rival.${row.against}`), row.against !== "above" && [" ", h("bdi", {}, row.rival)])),
    h("td", { class: "num" }, chance(row.p)),
    h("td", { class: "num" }, arm.seconds === null ? "" : arm.seconds.toFixed(1)),
    paid && h("td", { class: "num" }, arm.asked),
    h("td", { class: "num" }, row.seeds === null ? "" : String(row.seeds)));
}

function drawBoard() {
  const items = boardItems();
  const key = keys[state.key];
  const half = reach(items.flatMap(({ row }) => [row.difference, row.low, row.high]));
  const digits = decimals(items.map(({ row }) => row.value));
  const ranked = state.sort === "rank" && state.f !== "" && state.m !== "";
  const body = items.map((item, i) => boardRow(item, half, digits, ranked && i > 0 && items[i - 1].row.rank !== item.row.rank));
  document.querySelector("#leaderboard tbody").replaceChildren(...body);
  const caption = T("board.caption", { metric: label("metric", key.metric), slice: label("slice", key.slice), decision: label("decision", key.decision), data: scope() });
  $("board-caption").textContent = lower() ? `${caption} (${T("board.lower")})` : caption;
  const groups = new Set(items.map(({ row }) => row.rank).filter((rank) => rank !== null)).size;
  $("board-count").textContent = items.length ? T("board.count", { n: items.length, groups }) : T("board.none");
  for (const head of document.querySelectorAll("#leaderboard thead th")) {
    if (head.dataset.column !== state.sort) head.removeAttribute("aria-sort");
    else head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
  }
}

function sortBy(column) {
  if (state.sort === column) state.down = !state.down;
  else {
    const { first } = COLUMNS[column];
    state.sort = column;
    state.down = first === "down" || (first === "better" && !lower());
  }
  drawBoard();
}

function readyBoard() {
  for (const head of document.querySelectorAll("#leaderboard thead th")) {
    const column = head.dataset.column;
    if (COLUMNS[column]) {
      const button = h("button", { type: "button", on: { click: () => sortBy(column) } });
      button.append(head.querySelector(".head"));
      head.append(button);
    }
  }
}
