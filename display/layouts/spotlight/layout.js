// The spotlight: one voice at a time over the whole page, the next two or three as small portraits under it.
//
// mount(root, options, feed) -> unmount. Who comes when is pace.js; how a post fills the page is forms.js.

import { Recent, el, style } from "../../js/dom.js";
import { Flashes } from "../../js/flash.js";
import { Motion } from "../../js/motion.js";
import { faceOf } from "../../js/stage/byline.js";
import { fieldOf } from "../../js/stage/fields.js";
import { Pictures } from "../../js/stage/pictures.js";
import { read } from "../bento/card.js";
import { Pace } from "./pace.js";
import { Queue, queueOf, smallOf } from "./queue.js";
import { Stage } from "./stage.js";

const DEFAULTS = { dwell_s: 8, rest_s: 12, drift_s: 10, motion: 1 };
const PREPARED = 12; // posts whose pictures are kept decoded: the one that stands, those that wait, a few more
const SULK_MS = 30_000; // a post that could not be shown is tried again after this
const SETTLE_MS = 180;
const AFTER_FAULT_MS = 1000;

export function mount(root, options, feed) {
  const spotlight = new Spotlight(root, options, feed);
  spotlight.start();
  return () => spotlight.stop();
}

class Spotlight {
  #prepared = new Recent(PREPARED); // id -> reading, its pictures decoded
  #sulking = new Recent(200); // id -> when it may be tried again
  #isBusy = false;
  #isCalled = false;
  #isStopped = false;
  #isReady = false; // something has been painted
  #isRedrawn = false; // what stands is to be drawn again
  #spot = null; // {id, until}: the post that the desk wants before everybody
  #timer = 0;
  #settling = 0;
  #stops = [];
  #flashes = new Flashes();

  constructor(root, options, feed) {
    const settings = { ...DEFAULTS, ...options.settings };
    const { words, clock, brands, glow } = options;
    const motion = new Motion(settings.motion);
    Object.assign(this, { root, feed, words, clock, metrics: options.metrics });
    this.node = el("div", "spotlight");
    root.append(this.node);
    this.pictures = new Pictures(40);
    this.pace = new Pace({ dwellMs: settings.dwell_s * 1000, restMs: settings.rest_s * 1000 });
    this.stage = new Stage({ root: this.node, brands, words, motion, glow, pictures: this.pictures, driftS: settings.drift_s });
    this.queue = new Queue({ brands, words, motion });
    this.node.append(this.queue.node);
    this.#look();
  }

  start() {
    this.#stops.push(this.feed.subscribe((event) => this.#heard(event)));
    this.#stops.push(this.clock.every(() => this.#tick()));
    const resized = new ResizeObserver(() => this.#resized());
    resized.observe(this.root);
    this.#stops.push(() => resized.disconnect());
    this.#stir();
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

  get #owed() {
    return this.feed.owed ?? new Set();
  }

  /** Ids that may be shown, newest first; the one in the spotlight is among them however old it is. */
  get #ids() {
    const now = performance.now();
    const ids = this.feed.posts().map((post) => post.id).filter((id) => now >= (this.#sulking.get(id) ?? 0));
    return this.#spot && !ids.includes(this.#spot.id) ? [this.#spot.id, ...ids] : ids;
  }

  #heard(event) {
    if (event.type === "del") return this.#remove(event.id);
    if (event.type === "spotlight") return this.#light(event.post, event.ms);
    if (event.type === "add" || event.type === "upd") {
      this.#prepared.delete(event.post.id);
      this.#sulking.delete(event.post.id);
      if (event.type === "add") this.pace.arrive(event.post.id);
      else if (event.post.id === this.pace.current) this.#isRedrawn = true;
    }
    if (event.type === "add" || event.type === "upd" || event.type === "reset" || event.type === "owed") this.#stir();
  }

  #light(post, ms) {
    this.#spot = post ? { id: post.id, until: performance.now() + ms, isDue: true } : null;
    if (!post) this.pace.release();
    this.#stir();
  }

  /** A post is gone: off the glass in this very moment, before anything else is considered. */
  #remove(id) {
    if (this.#spot?.id === id) this.#spot = null;
    this.stage.remove(id);
    this.queue.remove(id);
    this.pace.forget(id);
    const reading = this.#prepared.get(id);
    this.#prepared.delete(id);
    for (const { digest } of reading?.post.pictures ?? []) this.pictures.forget(digest);
    if (reading?.post.author?.avatar) this.pictures.forget(reading.post.author.avatar.digest);
    this.#painted();
    this.#stir();
  }

  /** The first report tells that the scene may be seen: it never is an empty one. */
  #painted() {
    const { id } = this.stage;
    this.#isReady ||= id !== null;
    if (this.#isReady) this.feed.painted(id === null ? [] : [id]);
  }

