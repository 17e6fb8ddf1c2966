// One card: its nodes are made once and used again for post after post.

import { el, style } from "../../js/dom.js";
import { since } from "../../js/clock.js";
import { initialOf, isEmojiOnly, postLanguage, runsOf } from "../../js/words.js";
import { Pictures } from "../../js/stage/pictures.js";

const PICTURES_MAX = 4;
export const CALM_BELOW = 1.3; // words near the smallest size are set lighter and wider
const NARROW_EMS = { hero: 14, other: 10.9 };
const LEAST_PICTURE = 0.4; // of the card's width: no picture is squeezed into a strip by its words

/** What a card needs to know of a post, worked out once: language, runs, pictures that can be had, letters. */
export function read(post, pictures) {
  const lang = postLanguage(post);
  const runs = runsOf(post.spans, lang);
  const text = runs.map((run) => run.text).join("");
  const shots = (post.pictures ?? []).filter((picture) => !pictures.isBroken(Pictures.url(picture.digest, "medium"))).slice(0, PICTURES_MAX);
  const first = shots[0];
  return {
    id: post.id,
    rev: post.rev ?? 0,
    post,
    lang,
    key: `${post.id} ${post.rev ?? 0} ${shots.length}`,
    runs,
    text,
    shots,
    ratio: first ? first.width_px / first.height_px || 1 : 0,
    tint: first?.colour ?? "",
    letters: weigh(text),
    isEmoji: isEmojiOnly(text),
  };
}

/** Length in Latin letters: a Han character is as wide as two of them. Pure. */
export function weigh(text) {
  let weight = 0;
  for (const sign of text) weight += sign > "\u2e80" ? 1.8 : 1;
  return weight;
}

/**
 * How a post is drawn in a rectangle. Pure.
 * @param {"hero"|"stack"|"shelf"} role
 * @returns {"field"|"over"|"side"|"above"} words alone, on the picture, beside it, under it
 */
export function formOf({ ratio, letters, shots = [] }, { role, width, height }, textHeight = 0) {
  if (!ratio) return "field";
  const shape = width / height;
  const shown = Math.min(ratio / shape, shape / ratio);
  if (letters === 0) return "over";
  if (role === "hero") {
    if (shots.length > 1) return shape >= 1.05 ? "side" : "above";
    if (ratio > shape * 1.62) return shape > 1 ? "above" : "over";
    if (shown >= 0.6 && letters <= 170) return "over";
    return shape >= 1.05 ? "side" : "above";
  }
  if (shape >= 1.7) return "side";
  return height - textHeight >= width * 0.4 ? "above" : "over";
}

/** Width of the picture in a card that has it at the side: its own shape, within what leaves room for words. Pure. */
export function partOf({ ratio, shots = [] }, { role, width, height, isSlim }) {
  if (role === "hero" && shots.length > 1) return Math.round(width * (isSlim ? 0.36 : 0.52));
  return Math.round(Math.min(width * (isSlim ? 0.27 : 0.5), Math.max(width * 0.27, height * Math.min(ratio, 1.25))));
}

/** The height that words may take, in pixels. Pure. */
export function roomOf(form, { role, width, height }) {
  if (form === "over") return Math.round(height * (role === "hero" ? 0.66 : 0.74));
  if (form === "above") return Math.round(height - width * (role === "hero" ? 0.22 : LEAST_PICTURE));
  return height;
}

/** What the style sheet reads of a fit {scale, lines, room, part}. */
export function styleOf({ scale, lines, room, part }) {
  return { "--scale": scale.toFixed(3), "--lines": lines || "none", "--room": `${room}px`, "--part": `${part}px` };
}

export class Card {
  id = null;
  rev = -1;
  role = "";
  rect = null;

  /** `sizes` {text} is shared by all cards: the smallest message size in pixels. */
  constructor(brands, sizes) {
    this.brands = brands;
    this.sizes = sizes;
    this.images = Array.from({ length: PICTURES_MAX }, () => {
      const image = el("img");
      image.alt = "";
      image.decoding = "sync";
      return image;
    });
    this.film = el("i", "film");
    this.shot = el("figure", "shot", ...this.images, this.film);
    this.warning = el("p", "warning");
    this.message = el("p", "message");
    this.quoted = el("p", "quoted");
    this.faceImage = el("img");
    this.faceImage.alt = "";
    this.faceImage.decoding = "sync";
    this.initial = el("b");
    this.mark = el("i", "mark");
    this.name = el("bdi", "name");
    this.when = el("span", "when");
    this.network = el("span", "network");
    this.byline = el("footer", "byline", el("span", "face", this.initial, this.faceImage), this.name, el("span", "meta", this.mark, this.network, this.when));
    this.inner = el("div", "inner", this.warning, this.message, this.quoted, this.byline);
    this.words = el("div", "words", this.inner);
    this.flag = el("span", "flag");
    this.spark = el("i", "spark");
    this.node = el("article", "card", this.shot, this.words, this.flag, this.spark);
    this.node.hidden = true;
  }

