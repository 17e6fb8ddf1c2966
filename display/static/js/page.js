// What the quiet pages share: words in the language in force, numbers and times said in it, what is kept, the theme.

import { readJson } from "./dom.js";
import { icon } from "./icons.js";
import { makeWords } from "./words.js";

let code = document.documentElement.lang || "en";
let say = makeWords(readJson("words", {}));
let plural = new Intl.PluralRules(code);

/** The language in force: "fr", "en" or "zh". */
export function language() {
  return code;
}

/** The catalogue's text for `key` with its places filled. */
export function t(key, places) {
  return say(key, places);
}

/** `t` for a counted thing: the catalogue holds `key.one` and `key.other`. */
export function many(key, n, places = {}) {
  const form = plural.select(n) === "one" ? "one" : "other";
  return say(`${key}.${form}`, { n: new Intl.NumberFormat(code).format(n), ...places });
}

/** `t` for a key that may be missing: `fallback` then. */
export function tOr(key, fallback, places) {
  const text = say(key, places);
  return text === key ? fallback : text;
}

/**
 * Changes the language of the page without loading it again. The page carries `<script id="words-fr">` and so on;
 * elements with `data-t` (text), `data-t-label` (aria-label) and `data-t-hint` (placeholder) are said anew.
 * Returns false when the page does not carry that language.
 */
export function speak(next) {
  const catalogue = readJson(`words-${next}`, null);
  if (!catalogue) return false;
  code = next;
  say = makeWords(catalogue);
  plural = new Intl.PluralRules(code);
  document.documentElement.lang = next;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t, node.dataset);
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel, node.dataset));
  for (const node of document.querySelectorAll("[data-t-hint]")) node.setAttribute("placeholder", t(node.dataset.tHint, node.dataset));
  return true;
}

/** A length of time in one unit: "3 min", "2 h". `ms` below a second counts as none. */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [n, unit] =
    seconds < 60 ? [seconds, "second"]
    : seconds < 3600 ? [Math.floor(seconds / 60), "minute"]
    : seconds < 86_400 ? [Math.floor(seconds / 3600), "hour"]
    : [Math.floor(seconds / 86_400), "day"];
  return new Intl.NumberFormat(code, { style: "unit", unit, unitDisplay: "short" }).format(n);
}

/** The hour of an ISO time as this language writes it; "" when unknown. */
export function hour(iso) {
  const at = Date.parse(iso ?? "");
  return Number.isFinite(at) ? new Intl.DateTimeFormat(code, { hour: "2-digit", minute: "2-digit" }).format(at) : "";
}

/** Storage may be refused (private windows): then nothing is kept and nothing breaks. */
export const keep = {
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  },
  drop(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // nothing was kept
    }
  },
};

/** Wakes the theme button, if the page has one: night or day, kept on this machine. */
export function mountTheme(root = document) {
  const button = root.querySelector("[data-theme-toggle]");
  if (!button) return;
  const html = document.documentElement;
  const show = () => {
    const isDay = html.dataset.theme === "day";
    button.replaceChildren(icon(isDay ? "moon" : "sun"));
    button.setAttribute("aria-label", t(isDay ? "page.night" : "page.day"));
    button.title = t(isDay ? "page.night" : "page.day");
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", isDay ? "#f3efe6" : "#0d0c16");
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    html.dataset.theme = html.dataset.theme === "day" ? "night" : "day";
    keep.set("parvis.theme", html.dataset.theme);
    show();
  });
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", (event) => {
    if (keep.get("parvis.theme")) return;
    html.dataset.theme = event.matches ? "day" : "night";
    show();
  });
  show();
}
