// The photo wall. One new photo is one event: it stands large in the middle, then it settles into a tile.
//
// mount(root, options, feed) -> unmount. Every post with photos has a tile as long as there is room; what finds none
// waits for its turn (js/stage/turns.js). Further photos of one post come after the first of everybody.

import { el, style } from "../../js/dom.js";
import { Motion } from "../../js/motion.js";
import { faceOf } from "../../js/stage/byline.js";
import { Code } from "../../js/stage/code.js";
import { Pictures, variantOf } from "../../js/stage/pictures.js";
import { tame } from "../../js/stage/slicing.js";
import { Turns } from "../../js/stage/turns.js";
import { Arrival, large } from "./arrival.js";
import { Sheet, capacityOf } from "./sheet.js";
import { Shots, keyOf } from "./shots.js";
import { Tiles, shownOf } from "./tiles.js";

const DEFAULTS = { dwell_s: 6, turn_s: 8, tiles: 60, motion: 1 };
const DWELL_LEAST_MS = 2200;
const WAITING_MAX = 4; // beyond, the oldest goes straight to its tile
const FIRST_WAIT_MS = 2500;
const AGAIN_MS = 480_000; // the page is cut anew, so that nothing stands in one place for long
const STRAINED = 0.72; // mean of what is seen of the photos; below, the page is cut anew
const SETTLE_MS = 180;
const AFTER_FAULT_MS = 1000;

export function mount(root, options, feed) {
  const wall = new PhotoWall(root, options, feed);
  wall.start();
  return () => wall.stop();
}

class PhotoWall {
  #arrivals = []; // keys, oldest first
  #turns = new Turns();
  #edition = 0;
  #isDirty = false;
  #isReady = false; // something has been painted
  #isBusy = false;
  #isCalled = false;
  #isStopped = false;
  #heldUntil = 0; // the large photo stands until then
  #cutAt = 0;
  #turnAt = 0;
  #spot = null;
  #timer = 0;
  #settling = 0;
  #stops = [];

