"use strict";
const data = JSON.parse(document.getElementById("report-data").textContent);
const MARKS = ["?", "+", "−", "~"];
const MARK_CLASS = ["unsure", "better", "worse", "same"];
const RIVALS = ["", "above", "not above", "below"];
const WIDTH = 11;
const state = { language: document.documentElement.lang, sort: "rank", down: false, search: "" };

function T(key, fields = {}) {
  const text = data.strings[key] ? data.strings[key][state.language] : key;
  return text.replace(/\{(\w+)\}/g, (_, name) => (fields[name] === undefined ? "" : String(fields[name])));
}
const label = (kind, name) => {
  const [bare, cut] = name.split(/(?=[@[])/, 2);
  return data.strings[`${kind}.${name}`] ? T(`${kind}.${name}`) : cut && data.strings[`${kind}.${bare}`] ? T(`${kind}.${bare}`) + name.slice(bare.length) : name;
};
const baselineName = () => (data.baseline === "none" ? T("baseline.plain") : data.baseline);
const isolate = (text) => `\u2068${text}\u2069`;
const brief = (text, most = 26) => isolate(text.length > most ? `${text.slice(0, most - 1)}…` : text);

function node(space, tag, attributes, children) {
  const made = space ? document.createElementNS(space, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}
const h = (tag, attributes, ...children) => node(null, tag, attributes, children);
const s = (tag, attributes, ...children) => node("http://www.w3.org/2000/svg", tag, attributes, children);
const $ = (id) => document.getElementById(id);

function fixed(value, places = 3, signed = false) {
  if (value === null || value === undefined) return "–";
  const text = Math.abs(value).toFixed(places);
  if (Number(text) === 0) return text;
  return (value < 0 ? "−" : signed ? "+" : "") + text;
}
function decimals(sizes) {
  const most = Math.max(...sizes.filter((x) => x !== null && x !== undefined).map(Math.abs), 0);
  return most === 0 || most >= 0.004 ? 3 : Math.min(5, Math.max(3, 1 - Math.floor(Math.log10(most))));
}
const chance = (p) => (p === null ? "" : p < 0.001 ? "<0.001" : fixed(p, 3));
const interval = (low, high, places) => (low === null || high === null ? "" : `[${fixed(low, places)}, ${fixed(high, places)}]`);
function seconds(value) {
  if (value === null) return "–";
  const [unit, size] = value < 90 ? ["second", 1] : value < 5400 ? ["minute", 60] : ["hour", 3600];
  return T(`unit.${unit}`, { n: (value / size).toFixed(value / size < 10 ? 1 : 0) });
}
const count = (value) => (value === null ? "–" : Math.round(value).toLocaleString(state.language === "zh" ? "zh-CN" : "en-US"));

const arms = data.arms.map(([d, t, f, m, strategy, flags, time, asked], index) => ({
  index, d, t, f, m, seconds: time, asked, baseline: (flags & 1) > 0, trivial: (flags & 2) > 0, alone: (flags & 4) > 0,
  place: `${d}|${t}`, block: `${d}|${t}|${f}|${m}`, name: (flags & 2) > 0 && data.names.strategy[strategy] === data.baseline ? data.names.model[m] : data.names.strategy[strategy],
  features: data.names.features[f], model: data.names.model[m],
}));
const keys = data.keys.map(([decision, metric, axis, slice, support], index) => ({ index, decision, metric, axis, slice, support }));
const keyOf = new Map(keys.map((key) => [[key.decision, key.metric, key.axis, key.slice].join("\u0000"), key]));
const findKey = (axis, slice, metric = state.metric, decision = state.decision) => keyOf.get([decision, metric, axis, slice].join("\u0000"));
const decoded = new Map();
function rowsOf(arm) {
  if (!decoded.has(arm.index)) {
    const flat = data.rows[arm.index] || [];
    const rows = new Map();
    for (let at = 0; at < flat.length; at += WIDTH) {
      const [key, value, difference, low, high, p, mark, rank, seeds, against, rival] = flat.slice(at, at + WIDTH);
      rows.set(key, { value, difference, low, high, p, mark, rank, seeds, against: RIVALS[against], rival: rival < 0 ? "" : data.rivals[rival] });
    }
    decoded.set(arm.index, rows);
  }
  return decoded.get(arm.index);
}
const rowAt = (arm, key) => (key ? rowsOf(arm).get(key.index) : undefined);
const lower = (metric = state.metric) => data.lower.includes(metric);
const gain = (row) => (row.difference === null ? null : lower() ? -row.difference : row.difference);
const markClass = (row) => (row && row.mark >= 0 ? MARK_CLASS[row.mark] : "");

const places = [...new Map(arms.map((arm) => [arm.place, arm])).values()].map((arm) => {
  const dataset = data.names.dataset[arm.d];
  const several = new Set(arms.filter((other) => other.d === arm.d).map((other) => other.t)).size > 1;
  return { id: arm.place, name: several ? `${dataset} · ${data.names.task[arm.t]}` : dataset };
});
const inPlace = () => arms.filter((arm) => arm.place === state.place);
const chosenArms = (trivial = false) => inPlace().filter((arm) => (arm.trivial ? trivial
  : (state.f === "" || arm.f === Number(state.f)) && (state.m === "" || arm.m === Number(state.m))));
const baselineOf = (arm) => arms.find((other) => other.baseline && other.block === arm.block);
const focusArm = () => arms[state.arm];
const nameOf = (arm) => (state.f === "" || state.m === "" ? `${arm.name} (${arm.features}, ${arm.model})` : arm.name);
const scope = () => {
  const place = places.find((each) => each.id === state.place);
  const any = T("filter.any");
  return [place ? place.name : "", state.f === "" ? `${T("filter.features")}: ${any}` : data.names.features[state.f],
    state.m === "" ? `${T("filter.model")}: ${any}` : data.names.model[state.m]].join(" · ");
};
