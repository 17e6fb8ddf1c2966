// The articles on the page, newest first, and those that wait until the reader asks for them. Nothing moves by itself.

import { article } from "./article.js";

const MOST = 300; // on the page; older ones come back with "older messages"
const WAITING_MOST = 60;
const DROPPED_MOST = 1000;

export class Shelf {
  /** More has come than is kept waiting: the page is to be made anew. */
  isOverfull = false;
  #waiting = new Map();
  #dropped = new Set();

  /** `dress(node)` is called for each new article. */
  constructor(feed, dress) {
    Object.assign(this, { feed, dress });
    this.#number();
  }

  get nodes() {
    return [...this.feed.children];
  }

  get waiting() {
    return this.#waiting.size + this.#dropped.size;
  }

  get oldest() {
    return Number(this.feed.lastElementChild?.dataset.seq ?? 0);
  }

  has(id) {
    return Boolean(this.#find(id));
  }

  /** A post that came or changed: in its place where it stands already, else it waits. */
  take(post) {
    if (typeof post?.id !== "string") return;
    const node = this.#find(post.id);
    if (!node) this.#wait(post);
    else if (Number(node.dataset.rev) !== (post.rev ?? 0) || Number(node.dataset.seq) !== (post.seq ?? 0)) this.#swap(node, post);
  }

  /** It leaves at once, wherever it is. */
  remove(id) {
    this.#waiting.delete(id);
    this.#dropped.delete(id);
    const node = this.#find(id);
    if (!node) return;
    const heir = node.contains(document.activeElement) ? (node.nextElementSibling ?? node.previousElementSibling) : null;
    const settle = keepPlace(this.feed, node);
    for (const image of node.querySelectorAll("img")) image.removeAttribute("srcset");
    node.remove();
    settle();
    heir?.focus({ preventScroll: true });
    this.#number();
  }

  clear() {
    this.#waiting.clear();
    this.#dropped.clear();
    this.isOverfull = false;
    this.feed.replaceChildren();
    this.#number();
  }

  /** Puts what waits on top; returns the new articles. */
  show() {
    const posts = [...this.#waiting.values()].sort((a, b) => (b.seq ?? 0) - (a.seq ?? 0));
    this.#waiting.clear();
    const nodes = posts.map((post) => this.#make(post));
    this.feed.prepend(...nodes);
    this.#trim();
    this.#number();
    return nodes;
  }

  /** Older posts, below; those that are there already stay where they are. */
  append(posts) {
    const nodes = posts.filter((post) => !this.has(post.id) && !this.#waiting.has(post.id)).map((post) => this.#make(post));
    this.feed.append(...nodes);
    this.#number();
    return nodes;
  }

  /**
   * `posts` are all there are with a number of at least `from`: what is not among them leaves, what changed is changed.
   * Returns the ids that stand below, of which this says nothing.
   */
  compare(posts, from) {
    const known = new Map(posts.map((post) => [post.id, post]));
    for (const id of [...this.#waiting.keys(), ...this.#dropped]) if (!known.has(id)) this.remove(id);
    const below = [];
    for (const node of this.nodes) {
      const { post, seq } = node.dataset;
      if (known.has(post)) continue;
      if (Number(seq) >= from) this.remove(post);
      else below.push(post);
    }
    for (const post of [...posts].reverse()) this.take(post);
    return below;
  }

  #find(id) {
    return this.nodes.find((node) => node.dataset.post === id);
  }

  #make(post) {
    const node = article(post);
    this.dress(node);
    return node;
  }

  #wait(post) {
    this.#dropped.delete(post.id);
    this.#waiting.set(post.id, post);
    if (this.#waiting.size <= WAITING_MOST) return;
    const [first] = this.#waiting.keys();
    this.#waiting.delete(first);
    this.#dropped.add(first);
    if (this.#dropped.size > DROPPED_MOST) this.#dropped.delete(this.#dropped.values().next().value);
    this.isOverfull = true;
  }

  #swap(node, post) {
    const isFocused = node.contains(document.activeElement);
    const next = this.#make(post);
    const settle = keepPlace(this.feed, node);
    node.replaceWith(next);
    settle();
    if (isFocused) next.focus({ preventScroll: true });
    this.#number();
  }

  #trim() {
    for (const node of this.nodes.slice(MOST)) node.remove();
  }

  #number() {
    this.nodes.forEach((node, at) => {
      node.setAttribute("aria-posinset", String(at + 1));
      node.setAttribute("aria-setsize", "-1");
    });
    this.feed.hidden = !this.feed.firstElementChild;
  }
}

/** Remembers where the article at the top of the window stands; the function returned puts it back there. */
function keepPlace(feed, leaving) {
  if (CSS.supports("overflow-anchor", "auto")) return () => {}; // the browser does it
  const held = [...feed.children].find((node) => node !== leaving && node.getBoundingClientRect().bottom > 0);
  const before = held?.getBoundingClientRect().top ?? 0;
  return () => held && scrollBy({ top: held.getBoundingClientRect().top - before, behavior: "instant" });
}