  constructor(root, options, feed) {
    const { words, clock, brands, glow } = options;
    Object.assign(this, { root, feed, words, clock, glow, metrics: options.metrics });
    this.settings = { ...DEFAULTS, ...options.settings };
    this.node = el("div", "photos");
    root.append(this.node);
    this.#look();
    this.pictures = new Pictures(160);
    this.shots = new Shots({ feed, pictures: this.pictures, variantFor: (picture) => this.#tileVariant(picture) });
    const motion = new Motion(this.settings.motion);
    this.tiles = new Tiles({ root: this.node, brands, words, motion }, this.#capacity);
    this.arrival = new Arrival({ root: this.node, brands, words, motion });
    this.code = new Code(options);
    this.sheet = new Sheet({ frame: () => this.frame, hasCode: this.code.isThere });
    this.code.node.hidden = true;
    this.node.append(this.code.node);
  }

  start() {
    this.#stops.push(this.feed.subscribe((event) => this.#heard(event)));
    this.#stops.push(this.clock.every((count) => this.#tick(count)));
    const resized = new ResizeObserver(() => this.#resized());
    resized.observe(this.root);
    this.#stops.push(() => resized.disconnect());
    this.#begin();
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
    for (const stop of this.#stops) stop();
    this.pictures.clear();
    this.node.remove();
  }

  // What may be shown

  /** Keys of the photos that are ready, newest first; the post in the spotlight is among them however old it is. */
  get #keys() {
    const ids = this.feed.posts().map(({ id }) => id);
    return this.shots.keys(this.#spot && !ids.includes(this.#spot.id) ? [this.#spot.id, ...ids] : ids);
  }

  #heard(event) {
    if (event.type === "reset") this.#begin();
    else if (event.type === "del") this.#remove(event.id);
    else if (event.type === "spotlight") this.#light(event.post, event.ms);
    else if (event.type === "add" || event.type === "upd") this.#admit(event.post);
    else if (event.type === "owed") this.#stir();
  }

  async #begin() {
    this.#edition++;
    const posts = this.feed.posts().filter((post) => post.pictures?.length);
    const all = [...posts.map((post) => this.shots.fetch(post)), this.code.isThere && this.code.load()];
    await Promise.race([Promise.all(all), new Promise((done) => setTimeout(done, FIRST_WAIT_MS))]);
    if (this.#isStopped) return;
    this.#again();
    await Promise.all(all);
    if (this.#keys.length > this.tiles.all.length) this.#again();
  }

  async #admit(post) {
    const [first] = await this.shots.fetch(post);
    if (this.#isStopped) return;
    const stands = this.tiles.all.some((tile) => tile.shot.post.id === post.id);
    if (stands) this.#isDirty = true;
    else if (first && !this.#arrivals.includes(first)) this.#arrivals.push(first);
    this.#stir();
  }

  async #light(post, ms) {
    const former = this.#spot?.id;
    this.#spot = null;
    this.#heldUntil = 0;
    if (former !== undefined && !this.feed.get(former) && this.shots.erase(former).length) this.#isDirty = true;
    if (post?.pictures?.length) {
      const spot = { id: post.id, until: performance.now() + ms };
      this.#spot = spot;
      const [first] = await this.shots.fetch(post);
      if (first && this.#spot === spot) this.#arrivals = [...this.#arrivals.filter((key) => key !== first), first];
    }
    this.#stir();
  }

  /** A post is gone: off the glass in this very moment, before anything else is considered. */
  #remove(id) {
    this.#edition++;
    if (this.#spot?.id === id) this.#spot = null;
    if (this.arrival.remove(id)) this.#heldUntil = 0;
    if (this.tiles.remove(id).length) this.#isDirty = true;
    for (const key of this.shots.erase(id)) this.#turns.forget(key);
    this.#arrivals = this.#arrivals.filter((key) => this.shots.has(key));
    this.#painted();
    this.#stir();
  }

  #painted() {
    const seen = this.tiles.all.filter((tile) => !this.arrival.covers(tile.rect)).map((tile) => tile.shot.post.id);
    const first = this.arrival.node.dataset.post;
    this.#report([...new Set(first ? [first, ...seen] : seen)]);
  }

  /** The first report tells that the scene may be seen: it never is an empty one. */
  #report(ids) {
    this.#isReady ||= ids.length > 0;
    if (this.#isReady) this.feed.painted(ids);
  }

  // One change at a time

  #again() {
    this.sheet.clear();
    this.#isDirty = true;
    this.#stir();
  }

  async #stir() {
    this.#isCalled = true;
    if (this.#isBusy || this.#isStopped) return;
    this.#isBusy = true;
    clearTimeout(this.#timer);
    try {
      while (this.#isCalled && !this.#isStopped) {
        this.#isCalled = false;
        while (!this.#isStopped && (await this.#step()));
      }
    } catch (error) {
      this.feed.failed("", error);
      this.#timer = setTimeout(() => this.#stir(), AFTER_FAULT_MS);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Does what is due; false when there is nothing to do now. */
  async #step() {
    if (this.#isDirty) return this.#mend();
    const now = performance.now();
    if (this.arrival.shot && now < this.#heldUntil) return this.#sleep(this.#heldUntil);
    if (this.arrival.node.dataset.post) return this.#settle();
    if (this.#arrivals.length > WAITING_MAX) return this.#seat(this.#arrivals.shift());
    if (this.#arrivals.length && this.arrival.shot) return this.#sleep(now + 120); // the last one is still on its way
    if (this.#arrivals.length) return this.#enlarge(this.#spot ? this.#arrivals.pop() : this.#arrivals.shift());
    const waiting = this.#waiting;
    if (!waiting.length) return false;
    if (this.tiles.all.length < this.#capacity) return this.#seat(waiting[0]);
    if (now < this.#turnAt) return this.#sleep(this.#turnAt);
    return this.#seat(waiting[0]);
  }

  #sleep(until) {
    this.#timer = setTimeout(() => this.#stir(), Math.max(10, until - performance.now()));
    return false;
  }

  /** Photos without a tile, in the order of their turns. */
  get #waiting() {
    const owed = new Set([...(this.feed.owed ?? [])].map((id) => keyOf(id)));
    return this.#turns.order(this.#keys, { owed, not: this.tiles.all.map((tile) => tile.key) });
  }

  async #enlarge(key) {
    const shot = this.shots.get(key);
    if (!shot) return true;
    const edition = this.#edition;
    const variant = variantOf(shot.picture, large(shot.ratio, this.frame));
    const face = faceOf(shot.post);
    const [isThere, hasFace] = await Promise.all([
      this.pictures.load(Pictures.url(shot.picture.digest, variant)), face ? this.pictures.load(face) : false,
    ]);
    if (this.#isStopped || !this.shots.has(key)) return true;
    if (!isThere) return this.#seat(key);
    if (edition !== this.#edition) {
      this.#arrivals.unshift(key);
      return true;
    }
    const isLit = this.#spot?.id === shot.post.id;
    const usual = Math.max(DWELL_LEAST_MS, (this.settings.dwell_s * 1000) / (1 + this.#arrivals.length / 2));
    this.#heldUntil = isLit ? this.#spot.until : performance.now() + Math.min(usual, this.settings.dwell_s * 1000);
    this.arrival.show(shot, variant, this.frame, { text: this.words(isLit ? "screen.spotlight" : "screen.new"), hasFace, now: this.clock.now() });
    this.glow(shot.picture.colour || "#3a3f58");
    this.#painted();
    return true;
  }

  /** The large photo takes its tile. */
  async #settle() {
    const { key } = this.arrival.shot;
    await this.#seat(key, { isQuiet: true });
    this.arrival.settle(this.tiles.get(key)?.rect);
    this.#painted();
    return true;
  }

  /** A photo enters the page: on a tile of its own while there is room, else on that which suits it best. */
  async #seat(key, { isQuiet = false } = {}) {
    const shot = this.shots.get(key);
    this.#turnAt = performance.now() + this.settings.turn_s * 1000;
    if (!shot) return true;
    this.#turns.shown(key);
    if (!this.tiles.get(key)) {
      if (this.tiles.all.length < this.#capacity) this.sheet.add(shot);
      else this.sheet.replace(this.#victimFor(shot), shot);
    }
    const isDone = await this.#draw({ quiet: isQuiet ? new Set([key]) : undefined });
    if (isDone && this.#isStrained()) this.#again();
    return true;
  }

  /** The tile to give up: of those shown for longest, the one whose shape suits best. Who is owed a showing stays. */
  #victimFor(shot) {
    const owed = this.feed.owed ?? new Set();
    const order = this.#turns.order(this.tiles.all.map((tile) => tile.key));
    const cost = (key, i) => {
      const tile = this.tiles.get(key);
      return (1 - shownOf(shot.ratio, tile.rect)) * 2 + i / order.length + (owed.has(tile.shot.post.id) ? 4 : 0);
    };
    return order.map((key, i) => ({ key, cost: cost(key, i) })).reduce((best, one) => (one.cost < best.cost ? one : best)).key;
  }

  /** After something left, or the frame changed: the page without a hole. */
  async #mend() {
    this.#isDirty = false;
    const known = new Set(this.#keys);
    if (!known.size) {
      this.sheet.clear();
      this.tiles.clear();
      this.code.node.hidden = true;
      this.arrival.clear();
      this.#report([]);
      return false;
    }
    if (!this.sheet.isCut) return this.#cut();
    for (const key of this.sheet.keys.filter((one) => !known.has(one))) {
      const taken = new Set([...this.sheet.keys, ...this.#arrivals]);
      const next = this.#waiting.find((one) => !taken.has(one));
      this.sheet.replace(key, next && this.shots.get(next));
      if (next) this.#turns.shown(next);
    }
    if (!this.sheet.keys.length) return this.#cut();
    await this.#draw();
    return true;
  }

  /** The whole page anew: what stands stays on it, as far as there is room. */
  async #cut() {
    const edition = this.#edition;
    const standing = this.tiles.all.map((tile) => tile.key).filter((key) => this.shots.has(key));
    const waiting = this.#waiting.filter((key) => !this.#arrivals.includes(key) && key !== this.arrival.shot?.key);
    const keys = [...standing, ...waiting].slice(0, this.#capacity);
    const apply = await this.sheet.cut(keys.map((key) => this.shots.get(key)));
    if (this.#isStopped) return false;
    if (edition !== this.#edition) return (this.#isDirty = true);
    apply();
    this.#cutAt = performance.now();
    this.#turnAt = this.#cutAt + this.settings.turn_s * 1000;
    for (const key of keys.filter((one) => !standing.includes(one)).reverse()) this.#turns.shown(key);
    await this.#draw();
    return true;
  }

  /** Puts the page on the glass, all pictures decoded. False when something was withdrawn meanwhile. */
  async #draw({ quiet } = {}) {
    const edition = this.#edition;
    const { photos, code } = this.sheet.places;
    const places = photos.map(({ key, ...rect }) => {
      const shot = this.shots.get(key);
      return shot && { shot, variant: this.#variant(shot.picture, rect), ...rect };
    });
    if (places.includes(undefined)) return !(this.#isDirty = true);
    await Promise.all(places.map(({ shot, variant }) => this.pictures.load(Pictures.url(shot.picture.digest, variant))));
    if (this.#isStopped) return false;
    if (edition !== this.#edition) return !(this.#isDirty = true);
    for (const one of places) if (!this.pictures.has(Pictures.url(one.shot.picture.digest, one.variant))) one.variant = this.#tileVariant(one.shot.picture);
    this.tiles.show(places, { quiet });
    this.code.node.hidden = !code;
    if (code) style(this.code.node, { left: `${code.x}px`, top: `${code.y}px`, width: `${code.width}px`, height: `${code.height}px` });
    this.#painted();
    return true;
  }

  #isStrained() {
    const seen = this.tiles.all.map((tile) => shownOf(tame(tile.shot.ratio), tile.rect));
    return seen.length > 1 && seen.reduce((sum, one) => sum + one, 0) / seen.length < STRAINED;
  }

  #tick(count) {
    if (count) this.code.tick(this.clock.now());
    for (const tile of this.tiles.all) tile.byline.tick(this.clock.now());
    this.arrival.byline.tick(this.clock.now());
    if (count && this.sheet.isCut && performance.now() - this.#cutAt > AGAIN_MS) this.#again();
  }

  // The frame

  #tileVariant(picture) {
    const side = Math.sqrt((this.frame.width * this.frame.height) / Math.min(this.#capacity, 12));
    return variantOf(picture, { width: side, height: side });
  }

  /** The smallest copy that is sharp, or a larger one that is there already. */
  #variant(picture, rect) {
    const sharp = variantOf(picture, rect);
    const larger = ["small", "medium", "large"].slice(["small", "medium", "large"].indexOf(sharp));
    return larger.find((variant) => this.pictures.has(Pictures.url(picture.digest, variant))) ?? sharp;
  }

  get #capacity() {
    return capacityOf(this.frame, this.settings.tiles);
  }

  #look() {
    this.frame = { width: this.root.clientWidth, height: this.root.clientHeight, ...this.metrics() };
  }

  #resized() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      const { width, height, text } = this.frame;
      this.#look();
      if (width === this.frame.width && height === this.frame.height && text === this.frame.text) return;
      this.#edition++;
      this.arrival.clear(); // its photo has its tile on the new page
      this.#again();
    }, SETTLE_MS);
  }
}
