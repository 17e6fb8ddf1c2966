// A screen drawn small, from what it reports: where its posts stand, in its own proportions and colours. No photograph.

import { el, style } from "../dom.js";
import { thumb } from "../programme/thumbs.js";
import { sizeOf } from "./state.js";

const WORDS_FROM = { w: 90, h: 70 }; // smaller boxes have no room for words
const PICTURE_FROM = 60;
const SLATE = ["panic", "blank", "offline", "keyboard", "gone"];

export class Miniature {
  #boxes = new Map();
  #sign = "";
  #rail = el("span", "mini-rail", el("i", "mini-title"), el("i", "mini-line"), el("i", "mini-code"));
  #slate = el("span", "mini-slate");
  #layout = el("span", "mini-layout");
  #stage = el("span", "mini-stage");

  /** posts: id -> {author, words, digest, colour}; label(row) says in words what is drawn. */
  constructor({ posts, label, event }) {
    Object.assign(this, { posts, label });
    this.#rail.firstChild.append(event);
    this.#slate.append(event);
    this.node = el("span", "mini", this.#layout, this.#rail, this.#stage, this.#slate);
    this.node.setAttribute("role", "img");
  }

  /** Draws what has changed since the last time, and nothing else. */
  show(row) {
    const sign = JSON.stringify([row.size, row.connected, row.order?.blank, row.health?.view, row.health?.rail, row.health?.reasons, row.health?.layout, row.health?.colours, this.#known(row)]);
    if (sign === this.#sign) return;
    this.#sign = sign;
    this.size = sizeOf(row);
    const { width, height } = this.size;
    const health = row.health ?? {};
    style(this.node, { "--ratio": `${width} / ${height}`, "--wide-by": (width / height).toFixed(4), ...colours(health.colours) });
    this.node.dataset.theme = health.theme === "day" ? "day" : "night";
    this.node.classList.toggle("is-away", !row.connected);
    this.node.setAttribute("aria-label", this.label(row));
    const isSlate = Boolean(row.order?.blank) || (health.reasons ?? []).some((reason) => SLATE.includes(reason));
    this.#slate.hidden = !isSlate;
    this.#rail.hidden = isSlate || !health.rail;
    if (health.rail) place(this.#rail, health.rail);
    const view = isSlate ? [] : health.view ?? [];
    this.#layout.hidden = isSlate || view.length > 0 || !health.layout;
    if (!this.#layout.hidden && this.#layout.dataset.layout !== health.layout) {
      this.#layout.dataset.layout = health.layout;
      this.#layout.replaceChildren(thumb(health.layout));
    }
    this.#draw(view);
  }

  /** A post that comes to be known after its place was reported. */
  #known(row) {
    return (row.health?.view ?? []).map(({ id }) => (this.posts.has(id) ? 1 : 0)).join("");
  }

  #draw(view) {
    const wanted = new Set(view.map(({ id }) => id));
    for (const [id, node] of this.#boxes) {
      if (wanted.has(id)) continue;
      node.remove();
      this.#boxes.delete(id);
    }
    const { width, height } = this.size;
    for (const box of view) {
      let node = this.#boxes.get(box.id);
      if (!node) {
        node = el("span", "mini-post");
        this.#boxes.set(box.id, node);
        this.#stage.append(node);
      }
      place(node, box);
      style(node, { "--paper": paint(box.paper), "--print": paint(box.ink) });
      this.#fill(node, box, (box.w / 10) * (box.h / 10) * (height / width), (box.w * width) / (box.h * height));
    }
  }

  /** area in square hundredths of the whole width, ratio of width to height. */
  #fill(node, { id, w, h }, area, ratio) {
    const post = this.posts.get(id);
    const hasWords = Boolean(post?.words) && w >= WORDS_FROM.w && h >= WORDS_FROM.h;
    const hasPicture = Boolean(post?.digest) && w >= PICTURE_FROM && h >= PICTURE_FROM;
    const isBeside = hasPicture && ratio > 1.5;
    const look = JSON.stringify([post, hasWords, hasPicture, isBeside, Math.round(area)]);
    if (node.dataset.look === look) return;
    node.dataset.look = look;
    if (post?.colour && CSS.supports("color", post.colour)) style(node, { "--colour": post.colour });
    const parts = [];
    if (hasPicture) {
      const image = el("img");
      Object.assign(image, { alt: "", loading: "lazy", decoding: "async", src: `/media/${post.digest}/small` });
      parts.push(image);
    }
    if (hasWords) {
      const words = el("span", "mini-words", post.words);
      words.dir = "auto";
      style(words, { "--letter": letterOf(post.words, area * (hasPicture ? 0.34 : 0.62)).toFixed(2) });
      parts.push(words);
    }
    node.classList.toggle("has-picture", hasPicture);
    node.classList.toggle("is-beside", isBeside && hasWords);
    node.replaceChildren(...parts);
  }
}

function place(node, { x, y, w, h }) {
  style(node, { left: `${x / 10}%`, top: `${y / 10}%`, width: `${w / 10}%`, height: `${h / 10}%`, "--wide": w / 1000, "--high": h / 1000 });
}

/** The size of a letter with which `text` about fills that area, both in hundredths of the whole width. Pure. */
export function letterOf(text, area) {
  let widths = 0;
  for (const char of text) widths += char.codePointAt(0) > 0x2e7f ? 1.05 : 0.55;
  return Math.min(9, Math.max(1.05, Math.sqrt(area / Math.max(2, widths * 1.5))));
}

/** A colour that a screen has reported; "initial" leaves the choice to the style. */
const paint = (colour) => (colour && CSS.supports("color", colour) ? colour : "initial");

/** The screen's own ground, ink and accent, as far as they are colours. */
function colours(given = []) {
  const names = ["--ground", "--ink", "--accent"];
  return Object.fromEntries(names.map((name, n) => [name, given[n]]).filter(([, colour]) => colour && CSS.supports("color", colour)));
}