  /** Sets a post's content; `field` [hue, chroma] colours a card without a picture. */
  paint(reading, { words, field = [0, 0] }) {
    const { post, runs, lang } = reading;
    this.id = reading.id;
    this.rev = reading.rev;
    this.reading = reading;
    this.node.classList.toggle("emoji", reading.isEmoji);
    this.node.classList.toggle("pinned", Boolean(post.pinned));
    style(this.node, { "--tint": reading.tint || "#3a3f58", "--hue": field[0], "--chroma": field[1] });

    this.message.lang = lang;
    this.message.dir = "auto";
    this.message.hidden = runs.length === 0;
    this.message.replaceChildren(...runs.map(({ text, kind }) => (kind === "text" ? text : el("span", kind, text))));
    this.warning.textContent = post.warning ?? "";
    this.warning.hidden = !post.warning;
    this.#quote(post.quote);

    const author = post.author ?? {};
    const name = (author.name || author.handle || words("screen.visitor")).trim();
    this.name.textContent = name;
    this.name.lang = postLanguage({ spans: [{ text: name }] });
    this.initial.textContent = initialOf(name);
    this.#show(this.faceImage, author.avatar && Pictures.url(author.avatar.digest, "avatar"));
    const key = `network.${post.network}`;
    const title = words(key);
    this.network.textContent = title === key ? String(post.network ?? "") : title;
    this.brands.dress(this.mark, post.network);
    this.film.hidden = !post.is_film;
  }

  /** What the flag says, and whether the card stands in the spotlight. */
  announce({ isLit }, words) {
    const text = words(isLit ? "screen.spotlight" : this.reading.post.pinned ? "screen.pinned" : "screen.new");
    if (this.flag.textContent !== text) this.flag.textContent = text;
    this.node.classList.toggle("lit", Boolean(isLit));
  }

  /** The role and the form, and whether the author line has room for a mark and for one line. */
  dress(rect, form, part) {
    const { node } = this;
    const ems = (rect.width - part) / this.sizes.text;
    node.dataset.role = rect.role;
    node.dataset.form = form;
    node.classList.toggle("new", Boolean(rect.isNew));
    node.classList.toggle("narrow", ems < NARROW_EMS[rect.role === "hero" ? "hero" : "other"]);
  }

  /** Puts the card in its rectangle; `fit` {scale, lines} comes from the fitter. */
  shape(rect, form, fit, variant) {
    const { node } = this;
    this.role = rect.role;
    this.rect = rect;
    node.dataset.post = this.id;
    this.dress(rect, form, fit.part);
    node.classList.toggle("calm", fit.scale < CALM_BELOW);
    style(node, {
      left: `${rect.x}px`, top: `${rect.y}px`, width: `${rect.width}px`, height: `${rect.height}px`,
      ...styleOf(fit),
    });
    node.classList.toggle("clipped", fit.lines > 0);
    this.#hang(rect, variant);
  }

  /** Puts the pictures in; several only where there is room for them. */
  #hang(rect, variant) {
    const { shots } = this.reading;
    const shown = rect.role === "hero" ? shots : shots.slice(0, 1);
    this.shot.hidden = shown.length === 0;
    this.shot.dataset.count = String(shown.length);
    const [first, second] = shown;
    const isWide = shown.length === 2 && first.width_px + second.width_px > 1.15 * (first.height_px + second.height_px);
    this.shot.classList.toggle("tiered", isWide);
    this.images.forEach((image, i) => this.#show(image, shown[i] && Pictures.url(shown[i].digest, variant)));
  }

  /** Brings the time up to date. */
  tick(now, words) {
    const ago = since(Date.parse(this.reading?.post.at), now);
    const text = ago ? words(ago.key, { n: ago.n }) : "";
    if (this.when.textContent !== text) this.when.textContent = text;
  }

  /** Back to the drawer: nothing of the post stays in the page. */
  clear() {
    this.node.hidden = true;
    for (const animation of this.node.getAnimations({ subtree: true })) animation.cancel();
    this.node.removeAttribute("data-post");
    for (const image of [...this.images, this.faceImage]) this.#show(image, null);
    this.message.replaceChildren();
    for (const part of [this.quoted, this.warning, this.name]) part.textContent = "";
    this.id = null;
    this.rev = -1;
    this.rect = null;
    this.reading = null;
  }

  #quote(quote) {
    const text = runsOf(quote?.spans).map((run) => run.text).join("");
    this.quoted.hidden = !text;
    this.quoted.replaceChildren(...(text ? [el("b", "", quote.author ?? ""), ` ${text}`] : []));
    this.quoted.lang = text ? postLanguage(quote) : "";
  }

  #show(image, url) {
    image.hidden = !url;
    if (!url) image.removeAttribute("src");
    else if (image.getAttribute("src") !== url) image.src = url;
  }
}
