"use strict";

const WORDS = {
  en: {
    skip: "To the goods", search: "Search", searchHint: "Search the shop", find: "Search",
    user: "Customer", userHint: "nobody", category: "Category", all: "All", tail: "Kept for the tail",
    diversity: "Diversity", key: "API key", unlock: "Use this key", close: "Close",
    for: "For {0}", popular: "What is popular", found: "“{0}”", related: "Like “{0}”",
    head: "head", torso: "torso", tail_: "tail", like: "Similar", why: "Why this?", buy: "Buy",
    bought: "Bought", nothing: "Nothing is found.", because: "Because of what you had:",
    noReason: "Many buy this; nothing of yours pulled it.",
    user_: "from what this customer had", session: "from this visit", popular_: "the same for all",
    query: "by words and meaning", arm: "trial {1}, arm {0}", meaning: "by words only: meaning is away",
    reranker: "the second look took too long", slow: "Too much is asked just now; try again.",
    failed: "The service did not answer.", mix: "{0} head, {1} torso, {2} tail items",
    foot: "Lists by {0}. Every item shown, and every click, is recorded under a pseudonym.",
    locked: "This service asks for an API key.",
  },
  zh: {
    skip: "跳到商品", search: "搜索", searchHint: "想找什么？", find: "搜索",
    user: "顾客", userHint: "未登录", category: "类目", all: "全部", tail: "留给长尾的比例",
    diversity: "多样性", key: "API 密钥", unlock: "使用此密钥", close: "关闭",
    for: "为 {0} 推荐", popular: "热门商品", found: "“{0}”", related: "与“{0}”相似",
    head: "头部", torso: "腰部", tail_: "长尾", like: "相似", why: "为什么？", buy: "购买",
    bought: "已购买", nothing: "没有找到商品。", because: "因为您有过：",
    noReason: "很多人购买；与您的历史无关。",
    user_: "依据这位顾客的历史", session: "依据本次浏览", popular_: "所有人相同",
    query: "按词语和语义", arm: "实验 {1} 的分组 {0}", meaning: "只按词语：语义暂不可用",
    reranker: "重排超时，已跳过", slow: "请求太多，请稍后再试。",
    failed: "服务没有响应。", mix: "头部 {0} 件，腰部 {1} 件，长尾 {2} 件",
    foot: "列表来自 {0}。展示与点击均以化名记录。",
    locked: "此服务需要 API 密钥。",
  },
};
const SLICES = ["head", "torso", "tail"];
const $ = (id) => document.getElementById(id);
const state = { language: "en", view: null, session: [], timer: 0, asked: 0, shop: null, turned: {} };

function say(name, ...values) {
  return WORDS[state.language][name].replace(/\{(\d)\}/g, (_, at) => String(values[at]));
}

class Refused extends Error {
  constructor(status) { super(String(status)); this.status = status; }
}

