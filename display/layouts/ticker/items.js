// What runs in the band: one post's name and words in one line, or the invitation to write.

import { el } from "../../js/dom.js";
import { nameOf } from "../../js/stage/byline.js";
import { languageOf, postLanguage, runsOf } from "../../js/words.js";

const LETTERS_MOST = 200;
const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });

/** A post's words in one line, cut between words when they are long; "" when it has none. Pure. */
export function lineOf(post) {
  const text = runsOf(post?.spans, postLanguage(post ?? {})).map((run) => run.text).join("").replace(/\s*\n\s*/g, " ").trim();
  if (text.length <= LETTERS_MOST) return text;
  const cut = text.slice(0, LETTERS_MOST);
  const space = cut.lastIndexOf(" ");
  return `${cut.slice(0, space > LETTERS_MOST * 0.6 ? space : LETTERS_MOST).replace(/[\ud800-\udbff]$|[\s,;:.–—-]+$/u, "")}…`;
}

export class Item {
  /** The id of the post that it shows, null for none. */
  id = null;
  left = 0;
  width = 0;

  constructor(brands, words) {
    Object.assign(this, { brands, words });
    this.mark = el("i", "ticker-mark");
    this.name = el("bdi", "ticker-name");
    this.text = el("bdi", "ticker-text");
    this.node = el("div", "ticker-item", this.mark, this.name, this.text);
    this.node.hidden = true;
  }

  /** Shows the post's words from their letter `from` on. */
  show(post, from = 0) {
    this.id = post.id;
    this.node.dataset.post = post.id;
    this.brands.dress(this.mark, post.network);
    this.name.textContent = nameOf(post, this.words);
    this.name.lang = languageOf(this.name.textContent);
    this.text.textContent = lineOf(post).slice(from).trimStart();
    this.text.lang = postLanguage(post);
    this.node.classList.remove("ticker-invitation");
    this.node.hidden = false;
  }

  /** Cuts the words, between two of them, to what there is room for. Returns where the next page begins, 0 at the end. */
  turn(post, from) {
    this.show(post, from);
    const whole = this.text.textContent;
    const holds = (end) => {
      this.text.textContent = end < whole.length ? `${whole.slice(0, end).trimEnd()}…` : whole;
      return this.text.scrollWidth <= this.text.clientWidth + 1;
    };
    if (holds(whole.length)) return 0;
    const ends = [...WORDS.segment(whole)].map(({ index }) => index).filter((index) => index > 0);
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (holds(ends[middle])) low = middle;
      else high = middle - 1;
    }
    holds(ends[low] ?? whole.length);
    return ends.length ? lineOf(post).length - whole.length + ends[low] : 0;
  }

  /** {name, text}: what is said between the posts. */
  invite({ name, text }) {
    this.id = null;
    this.node.removeAttribute("data-post");
    this.mark.hidden = true;
    this.mark.dataset.network = "";
    this.name.textContent = name;
    this.text.textContent = text;
    this.name.lang = languageOf(name);
    this.text.lang = "";
    this.node.classList.add("ticker-invitation");
    this.node.hidden = false;
  }

  /** Nothing of the post stays in the page; the place stays empty. */
  clear() {
    this.id = null;
    this.node.removeAttribute("data-post");
    for (const part of [this.name, this.text]) part.textContent = "";
    this.mark.hidden = true;
    this.mark.dataset.network = "";
  }
}
