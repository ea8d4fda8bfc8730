const unique = (items) => [...new Set(items)];
const option = (value, text, chosen) => h("option", { value, selected: String(value) === String(chosen) }, text);
function fill(id, options, chosen) {
  const select = $(`filter-${id}`);
  select.replaceChildren(...options.map(([value, text]) => option(value, text, chosen)));
  select.closest("label").hidden = options.length < 2 && !["arm", "metric"].includes(id);
}

/** Bring the choice back to something that was measured, keeping as much of it as can be kept. */
function settle() {
  const here = inPlace().filter((arm) => !arm.trivial);
  const keep = (value, allowed, other = allowed[0]) => (allowed.includes(value) ? value : other);
  state.f = state.f === "" ? "" : keep(Number(state.f), unique(here.map((arm) => arm.f)), "");
  state.m = state.m === "" ? "" : keep(Number(state.m), unique(here.map((arm) => arm.m)), "");
  const list = chosenArms(true);
  const measured = new Set(list.flatMap((arm) => [...rowsOf(arm).keys()]));
  const open = keys.filter((key) => measured.has(key.index));
  if (!open.length) return [];
  state.metric = keep(state.metric, unique(open.map((key) => key.metric)));
  const ofMetric = open.filter((key) => key.metric === state.metric);
  state.decision = keep(state.decision, unique(ofMetric.map((key) => key.decision)));
  const slices = ofMetric.filter((key) => key.decision === state.decision);
  const now = keys[state.key];
  const same = now && slices.find((key) => key.axis === now.axis && key.slice === now.slice);
  state.key = (same || slices[0]).index;
  const able = list.filter((arm) => !arm.trivial && !arm.baseline);
  if (!able.some((arm) => arm.index === state.arm)) {
    const before = focusArm();
    const key = findKey("target", "tail") || keys[state.key];
    const by = (arm) => { const row = rowAt(arm, key); return row && row.difference !== null ? gain(row) : -Infinity; };
    const best = (before && able.find((arm) => arm.name === before.name)) || [...able].sort((a, b) => by(b) - by(a))[0];
    state.arm = best ? best.index : -1;
  }
  return open;
}

function fillFilters(open) {
  const here = inPlace().filter((arm) => !arm.trivial);
  const any = (name, list, table) => { const ids = unique(list); return ids.length > 1 ? [["", T("filter.any")], ...ids.map((i) => [i, table[i]])] : ids.map((i) => [i, table[i]]); };
  fill("dataset", places.map((place) => [place.id, place.name]), state.place);
  fill("features", any("f", here.map((arm) => arm.f), data.names.features), state.f);
  fill("model", any("m", here.map((arm) => arm.m), data.names.model), state.m);
  fill("metric", unique(open.map((key) => key.metric)).map((name) => [name, label("metric", name)]), state.metric);
  const ofMetric = open.filter((key) => key.metric === state.metric);
  fill("decision", unique(ofMetric.map((key) => key.decision)).map((name) => [name, label("decision", name)]), state.decision);
  fill("slice", ofMetric.filter((key) => key.decision === state.decision).map((key) => [key.index, ["all", "target"].includes(key.axis) ? label("slice", key.slice) : `${label("axis", key.axis)}: ${label("slice", key.slice)}`]), state.key);
  fill("arm", chosenArms().filter((arm) => !arm.baseline).map((arm) => [arm.index, nameOf(arm)]), state.arm);
}

function drawAll() {
  if (!arms.length || !keys.length) return;
  const open = settle();
  if (!open.length) return;
  fillFilters(open);
  drawBoard();
  for (const place of document.querySelectorAll("[data-scope]")) {
    const arm = ["classes", "calibration"].includes(place.dataset.scope) && focusArm() ? ` · ${focusArm().name}` : "";
    place.textContent = scope() + arm;
  }
  hideTip();
  if (data.ranking) drawRanking();
  showGallery();
  for (const draw of [drawTradeoff, drawClasses, drawCuts, drawCalibration, drawCost, drawHeat]) draw();
}

function setLanguage(language) {
  state.language = language;
  document.documentElement.lang = language;
  for (const button of document.querySelectorAll("[data-language]")) button.setAttribute("aria-pressed", String(button.dataset.language === language));
  for (const named of document.querySelectorAll("[data-label]")) named.setAttribute("aria-label", T(named.dataset.label));
  document.title = `${document.querySelector("h1").textContent} · ${T("title")}`;
  drawAll();
}

function setTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
}

async function copy(button) {
  const text = $(button.dataset.copy).textContent;
  try { await navigator.clipboard.writeText(text); } catch { getSelection().selectAllChildren($(button.dataset.copy)); return; }
  const said = [...button.childNodes];
  button.replaceChildren(T("again.copied"));
  setTimeout(() => button.replaceChildren(...said), 1500);
}

function start() {
  const from = data.start;
  const at = (name) => data.names[name].indexOf(from[name]);
  state.place = `${at("dataset")}|${at("task")}`;
  if (!places.some((place) => place.id === state.place)) state.place = places.length ? places[0].id : "";
  Object.assign(state, { f: at("features"), m: at("model"), metric: from.metric, decision: from.decision });
  const key = findKey(from.axis, from.slice);
  state.key = key ? key.index : 0;
  const arm = arms.find((each) => each.place === state.place && each.f === state.f && each.m === state.m && each.name === from.strategy);
  state.arm = arm ? arm.index : -1;
  for (const hidden of document.querySelectorAll(".needs-script")) hidden.hidden = false;
  readyBoard();
  if (data.ranking) readyRanking();
  const on = (id, act) => $(`filter-${id}`).addEventListener("change", (event) => { act(event.target.value); drawAll(); });
  on("dataset", (value) => { state.place = value; });
  on("features", (value) => { state.f = value; });
  on("model", (value) => { state.m = value; });
  on("metric", (value) => { state.metric = value; });
  on("decision", (value) => { state.decision = value; });
  on("slice", (value) => { state.key = Number(value); });
  on("arm", (value) => { state.arm = Number(value); });
  $("filter-search").addEventListener("input", (event) => { state.search = event.target.value; drawBoard(); });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  for (const button of document.querySelectorAll("[data-language]")) button.addEventListener("click", () => setLanguage(button.dataset.language));
  for (const button of document.querySelectorAll(".copy")) button.addEventListener("click", () => copy(button));
  $("theme").addEventListener("click", setTheme);
  let width = document.body.clientWidth;
  new ResizeObserver(() => { if (document.body.clientWidth !== width) { width = document.body.clientWidth; drawAll(); } }).observe(document.body);
  drawAll();
}
start();