async function ask(path, document_) {
  const headers = { "content-type": "application/json" };
  const key = sessionStorage.getItem("key");
  if (key) headers["x-api-key"] = key;
  const options = document_ ? { method: "POST", headers, body: JSON.stringify(document_) } : { headers };
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Refused(answer.status);
  return answer.json();
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

function failed(error) {
  const status = error instanceof Refused ? error.status : 0;
  $("unlock").hidden = status !== 401;
  notice(say(status === 401 ? "locked" : status === 429 || status === 503 ? "slow" : "failed"));
}

function wanted() {
  const filter = { k: 20 };
  if ($("category").value) filter.category = $("category").value;
  if ($("user").value.trim()) filter.user = $("user").value.trim();
  return filter;
}

async function show(view) {
  const turn = ++state.asked;
  try {
    const answer = view.query
      ? await ask("/search", { ...wanted(), query: view.query })
      : await ask("/recommend", {
          ...wanted(), session: state.session, ...state.turned,
        });
    if (turn !== state.asked) return;
    $("unlock").hidden = true;
    notice(answer.degraded.map((part) => say(part)).join(" "));
    state.view = view;
    state.answer = answer;
    draw();
  } catch (error) {
    if (turn === state.asked) failed(error);
  }
}

function draw() {
  const { view, answer } = state;
  if (!answer) return;
  const user = $("user").value.trim();
  const title = view.query ? say("found", view.query) : answer.basis === "popular" ? say("popular") : user ? say("for", user) : say("session");
  $("title").textContent = title;
  const basis = { user: "user_", session: "session", popular: "popular_", query: "query" }[answer.basis];
  const arm = answer.arm ? ` · ${say("arm", answer.arm, answer.trial)}` : "";
  $("about").textContent = say(basis) + arm;
  const count = SLICES.map((name) => answer.items.filter((item) => item.slice === name).length);
  $("mix").hidden = !answer.items.length;
  $("mix").setAttribute("aria-label", say("mix", ...count));
  $("mix").title = say("mix", ...count);
  $("mix").replaceChildren(...SLICES.map((name, at) => {
    const part = document.createElement("i");
    part.className = name;
    part.style.flexGrow = String(count[at]);
    part.hidden = !count[at];
    return part;
  }));
  fill($("list"), answer, view.query ? "search" : "recommend");
  if (!answer.items.length) {
    const none = document.createElement("li");
    none.textContent = say("nothing");
    $("list").append(none);
  }
}

function fill(list, answer, surface) {
  list.replaceChildren(...answer.items.map((item) => card(item, answer, surface)));
}

function card(item, answer, surface) {
  const made = $("card").content.cloneNode(true);
  const part = (name) => made.querySelector(`.${name}`);
  const badge = part("badge");
  badge.textContent = say(item.slice === "tail" ? "tail_" : item.slice);
  badge.classList.add(item.slice);
  part("place").textContent = item.arm ? `${item.position} · ${item.arm}` : String(item.position);
  part("name").textContent = item.title || item.item;
  part("name").title = item.title;
  part("shelf-name").textContent = item.category;
  part("price").textContent = item.price === null ? "" : item.price.toFixed(2);
  const [like, why, buy] = ["like", "why", "buy"].map(part);
  like.textContent = say("like");
  why.textContent = say("why");
  buy.textContent = say("buy");
  const named = (button, label) => button.setAttribute("aria-label", `${label}: ${item.title}`);
  [like, why, buy].forEach((button) => named(button, button.textContent));
  const reasons = part("reasons");
  like.addEventListener("click", () => beside(item, answer, surface));
  why.addEventListener("click", () => explain(item, why, reasons));
  buy.addEventListener("click", () => act("purchase", item, answer, surface).then((done) => {
    if (!done) return;
    buy.textContent = say("bought");
    buy.disabled = true;
  }));
  return made;
}

async function act(kind, item, answer, surface) {
  const said = { kind, item: item.item, request: answer.request, position: item.position, surface };
  const user = $("user").value.trim();
  if (user) said.user = user;
  try {
    await ask("/feedback", said);
    if (!state.session.includes(item.item)) state.session = [...state.session, item.item].slice(-20);
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

async function beside(item, answer, surface) {
  act("click", item, answer, surface);
  try {
    const found = await ask("/related", { ...wanted(), item: item.item, k: 8 });
    $("beside-title").textContent = say("related", item.title || item.item);
    fill($("related"), found, "related");
    $("beside").hidden = false;
    $("beside").scrollIntoView({ block: "nearest", behavior: "smooth" });
  } catch (error) {
    failed(error);
  }
}

async function explain(item, button, place) {
  const open = place.hidden;
  button.setAttribute("aria-expanded", String(open));
  place.hidden = !open;
  if (!open) return;
  const said = { item: item.item, session: state.session };
  const user = $("user").value.trim();
  if (user) said.user = user;
  try {
    const { because } = await ask("/explain", said);
    const lines = because.map((one) => {
      const line = document.createElement("p");
      const name = document.createElement("span");
      const share = document.createElement("span");
      name.textContent = one.title || one.item;
      share.textContent = `${Math.round(100 * one.share)}%`;
      line.append(name, share);
      return line;
    });
    const first = document.createElement("p");
    first.textContent = say(because.length ? "because" : "noReason");
    place.replaceChildren(first, ...lines);
  } catch (error) {
    button.setAttribute("aria-expanded", "false");
    place.hidden = true;
    failed(error);
  }
}

function speak(language) {
  state.language = language;
  document.documentElement.lang = language;
  document.querySelectorAll("[data-text]").forEach((one) => { one.textContent = say(one.dataset.text); });
  document.querySelectorAll("[data-hint]").forEach((one) => { one.placeholder = say(one.dataset.hint); });
  document.querySelectorAll("[data-language]").forEach((one) => {
    one.setAttribute("aria-pressed", String(one.dataset.language === language));
  });
  if (state.shop) $("foot").textContent = say("foot", state.shop.name);
  const every = $("category").querySelector("option[value='']");
  if (every) every.textContent = say("all");
  $("beside").hidden = true;
  draw();
}

function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

function percent(id) { $(`${id}-value`).textContent = `${Math.round(100 * $(id).value)}%`; }

function soon() {
  clearTimeout(state.timer);
  state.timer = setTimeout(() => show(state.view ?? {}), 200);
}

async function open_() {
  try {
    const shop = await ask("/catalogue");
    state.shop = shop;
    $("category").replaceChildren(option("", say("all")), ...shop.categories.map((name) => option(name, name)));
    $("users").replaceChildren(...shop.users.map((name) => option(name, name)));
    $("tail").value = String(shop.tail);
    $("diversity").value = String(shop.diversity);
    if (!$("user").value && shop.users.length) $("user").value = shop.users[0];
    ["tail", "diversity"].forEach(percent);
    speak(state.language);
    await show({});
  } catch (error) {
    failed(error);
  }
}

$("search").addEventListener("submit", (event) => {
  event.preventDefault();
  show({ query: $("query").value.trim() });
});
$("unlock").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("key", $("key").value);
  notice("");
  open_();
});
$("user").addEventListener("change", () => { state.session = []; show(state.view ?? {}); });
$("category").addEventListener("change", () => show(state.view ?? {}));
["tail", "diversity"].forEach((id) => $(id).addEventListener("input", () => {
  state.turned[id] = Number($(id).value);
  percent(id);
  soon();
}));
$("close").addEventListener("click", () => { $("beside").hidden = true; });
document.querySelectorAll("[data-language]").forEach((one) => one.addEventListener("click", () => speak(one.dataset.language)));
speak(navigator.language.startsWith("zh") ? "zh" : "en");
open_();
