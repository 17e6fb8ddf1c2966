// The live mosaic: every approved photo is a tile of one picture; a new post stands large before it, then joins it.
//
// What counts as shown: the post that stands large, and the tiles when they are large enough to be recognised
// (TILE_UNITS): two thousand specks are no showing of anybody.

import { Recent, el, style } from "../../js/dom.js";
import { Motion } from "../../js/motion.js";
import { faceOf } from "../../js/stage/byline.js";
import { fieldOf } from "../../js/stage/fields.js";
import { Pictures } from "../../js/stage/pictures.js";
import { Turns } from "../../js/stage/turns.js";
import { read } from "../bento/card.js";
import { Guest } from "./guest.js";
import { Motif, shining } from "./motif.js";
import { Tiles } from "./tiles.js";

export const DEFAULTS = { picture: "", words: "", strength: 60, dwell_s: 7, rest_s: 10, motion: 1 };

const TILE_UNITS = 11; // the shorter side of a cell: about a tenth of the screen's height
const TILES_TOLD = 90;
const FIRST_WAIT_MS = 3200;
const SETTLE_MS = 180;
const AFTER_FAULT_MS = 1000;
const SULK_MS = 60_000;
const WAITING_MOST = 12; // posts that wait to stand large; in a rush the newest, the others are tiles already
const HURRY_FROM = 3;
const ONE_BY_ONE = 6; // more new photos at once: the whole is laid anew

export function mount(root, options, feed) {
  const mosaic = new Mosaic(root, options, feed);
  mosaic.start();
  return () => mosaic.stop();
}

class Mosaic {
  #waiting = []; // ids of new posts, oldest first
  #shownAt = 0;
  #heldUntil = 0;
  #isTurn = false; // the post that stands has only come forward again: a new one takes its place at once
  #spot = null; // {id, until, isDue}
  #sulking = new Recent(300); // id -> when it may be tried again
  #turns = new Turns();
  #isReady = false;
  #isCalled = false;
  #isBusy = false;
  #isStopped = false;
  #isToBeLaid = true;
  #told = null;
  #timer = 0;
  #settling = 0;
  #stops = [];

  constructor(root, options, feed) {
    this.settings = { ...DEFAULTS, ...options.settings };
    const { words, clock, brands, glow, event, lang } = options;
    const motion = new Motion(this.settings.motion);
    Object.assign(this, { root, feed, words, clock, motion, metrics: options.metrics, number: new Intl.NumberFormat(lang || undefined) });
    this.node = el("div", "mosaic");
    root.append(this.node);
    this.pictures = new Pictures(16);
    this.motif = new Motif({
      words: shining(this.settings.words, event?.name), strength: Number(this.settings.strength) || 0, colours: () => this.#colours(),
    });
    this.tiles = new Tiles({
      motif: this.motif, motion, unit: () => this.metrics().unit, drawn: () => this.#painted(), failed: (id, error) => this.#fault(id, error),
    });
    this.count = el("p", "count");
    this.invite = el("p", "invite", words("mosaic.join"));
    this.caption = el("footer", "caption", this.count, this.invite);
    this.node.append(this.tiles.node, this.caption);
    this.guest = new Guest({ root: this.tiles.node, brands, words, motion, pictures: this.pictures, glow: glow ?? (() => {}), driftS: 9 });
  }

