// What the screen wears: colours, fonts, logo, what stands behind everything. All of it is had and decoded before any of
// it is put on; the old picture then fades into the new one. By night or by day: told, or by the screen's own clock.

import { el, style } from "../dom.js";
import { isWithin } from "./programme.js";
import { toneOf } from "../stage/marks.js";

const READY_MS = 8000;
const AGAIN_MS = 20_000; // until a style sheet that could not be had is asked for again
const FONTS = ["--sans", "--serif"];
const SPOKEN = ":is(:root, [lang]):not(:lang(zh), :lang(ja), :lang(ko))"; // CJK text keeps its own fonts
const LATE_MS = 600_000; // a scene that never ends does not keep the day from coming

export class Dress {
  #theme = null; // what is wanted
  #side = "";
  #worn = ""; // theme and side on the glass, as JSON
  #round = 0;
  #tried = null;
  #fading = null;
  #dueAt = 0;
  #again = 0;
  #letters = "";
  #reduced = matchMedia("(prefers-reduced-motion: reduce)");

  /** parts: {clock, motion, dressed(isLettered) after each change: with other letters, or with the same}. */
  constructor({ clock, motion, dressed = () => {}, root = document.documentElement, most = motion?.amount ?? 1 }) {
    Object.assign(this, { clock, motion, dressed, root, most });
    this.#letters = this.#lettersOf([]);
    this.logo = document.getElementById("logo");
    this.backdrop = document.getElementById("backdrop");
    this.#side = root.dataset.theme === "day" ? "day" : "night";
    this.#reduced.addEventListener("change", () => this.#theme && void this.#change());
  }

  /**
   * theme: {name, mode: night|day, href: its style sheet or "", auto?: the hours of its day, motion?: 0…1,
   * logo?: {night?, day?: address}, background?: {night?, day?: {url, kind, dim}}}; from the desk, instead of a style
   * sheet, properties: {"--ground": …}. faces: [{family, url}] are fonts of the organiser's own.
   */
  wear(theme) {
    this.#theme = theme;
    this.#side = this.#sideNow();
    this.#dueAt = 0;
    return this.#change();
  }

