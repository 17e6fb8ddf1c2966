// Who said it, where and when, in one compact piece: face, name, network, time. Drawn by css/byline.css.

import { since } from "../clock.js";
import { el } from "../dom.js";
import { initialOf, postLanguage } from "../words.js";
import { Pictures } from "./pictures.js";

/** An author's name as it is set: the handle or "a visitor" where there is none. Pure but for `words`. */
export function nameOf(post, words) {
  const { name, handle } = post?.author ?? {};
  return String(name || handle || words("screen.visitor")).trim();
}

/** The network as readers know it; one that the catalogue does not name goes by its own name. */
export function networkOf(post, words) {
  const key = `network.${post?.network}`;
  const title = words(key);
  return title === key ? String(post?.network ?? "") : title;
}

/** Address of the author's picture, or "" without one. */
export function faceOf(post) {
  const digest = post?.author?.avatar?.digest;
  return digest ? Pictures.url(digest, "avatar") : "";
}

export class Byline {
  #post = null;

  /** `brands` dresses the network's mark; `words` is the catalogue. Add `node` to a card once and use it again. */
  constructor(brands, words) {
    Object.assign(this, { brands, words });
    this.image = el("img");
    this.image.alt = "";
    this.image.decoding = "sync";
    this.image.hidden = true;
    this.initial = el("b");
    this.name = el("bdi", "who-name");
    this.mark = el("i", "who-mark");
    this.network = el("span", "who-network");
    this.when = el("span", "who-when");
    this.meta = el("span", "who-meta", this.mark, this.network, this.when);
    this.node = el("footer", "who", el("span", "who-face", this.initial, this.image), this.name, this.meta);
  }

  /** Sets the author of `post`. The picture of the face is shown when `hasFace`: it must be decoded by then. */
  show(post, { hasFace = true } = {}) {
    this.#post = post;
    const name = nameOf(post, this.words);
    this.name.textContent = name;
    this.name.lang = postLanguage({ spans: [{ text: name }] });
    this.initial.textContent = initialOf(name);
    this.network.textContent = networkOf(post, this.words);
    this.brands.dress(this.mark, post.network);
    const url = hasFace ? faceOf(post) : "";
    this.image.hidden = !url;
    if (!url) this.image.removeAttribute("src");
    else if (this.image.getAttribute("src") !== url) this.image.src = url;
  }

  /** Brings the time up to date; `now` in milliseconds. */
  tick(now) {
    const ago = this.#post && since(Date.parse(this.#post.at), now);
    const text = ago ? this.words(ago.key, { n: ago.n }) : "";
    if (this.when.textContent !== text) this.when.textContent = text;
  }

  /** Nothing of the author stays in the page. */
  clear() {
    this.#post = null;
    for (const part of [this.name, this.initial, this.network, this.when]) part.textContent = "";
    this.image.removeAttribute("src");
    this.image.hidden = true;
  }
}
