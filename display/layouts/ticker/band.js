// The band: one layer that one animation moves at a constant speed. Posts join it beyond its right end and leave it
// behind its left one; the numbers are moved back now and then, on the animation's own clock, so that nothing jumps.
//
// With reduced motion, or where movement is off, it turns pages instead.

import { el, style } from "../../js/dom.js";
import { Item } from "./items.js";

const ITEMS_KEPT = 12;
const AHEAD_UNITS = 8; // so far beyond the right end the next one joins
const TRAVEL_S = 7200; // the animation's length: it is moved back long before its end
const AGAIN_MS = 700; // nobody can join now
const PAGE_MS = 6500;
const FADE_MS = 450;
const FRAMES_A_S = 60; // a whole number of pixels a frame keeps letters sharp and even

/** Pixels a second, so that each frame of a usual panel moves a whole number of device pixels. Pure. */
export function evenSpeed(pxPerSecond, ratio = 1) {
  return Math.max(1, Math.round((pxPerSecond * ratio) / FRAMES_A_S)) * (FRAMES_A_S / ratio);
}

export class Band {
  #items = []; // those on the track, from left to right
  #drawer = [];
  #tail = 0;
  #timer = 0;
  #animation = null;
  #page = null;
  #rest = null; // {post, from}: words that had no room on the page
  #leaving = new Set(); // pages that fade out
  #window = 0;
  #isFirst = true;

  /**
   * parts: {brands, words, motion, speed() -> units a second, unit() -> pixels, next(ids) -> post | {name, text} | null:
   * who joins while `ids` stand, changed()}.
   */
  constructor(parts) {
    Object.assign(this, parts);
    this.isPaged = this.motion.isOff || this.motion.isReduced;
    this.tag = el("p", "ticker-tag");
    this.track = el("div", "ticker-track");
    this.view = el("div", "ticker-view", this.track);
    this.node = el("div", `ticker-band${this.isPaged ? " ticker-paged" : ""}`, this.tag, this.view);
    while (this.#drawer.length < ITEMS_KEPT) this.#drawer.push(this.#made());
  }

  /** The posts that stand in it. */
  get ids() {
    return this.#items.map((item) => item.id).filter((id) => id !== null);
  }

  /** Begins, or begins anew after the frame has changed. */
  start() {
    this.stop();
    this.#window = this.view.clientWidth;
    if (this.isPaged) {
      this.#turn();
      return;
    }
    this.pxPerS = evenSpeed(this.speed() * this.unit(), devicePixelRatio);
    const far = this.pxPerS * TRAVEL_S;
    this.#animation = this.track.animate(
      [{ transform: "translateX(0)" }, { transform: `translateX(${-far}px)` }],
      { duration: TRAVEL_S * 1000, easing: "linear", fill: "forwards" },
    );
    this.#animation.startTime = document.timeline.currentTime;
    this.#tail = 3 * this.unit();
    this.#isFirst = true;
    this.#run();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#animation?.cancel();
    this.#animation = null;
    for (const item of [...this.#items.splice(0), ...this.#leaving]) this.#away(item);
    this.#leaving.clear();
    this.#page = null;
  }

  /** A withdrawn post: its words are out of the page in this very moment. */
  remove(id) {
    for (const item of [...this.#items, ...this.#leaving]) if (item.id === id) item.clear();
  }

  /** Somebody has come: whoever waits for a free place need not. */
  stir() {
    if (!this.isPaged && this.#animation && !this.#items.length) this.#run();
    else if (this.isPaged && !this.#page) this.start();
  }

  get #offset() {
    return ((document.timeline.currentTime - this.#animation.startTime) / 1000) * this.pxPerS;
  }

  /** Lets those who have passed go, and others join until the track reaches beyond the right end. */
  #run() {
    clearTimeout(this.#timer);
    if (!this.#animation) return;
    this.#sweep();
    const end = this.#offset + this.#window;
    const ahead = end + AHEAD_UNITS * this.unit();
    let post = null;
    while (this.#tail < ahead && (post = this.next(this.ids))) {
      if (!this.#isFirst) this.#tail = Math.max(this.#tail, end); // after a pause it comes in from the right, not out of nowhere
      this.#join(post);
    }
    this.#isFirst = false;
    this.changed();
    const wait = this.#tail < ahead ? AGAIN_MS : ((this.#tail - ahead) / this.pxPerS) * 1000;
    this.#timer = setTimeout(() => this.#run(), Math.max(50, wait));
  }

  #join(post) {
    const item = this.#take(post);
    item.left = this.#tail;
    style(item.node, { left: `${item.left}px` });
    item.width = item.node.offsetWidth;
    this.#tail += item.width;
    this.#items.push(item);
  }

  /** Those beyond the left end go back to the drawer, and all numbers move back with the first that is left. */
  #sweep() {
    const offset = this.#offset;
    while (this.#items.length && this.#items[0].left + this.#items[0].width < offset) this.#away(this.#items.shift());
    const back = Math.min(this.#items[0]?.left ?? this.#tail, offset);
    if (back < this.#window) return;
    for (const item of this.#items) {
      item.left -= back;
      style(item.node, { left: `${item.left}px` });
    }
    this.#tail -= back;
    this.#animation.startTime += (back / this.pxPerS) * 1000;
  }

  /** The next page fades in where the former fades out: the rest of the same words, or the next post's. */
  #turn() {
    clearTimeout(this.#timer);
    const former = this.#page;
    const rest = this.#rest && former?.id === this.#rest.post.id ? this.#rest : null;
    const post = rest?.post ?? this.next(this.ids);
    this.#rest = null;
    if (post) {
      this.#page = this.#take(post);
      style(this.#page.node, { left: "0px" });
      const from = post.id ? this.#page.turn(post, rest?.from ?? 0) : 0;
      this.#rest = from ? { post, from } : null;
      this.#items = [this.#page];
      if (former) {
        former.node.removeAttribute("data-post");
        this.#fade(this.#page.node, former);
      }
      this.changed();
    }
    this.#timer = setTimeout(() => this.#turn(), PAGE_MS);
  }

  #fade(node, former) {
    if (this.motion.isOff) {
      this.#away(former);
      return;
    }
    node.animate([{ opacity: 0 }, { opacity: 1 }], { duration: FADE_MS, easing: "linear" });
    const leaving = former.node.animate([{ opacity: 1 }, { opacity: 0 }], { duration: FADE_MS, easing: "linear" });
    this.#leaving.add(former);
    const gone = () => this.#leaving.delete(former) && this.#away(former);
    leaving.finished.then(gone, gone);
  }

  #take(post) {
    const item = this.#drawer.pop() ?? this.#made();
    if (post.id) item.show(post);
    else item.invite(post);
    return item;
  }

  #made() {
    const item = new Item(this.brands, this.words);
    this.track.append(item.node);
    return item;
  }

  #away(item) {
    item.clear();
    item.node.hidden = true;
    if (!this.#drawer.includes(item)) this.#drawer.push(item);
  }
}