  /** Reads a post and decodes what its page and its portrait need; null when it cannot be shown. */
  async #prepare(id) {
    const known = this.#prepared.get(id);
    if (known) return known;
    const post = this.feed.get(id);
    if (!post) return null;
    try {
      const whole = read(post, this.pictures);
      const had = await Promise.all(whole.shots.map((shot) => this.pictures.load(this.stage.urlOf(shot))));
      if (!had.every(Boolean)) this.feed.failed(id, new Error("a picture could not be shown"));
      const reading = had.every(Boolean) ? whole : read({ ...post, pictures: whole.shots.filter((_, i) => had[i]) }, this.pictures);
      const face = faceOf(post);
      const small = smallOf(post, reading.shots);
      const [hasFace, hasSmall] = await Promise.all([face && this.pictures.load(face), small && this.pictures.load(small)]);
      if (this.#isStopped || this.feed.get(id)?.rev !== post.rev) return null;
      if (!reading.shots.length && !reading.letters) throw new Error("nothing to be shown");
      Object.assign(reading, { field: fieldOf(id), hasFace: Boolean(hasFace), small: hasSmall ? small : "" });
      this.#prepared.set(id, reading);
      return reading;
    } catch (error) {
      if (!this.#isStopped) this.#fault(id, error);
      return null;
    }
  }

  #fault(id, error) {
    this.feed.failed(id, error);
    this.#sulking.set(id, performance.now() + SULK_MS);
    if (this.#spot?.id === id) this.#spot = null;
    if (this.pace.current === id) {
      this.stage.remove(id);
      this.#painted();
    }
    this.pace.forget(id);
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
    const ids = this.#ids;
    if (!ids.length) {
      this.stage.clear();
      this.queue.show([], this.plan, this.clock.now());
      this.pace.current = null;
      this.#painted();
      return false;
    }
    if (this.#look(ids.length)) this.#isRedrawn = true;
    const lit = this.#spot?.isDue ? this.#spot.id : null;
    if (lit !== null) return this.#show(lit);
    if (this.#isRedrawn && this.pace.current !== null) return this.#redraw();
    const now = performance.now();
    const due = Math.max(this.pace.due(ids, this.#owed), now + this.#flashes.wait(now)); // also when one after the other is taken down
    const [first] = this.pace.next(ids, this.#owed, 1);
    if (first !== undefined && now >= due) return this.#show(first);
    await this.#line(ids);
    if (first !== undefined && !this.#isStopped) this.#timer = setTimeout(() => this.#stir(), Math.max(10, due - performance.now()));
    return false;
  }

  /** Puts a post on the page. Always true: whether it stood or not, there is a next step to consider. */
  async #show(id) {
    const isLit = this.#spot?.id === id;
    if (isLit) this.#spot.isDue = false;
    const reading = await this.#prepare(id);
    if (!reading) return true;
    const isNew = this.pace.isNew(id);
    const flag = isLit ? "screen.spotlight" : isNew ? "screen.new" : reading.post.pinned ? "screen.pinned" : "";
    try {
      const isDone = await this.stage.show(reading, this.page, {
        flag: flag && this.words(flag), isLit, isNew: isNew || isLit, now: this.clock.now(), isValid: () => this.#prepared.get(id) === reading,
      });
      if (!isDone || this.#isStopped) return true;
    } catch (error) {
      this.#fault(id, error);
      return true;
    }
    this.#isRedrawn = false;
    this.#flashes.note(performance.now());
    this.pace.shown(id, performance.now(), isLit && this.#spot ? this.#spot.until : 0);
    await this.#line(this.#ids);
    this.#painted();
    return true;
  }

  /** What stands, drawn again in its place: its words or the frame have changed. */
  async #redraw() {
    this.#isRedrawn = false;
    const id = this.pace.current;
    const reading = await this.#prepare(id);
    if (!reading) return true;
    try {
      await this.stage.redraw(reading, this.page, () => this.pace.current === id && this.#prepared.get(id) === reading);
      if (!this.#isStopped) this.#painted();
    } catch (error) {
      this.#fault(id, error);
    }
    return true;
  }

  /** The queue, and the pictures of those in it: a turn never waits. */
  async #line(ids) {
    const next = this.pace.next(ids, this.#owed, this.plan.count);
    const readings = await Promise.all(next.map((id) => this.#prepare(id)));
    if (this.#isStopped) return;
    const ready = readings.filter((reading) => reading && this.#prepared.get(reading.id) === reading);
    this.queue.show(ready, this.plan, this.clock.now());
    if (ready.length < next.length) this.#isCalled = true;
  }

  #tick() {
    this.stage.tick(this.clock.now());
    this.queue.tick(this.clock.now());
  }

  // The frame

  /** Takes the size of the root; true when the page has changed. The queue has a place as soon as anybody can wait. */
  #look(posts = this.feed.posts().length) {
    const frame = { width: this.root.clientWidth, height: this.root.clientHeight, ...this.metrics() };
    this.plan = queueOf(frame);
    const height = posts > 1 ? frame.height - this.plan.height - this.plan.gap : frame.height;
    const before = this.page;
    this.page = { ...frame, height };
    style(this.node, { "--page": `${height}px`, "--queue": `${this.plan.height}px` });
    return Boolean(before) && ["width", "height", "text"].some((side) => before[side] !== this.page[side]);
  }

  #resized() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#stir(), SETTLE_MS);
  }
}