  /** A scene changes: the moment for the day to come or to go. */
  turn() {
    if (!this.#theme?.auto || this.#sideNow() === this.#side) return;
    this.#side = this.#sideNow();
    this.#dueAt = 0;
    void this.#change();
  }

  /** Once in a while: the day comes even when no scene changes. */
  look() {
    if (!this.#theme?.auto || this.#sideNow() === this.#side) {
      this.#dueAt = 0;
      return;
    }
    this.#dueAt ||= this.clock.now() + LATE_MS;
    if (this.clock.now() >= this.#dueAt) this.turn();
  }

  /** Nothing of the former picture stands any longer: it may hold what was just taken down. */
  cut() {
    this.#fading?.skipTransition();
  }

  #sideNow() {
    const { auto, mode } = this.#theme;
    if (auto) return isWithin(auto, this.clock.minutes()) ? "day" : "night";
    return mode === "day" ? "day" : "night";
  }

  async #change() {
    const theme = this.#theme;
    const side = this.#side;
    const isStill = this.#reduced.matches || this.root.dataset.motion === "reduced";
    const wanted = JSON.stringify([theme, side, isStill]);
    const round = ++this.#round;
    if (wanted === this.#worn) return;
    clearTimeout(this.#again);
    const [sheet, logo, ground] = await Promise.all([sheetOf(theme), logoOf(theme, side), groundOf(theme, side, isStill), facesOf(theme)]);
    if (round !== this.#round) return void (sheet?.isNew && sheet.link.remove());
    if (sheet?.hasFailed) {
      this.#again = setTimeout(() => void this.#change(), AGAIN_MS); // the former dress stays on
      return;
    }
    const isFirst = !this.#worn;
    this.#worn = wanted;
    this.#fade(() => this.#putOn({ theme, side, sheet, logo, ground }), isFirst);
  }

  #putOn({ theme, side, sheet, logo, ground }) {
    const { root } = this;
    root.dataset.theme = side;
    root.dataset.dress = theme.name ?? "";
    for (const link of document.querySelectorAll("link[data-dress]")) if (link !== sheet?.link) link.remove();
    if (sheet) sheet.link.media = "all";
    this.#try(theme.properties);
    if (this.motion) this.motion.amount = this.most * (theme.motion ?? 1);
    this.#showLogo(logo);
    this.backdrop?.replaceChildren(...(ground ? [ground] : []));
    if (ground?.play) ground.play().catch(() => {});
    if (ground) root.dataset.backdrop = "";
    else delete root.dataset.backdrop;
    const letters = this.#lettersOf(theme.faces ?? []);
    const isLettered = letters !== this.#letters;
    this.#letters = letters;
    this.dressed(isLettered);
  }

  /** What decides how much room words take. */
  #lettersOf(faces) {
    const style = getComputedStyle(this.root);
    return JSON.stringify([style.getPropertyValue("--sans"), style.getPropertyValue("--serif"), faces]);
  }

  /** Properties from the desk, above every style sheet; through CSSOM, so that none of them can be more than a value. */
  #try(properties) {
    if (this.#tried) document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.#tried);
    this.#tried = null;
    if (!properties) return;
    const sheet = new CSSStyleSheet();
    const [root, spoken] = [":root:root", SPOKEN].map((selector) => sheet.cssRules[sheet.insertRule(`${selector} {}`, sheet.cssRules.length)]);
    for (const [name, value] of Object.entries(properties)) {
      if (name.startsWith("--")) (FONTS.includes(name) ? spoken : root).style.setProperty(name, value);
    }
    document.adoptedStyleSheets.push(sheet);
    this.#tried = sheet;
  }

  #showLogo(image) {
    if (!this.logo) return;
    this.logo.replaceChildren(...(image ? [image] : []));
    this.logo.hidden = !image;
    this.logo.dataset.tone = image ? toneOf(image, this.#side === "day" ? "paper" : "ink") : "none";
  }

  /** One second from the picture that stands to the next one; at once where that cannot be done, and at the start. */
  #fade(change, isFirst) {
    if (isFirst || this.most === 0 || !document.startViewTransition || document.visibilityState !== "visible") return change();
    this.#fading?.skipTransition();
    const fading = document.startViewTransition(change);
    this.#fading = fading;
    fading.ready.catch(() => {});
    const end = () => { if (this.#fading === fading) this.#fading = null; };
    fading.finished.then(end, end);
  }
}

/** Resolves with `promise`, or with `otherwise` when it fails or takes too long. */
function within(promise, otherwise) {
  return Promise.race([promise, new Promise((done) => setTimeout(done, READY_MS, otherwise))]).catch(() => otherwise);
}

/** The style sheet, loaded but not in force: {link, isNew, hasFailed}; null without one. */
async function sheetOf({ href }) {
  if (!href) return null;
  const there = [...document.querySelectorAll("link[data-dress]")].find((link) => link.getAttribute("href") === href && link.sheet);
  if (there) return { link: there, isNew: false, hasFailed: false };
  const link = el("link");
  Object.assign(link, { rel: "stylesheet", media: "not all" });
  link.dataset.dress = "";
  link.setAttribute("href", href);
  const isThere = await within(new Promise((done) => {
    link.onload = () => done(true);
    link.onerror = () => done(false);
    document.head.append(link);
  }), false);
  if (!isThere) link.remove();
  return { link, isNew: true, hasFailed: !isThere };
}

async function facesOf({ faces = [] }) {
  await Promise.all(faces.map(async ({ family, url }) => {
    if (!url.startsWith("/asset/") || [...document.fonts].some((face) => face.family === family)) return;
    const face = await within(new FontFace(family, `url("${encodeURI(decodeURI(url))}")`).load(), null);
    if (face) document.fonts.add(face);
  }));
}

async function picture(url, className) {
  const image = el("img", className);
  image.alt = "";
  image.src = url;
  return within(image.decode().then(() => image), null);
}

const own = (url) => typeof url === "string" && url.startsWith("/asset/");

async function logoOf({ logo }, side) {
  return own(logo?.[side]) ? picture(logo[side], "") : null;
}

/** What stands behind everything, ready to be seen: a picture, or a film without sound; no film when nothing shall move. */
async function groundOf({ background }, side, isStill) {
  const { url, kind, dim = 0.85 } = background?.[side] ?? {};
  if (!own(url) || (kind === "film" && isStill)) return null;
  const node = kind === "film" ? await film(url) : await picture(url, "");
  if (node) style(node, { "--shows": 1 - Math.min(1, Math.max(0, dim)) });
  return node;
}

function film(url) {
  const video = el("video");
  Object.assign(video, { muted: true, loop: true, playsInline: true, preload: "auto", disablePictureInPicture: true });
  return within(new Promise((done, failed) => {
    video.onloadeddata = () => done(video);
    video.onerror = () => failed(new Error("this film cannot be played"));
    video.src = url;
  }), null);
}