  async start() {
    this.#stops.push(this.feed.subscribe((event) => this.#heard(event)));
    this.#stops.push(this.clock.every(() => this.guest.tick(this.clock.now())));
    const resized = new ResizeObserver(() => this.#resized());
    resized.observe(this.root);
    this.#stops.push(() => resized.disconnect());
    const themed = new MutationObserver(() => this.#dressed());
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-dress", "style"] });
    this.colours = JSON.stringify(this.#colours());
    this.#stops.push(() => themed.disconnect());
    await this.motif.load(this.settings.picture);
    if (!this.#isStopped) this.#stir();
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
    for (const stop of this.#stops) stop();
    this.tiles.stop();
    this.pictures.clear();
    this.node.remove();
  }

  // What may be shown

  #may(id) {
    return performance.now() >= (this.#sulking.get(id) ?? 0);
  }

  get #photos() {
    const listed = this.feed.photos?.() ?? [];
    return listed.filter((photo) => photo?.id && photo.digest && this.#may(photo.id));
  }

  #heard(event) {
    if (event.type === "del") return this.#remove(event);
    if (event.type === "spotlight") {
      this.#spot = event.post ? { id: event.post.id, until: performance.now() + event.ms, isDue: true } : null;
      if (!event.post) this.#heldUntil = 0;
    } else if (event.type === "add") {
      this.#waiting = [...this.#waiting.filter((id) => id !== event.post.id), event.post.id].slice(-WAITING_MOST);
      this.#sulking.delete(event.post.id);
    } else if (event.type === "upd" && this.guest.id === event.post.id) {
      this.guest.remove(event.post.id); // other words stood here
      this.#waiting.push(event.post.id);
      this.#painted();
    }
    if (event.type !== "facts") this.#stir();
  }

  /** A post is gone: off the glass in this very moment. One that is merely old keeps its tile. */
  #remove({ id, isOld }) {
    this.#waiting = this.#waiting.filter((other) => other !== id);
    if (this.#spot?.id === id) this.#spot = null;
    const post = this.guest.id === id ? this.guest.stage.reading : null;
    if (this.guest.remove(id)) this.#heldUntil = 0;
    for (const { digest } of post?.pictures ?? []) this.pictures.forget(digest);
    const keepsTile = isOld && this.#photos.some((photo) => photo.id === id);
    if (!keepsTile) {
      this.#turns.forget(id);
      if (this.tiles.remove(id)) this.#isToBeLaid = true;
    }
    this.#say();
    this.#painted();
    this.#stir();
  }

  #fault(id, error) {
    this.feed.failed(id, error);
    this.#sulking.set(id, performance.now() + SULK_MS);
    if (this.tiles.remove(id)) this.#isToBeLaid = true;
    this.#stir();
  }

  /** Everything that stands: the post before the mosaic, and its tiles where they can be recognised. */
  #painted() {
    if (!this.#isReady || this.#isStopped) return;
    const areLarge = this.tiles.cellPx >= TILE_UNITS * this.metrics().unit;
    const ids = new Set([this.guest.id, ...(areLarge ? this.tiles.ids.slice(0, TILES_TOLD) : [])].filter((id) => id !== null));
    const told = [...ids].join(" ");
    if (told === this.#told) return;
    this.#told = told;
    this.feed.painted([...ids]);
  }

  // One change at a time

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
    if (await this.#gather()) return true;
    const now = performance.now();
    if (this.#spot?.isDue) return this.#show(this.#spot.id, { isLit: true });
    const isHeld = this.guest.id !== null && now < this.#heldUntil && !(this.#isTurn && this.#waiting.length);
    if (isHeld) return this.#until(this.#heldUntil);
    const next = this.#waiting.shift();
    if (next !== undefined) return this.#show(next, { isNew: true });
    if (this.guest.id !== null) {
      await this.guest.settle(this.tiles.rect(this.guest.id));
      this.#painted();
      return true;
    }
    const due = this.#shownAt + this.settings.rest_s * 1000;
    if (now < due) return this.#until(due);
    const turn = this.#turns.next(this.#whoMayCome(), { owed: this.feed.owed ?? new Set() });
    if (turn === null) return false;
    this.#shownAt = now;
    return this.#show(turn, {});
  }

  #until(at) {
    this.#timer = setTimeout(() => this.#stir(), Math.max(10, at - performance.now()));
    return false;
  }

  /** Posts with a photo, and whatever is owed its seconds. */
  #whoMayCome() {
    const owed = this.feed.owed ?? new Set();
    return this.feed.posts().filter((post) => (post.pictures?.length || owed.has(post.id)) && this.#may(post.id)).map((post) => post.id);
  }

  /** Brings the tiles in step with the photos; true when something was done. */
  async #gather() {
    const photos = this.#photos;
    const wanted = new Set(photos.map((photo) => photo.id));
    for (const id of this.tiles.ids) if (!wanted.has(id) && this.tiles.remove(id)) this.#isToBeLaid = true;
    const fresh = photos.filter((photo) => !this.tiles.has(photo.id));
    if (!this.#isToBeLaid && !fresh.length) return false;
    if (this.#isToBeLaid || !this.tiles.count || fresh.length > ONE_BY_ONE) return this.#lay(photos);
    for (const photo of fresh.reverse()) {
      const isWanted = () => this.#photos.some((other) => other.id === photo.id && other.digest === photo.digest);
      if (!(await this.tiles.add(photo, isWanted))) return this.#lay(this.#photos);
    }
    this.#say();
    return true;
  }

  async #lay(photos) {
    this.#isToBeLaid = false;
    this.#look();
    this.guest.place(this.frame);
    if (!photos.length) {
      this.#begin();
      return false;
    }
    if (!(await this.tiles.lay(photos, this.frame))) {
      this.#isToBeLaid = true;
      return !this.#isStopped;
    }
    this.#say();
    await this.#first(photos.length);
    this.#painted();
    return true;
  }

  /** The scene is ready when the first photos are in their tiles. */
  async #first(count) {
    if (this.#isReady) return;
    const end = performance.now() + FIRST_WAIT_MS;
    while (!this.#isStopped && this.tiles.sharp < count && performance.now() < end) await new Promise((done) => setTimeout(done, 60));
    this.#begin();
  }

  #begin() {
    if (this.#isReady || this.#isStopped) return;
    this.#isReady = true;
    this.#shownAt = performance.now();
    if (this.tiles.count === 0) this.feed.painted([]);
  }

  /** Puts a post before the mosaic. Always true: whether it stood or not, there is a next step to consider. */
  async #show(id, { isLit = false, isNew = false }) {
    if (isLit) this.#spot.isDue = false;
    const reading = await this.#prepare(id);
    if (!reading) return true;
    const flag = isLit ? "screen.spotlight" : isNew ? "screen.new" : "";
    try {
      const isDone = await this.guest.show(reading, {
        flag: flag && this.words(flag), isLit, isNew: isNew || isLit, now: this.clock.now(),
        isValid: () => !this.#isStopped && this.feed.get(id)?.rev === reading.rev0,
      });
      if (!isDone) return true;
    } catch (error) {
      this.feed.failed(id, error);
      this.#sulking.set(id, performance.now() + SULK_MS);
      this.guest.remove(id);
      return true;
    }
    const now = performance.now();
    const dwell = this.settings.dwell_s * 1000 * (this.#waiting.length >= HURRY_FROM ? 0.5 : 1);
    this.#heldUntil = isLit && this.#spot ? this.#spot.until : now + dwell;
    this.#shownAt = this.#heldUntil;
    this.#isTurn = !isLit && !isNew;
    this.#turns.shown(id);
    this.#painted();
    return true;
  }

  /** Reads a post and decodes its pictures; null when it cannot be shown. */
  async #prepare(id) {
    const post = this.feed.get(id);
    if (!post) return null;
    try {
      const whole = read(post, this.pictures);
      const had = await Promise.all(whole.shots.map((shot) => this.pictures.load(this.guest.urlOf(shot))));
      const reading = had.every(Boolean) ? whole : read({ ...post, pictures: whole.shots.filter((_, i) => had[i]) }, this.pictures);
      const face = faceOf(post);
      const hasFace = Boolean(face && (await this.pictures.load(face)));
      if (!reading.shots.length && !reading.letters) throw new Error("nothing to be shown");
      return Object.assign(reading, { field: fieldOf(id), hasFace, rev0: post.rev });
    } catch (error) {
      this.feed.failed(id, error);
      this.#sulking.set(id, performance.now() + SULK_MS);
      return null;
    }
  }

  // The frame

  #look() {
    const { unit, text } = this.metrics();
    this.#say();
    this.caption.hidden = this.root.clientHeight < 40 * unit;
    const height = this.root.clientHeight - (this.caption.hidden ? 0 : this.caption.offsetHeight);
    this.frame = { width: this.root.clientWidth, height: Math.max(1, height), unit, text };
    style(this.tiles.node, { height: `${this.frame.height}px` });
  }

  #resized() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      const before = this.frame;
      this.#look();
      const isSame = before && before.width === this.frame.width && before.height === this.frame.height && before.text === this.frame.text;
      if (isSame || this.#isStopped) return;
      this.#isToBeLaid = true;
      this.#stir();
    }, SETTLE_MS);
  }

  /** Another theme: the light is made of its colours, and by day the words are dark. */
  #dressed() {
    const before = this.colours;
    this.colours = JSON.stringify(this.#colours());
    if (before === this.colours) return;
    this.tiles.relight();
    this.#isToBeLaid = true;
    this.#stir();
  }

  #say() {
    const text = this.words("mosaic.count", { n: this.number.format(this.tiles.count) });
    if (this.count.textContent !== text) this.count.textContent = text;
  }

  #colours() {
    const root = document.documentElement;
    const of = (name) => getComputedStyle(root).getPropertyValue(name).trim();
    return { ground: of("--ground") || "#0d0c18", accent: of("--accent") || "#ffc862", isDay: root.dataset.theme === "day" };
  }
}
