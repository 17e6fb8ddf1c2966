// The author's receipt: where and when the screens showed a post, and the post itself while it is on the wall.

import { shownName } from "./desk/receipts.js";
import { el, readJson, style } from "./dom.js";
import { icon } from "./icons.js";
import { hour, language, many, speak, t } from "./page.js";
import { isEmojiOnly, postLanguage, runsOf } from "./words.js";

const LOOK_MS = 8000;
const LOOK_MOST_MS = 60_000;
const LARGE_LETTERS = 90;

const $ = (id) => document.getElementById(id);
const url = `/api/v1${location.pathname}`;
let found = readJson("found", null);
let sign = "";
let told = "";
let unchanged = 0;
let timer = 0;

/** A length as it is said: "12 s", "2 min 5 s". Pure but for the language. */
function length(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const parts = [[Math.floor(seconds / 3600), "hour"], [Math.floor(seconds / 60) % 60, "minute"], [seconds % 60, "second"]];
  const said = parts.filter(([n]) => n > 0).map(([n, unit]) => new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "short" }).format(n));
  return said.slice(0, 2).join("\u00a0");
}

/** Which of the sentences is true: "now", "shown", "soon", "waiting", "away", "left", "never" or "nowhere". Pure. */
export function wordOf(state) {
  if (!state) return "nowhere";
  const wasShown = state.screens.length > 0;
  if (state.now.length) return "now";
  if (state.state === "wall") return wasShown ? "shown" : "soon";
  if (state.state === "gone") return wasShown ? "left" : "never";
  return state.state;
}

function show() {
  const next = JSON.stringify([found, language()]);
  if (next === sign) return;
  sign = next;
  const word = wordOf(found);
  const root = $("shown");
  root.toggleAttribute("data-now", word === "now");
  $("title").textContent = t(`shown.title_${word}`);
  $("lead").textContent = lead(word);
  const voice = `${$("title").textContent} ${$("lead").textContent}`;
  if (told && told !== voice) $("voice").textContent = voice;
  told = voice;
  const post = found?.post;
  $("post").hidden = !post;
  $("post").replaceChildren(...(post ? postOf(post) : []));
  const screens = found?.screens ?? [];
  $("total").hidden = screens.length === 0;
  $("total").replaceChildren(el("strong", "", length((found?.seconds ?? 0) * 1000)), el("span", "", many("shown.total", screens.length)));
  const longest = Math.max(1, ...screens.flatMap(({ times }) => times.map(({ ms }) => ms)));
  $("screens").replaceChildren(...screens.map((screen) => screenOf(screen, longest)));
}

function lead(word) {
  if (word === "now") return t("shown.lead_now", { screens: named(found.now) });
  if (word !== "shown") return t(`shown.lead_${word}`);
  const [{ screen, times }] = found.screens;
  return t("shown.lead_shown", { screen: shownName(screen), time: hour(times[0]?.at), length: length(times[0]?.ms ?? 0) });
}

function named(screens) {
  return new Intl.ListFormat(language(), { type: "conjunction" }).format(screens.map(shownName));
}

function postOf(post) {
  const nodes = [];
  const [picture] = post.pictures ?? [];
  if (picture) {
    const image = el("img", "picture");
    image.alt = picture.alt ?? "";
    image.width = picture.width_px;
    image.height = picture.height_px;
    image.src = `/media/${encodeURIComponent(picture.digest)}/medium`;
    if (/^#[0-9a-f]{6}$/i.test(picture.colour ?? "")) style(image, { "--colour": picture.colour });
    nodes.push(image);
  }
  const words = el("figcaption", "shown-words");
  const runs = runsOf(post.spans, post.lang || "fr");
  if (runs.length) {
    const plain = runs.map((run) => run.text).join("");
    const text = el("blockquote", "shown-text", ...runs.map((run) => (run.kind === "text" ? run.text : el("span", "run", run.text))));
    text.dir = "auto";
    text.lang = postLanguage(post) || "und";
    text.dataset.size = isEmojiOnly(plain) ? "emoji" : plain.length < LARGE_LETTERS ? "large" : "";
    words.append(text);
  }
  const name = post.author?.name || post.author?.handle || "";
  if (name) {
    const by = el("p", "shown-by");
    if (post.author.avatar) {
      const face = el("img");
      face.alt = "";
      face.src = `/media/${encodeURIComponent(post.author.avatar.digest)}/avatar`;
      by.append(face);
    }
    const who = el("bdi", "", name);
    by.append(who);
    words.append(by);
  }
  if (words.childNodes.length) nodes.push(words);
  return nodes;
}

function screenOf({ screen, seconds, times }, longest) {
  const head = el("header", "", icon("screen"), el("h2", "", shownName(screen)));
  if (found.now.includes(screen)) head.append(el("span", "on-now", el("span", "dot"), t("shown.now")));
  else head.append(el("span", "sum", length(seconds * 1000)));
  const list = el("ul", "shown-times");
  const today = dayOf(Date.now());
  let day = today;
  for (const { at, ms } of times) {
    if (dayOf(at) !== day) list.append(el("li", "day", (day = dayOf(at))));
    const time = el("time", "", hour(at));
    time.dateTime = at;
    const bar = el("span", "bar", el("span"));
    bar.ariaHidden = "true";
    style(bar.firstChild, { "--share": (ms / longest).toFixed(3) });
    list.append(el("li", "", time, bar, el("span", "length", length(ms))));
  }
  const node = el("section", "shown-screen", head, list);
  const listed = times.reduce((sum, { ms }) => sum + ms, 0);
  if (listed < seconds * 1000 - 1000) node.append(el("p", "shown-more", t("shown.earlier")));
  return node;
}

function dayOf(at) {
  return new Intl.DateTimeFormat(language(), { weekday: "long", day: "numeric", month: "long" }).format(new Date(at));
}

/** Looks again while somebody looks at it: slower when nothing changes. */
async function look() {
  clearTimeout(timer);
  if (!found) return;
  if (document.visibilityState === "visible") {
    const before = sign;
    try {
      const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      if (response.ok) found = await response.json();
    } catch {
      // the next look may reach it
    }
    show();
    unchanged = sign === before ? unchanged + 1 : 0;
  }
  timer = setTimeout(look, Math.min(LOOK_MOST_MS, LOOK_MS * 1.3 ** Math.max(0, unchanged - 5)));
}

function translate(event) {
  const link = event.target.closest("[data-lang]");
  if (!link || !speak(link.dataset.lang)) return;
  event.preventDefault();
  for (const one of document.querySelectorAll("[data-lang]")) {
    if (one === link) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
  show();
}

document.querySelector(".languages").addEventListener("click", translate);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  unchanged = 0;
  void look();
});
show();
timer = setTimeout(look, LOOK_MS);
