// The masonry: many voices in even columns. One card at a time comes or changes; its column alone moves.
//
// mount(root, options, feed) -> unmount. Cards, their fitting and their drawer are the bento's.

import { el } from "../../js/dom.js";
import { Motion } from "../../js/motion.js";
import { Pictures, variantOf } from "../../js/stage/pictures.js";
import { Turns } from "../../js/stage/turns.js";
import { Fitter } from "../bento/fitter.js";
import { Poses } from "../bento/poses.js";
import { Readings } from "../bento/readings.js";
import { Stage } from "../bento/stage.js";
import { columnsOf, compose, exchange, place, strain } from "./columns.js";

const DEFAULTS = { turn_s: 6, stay_s: 12, pace_s: 1.5, motion: 1 };
const FIRST_WAIT_MS = 2500;
const FIRST_POSTS = 28;
const RUSH = 3; // so many waiting arrivals are let in twice as fast
const CARDS = 26; // nodes made at the start
const STRAINED = 1.2;
const ATTEMPTS = 5;
const SETTLE_MS = 180;
const AFTER_FAULT_MS = 1000;

export function mount(root, options, feed) {
  const masonry = new Masonry(root, options, feed);
  masonry.start();
  return () => masonry.stop();
}

class Masonry {
  #scene = []; // ids, column by column
  #columns = null;
  #since = new Map(); // id -> when it came
  #turns = new Turns();
  #arrivals = []; // ids, longest waiting first
  #redraw = new Set(); // ids that stand and whose words have changed
  #edition = 0; // raised by whatever makes a change in preparation out of date
  #sizes = { text: 1 };
  #isDirty = false;
  #isReady = false; // something has been painted
  #isBusy = false;
  #isCalled = false;
  #isStopped = false;
  #spot = null; // {id, until}: the post that the desk wants before everybody
  #changedAt = 0;
  #timer = 0;
  #settling = 0;
  #stops = [];

  constructor(root, options, feed) {
    this.settings = { ...DEFAULTS, ...options.settings };
    const { words, clock, brands, glow } = options;
    Object.assign(this, { root, feed, clock, glow, metrics: options.metrics });
    this.node = el("div", "bento masonry");
    root.append(this.node);
    this.#look();
    this.pictures = new Pictures();
    this.fitter = new Fitter(this.node, brands, this.#sizes, words);
    this.poses = new Poses({ fitter: this.fitter, pictures: this.pictures, frame: () => this.frame });
    this.readings = new Readings({ feed, pictures: this.pictures, needs: (reading) => this.#needs(reading) });
    this.stage = new Stage({
      root: this.node, brands, words, clock, glow, sizes: this.#sizes, motion: new Motion(this.settings.motion), driftS: 0, count: CARDS,
    });
  }

  start() {
    this.#stops.push(this.feed.subscribe((event) => this.#heard(event)));
    this.#stops.push(this.clock.every(() => this.stage.tick()));
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

  /** Ids of posts that are ready, newest first; before them the one in the spotlight, however old. */
  get #ids() {
    const ids = this.feed.posts().map((post) => post.id).filter((id) => this.readings.has(id));
    const lit = this.#spot?.id;
    return lit === undefined || ids.includes(lit) || !this.readings.has(lit) ? ids : [lit, ...ids];
  }

  get #owed() {
    return this.feed.owed ?? new Set();
  }

  /** Ready posts that do not stand, in the order of their turns. */
  get #waiting() {
    return this.#turns.order(this.#ids, { owed: this.#owed, not: [...this.#scene.flat(), ...this.#arrivals] });
  }

  #measure = (id, width) => this.fitter.measure(this.readings.get(id), width);

  #needs({ shots }) {
    const [first] = shots;
    const width = columnsOf(this.frame, 99).width;
    return first ? [Pictures.url(first.digest, variantOf(first, { width, height: width }))] : [];
  }

  #heard(event) {
    if (event.type === "reset") this.#begin();
    else if (event.type === "del") this.#remove(event.id);
    else if (event.type === "spotlight") this.#light(event.post, event.ms);
    else if (event.type === "add" || event.type === "upd") this.#admit(event.post);
    else if (event.type === "owed") this.#stir();
  }

  async #begin() {
    const posts = this.feed.posts();
    this.#edition++;
    if (!posts.length) return;
    const first = posts.slice(0, FIRST_POSTS).map((post) => this.readings.fetch(post));
    await Promise.race([Promise.all(first), new Promise((done) => setTimeout(done, FIRST_WAIT_MS))]);
    if (this.#isStopped) return;
    this.#again();
    await Promise.all(first);
    for (const post of posts) if (!this.#isStopped && !this.readings.has(post.id)) await this.readings.fetch(post);
    this.#stir();
  }

  async #admit(post) {
    if (!(await this.readings.fetch(post)) || this.#isStopped) return;
    if (this.stage.has(post.id)) {
      this.#edition++; // a change in preparation holds the former words
      this.#redraw.add(post.id);
    } else if (!this.#arrivals.includes(post.id)) this.#arrivals.push(post.id);
    this.#stir();
  }

  async #light(post, ms) {
    const former = this.#spot?.id;
    this.#spot = post && { id: post.id, until: performance.now() + ms };
    if (former !== undefined && !this.feed.get(former)) this.#remove(former);
    if (!post || !(await this.readings.fetch(post)) || this.#isStopped) return;
    if (!this.stage.has(post.id)) this.#arrivals = [post.id, ...this.#arrivals.filter((id) => id !== post.id)];
    this.#changedAt = 0;
    this.#stir();
  }

  /** A post is gone: off the glass in this very moment, before anything else is considered. */
  #remove(id) {
    this.#edition++;
    if (this.#spot?.id === id) this.#spot = null;
    this.stage.remove(id);
    this.fitter.forget(id);
    this.readings.erase(id);
    this.#redraw.delete(id);
    this.#turns.forget(id);
    this.#since.delete(id);
    this.#arrivals = this.#arrivals.filter((other) => other !== id);
    if (this.#scene.some((ids) => ids.includes(id))) this.#isDirty = true;
    this.#scene = this.#scene.map((ids) => ids.filter((other) => other !== id));
    this.#painted();
    this.#stir();
  }

  /** The first report tells that the scene may be seen: it never is an empty one. */
  #painted() {
    const { ids } = this.stage;
    this.#isReady ||= ids.length > 0;
    if (this.#isReady) this.feed.painted(ids);
  }

  // One change at a time

  #again() {
    this.#columns = null;
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
    const ids = this.#ids;
    if (!ids.length) return this.#empty();
    if (this.#isDirty || columnsOf(this.frame, ids.length).count !== this.#columns?.count) return this.#mend(ids);
    if (this.#redraw.size) return this.#change(() => this.#mended(this.#scene));
    const now = performance.now();
    if (this.#arrivals.length) {
      const due = this.#changedAt + (this.settings.pace_s * 1000) / (this.#arrivals.length >= RUSH ? 2 : 1);
      if (now < due) return this.#sleep(due);
      const [id] = this.#arrivals;
      this.#arrivals = this.#arrivals.slice(1);
      return ids.includes(id) ? this.#change(() => this.#arrived(id), id) : true;
    }
    const [next] = this.#waiting;
    if (next === undefined) return false;
    const due = this.#changedAt + this.settings.turn_s * 1000;
    if (now < due) return this.#sleep(due);
    return this.#change(() => this.#turned(next), next);
  }

  #sleep(until) {
    this.#timer = setTimeout(() => this.#stir(), Math.max(10, until - performance.now()));
    return false;
  }

  #empty() {
    this.stage.clear();
    this.#scene = [];
    this.#columns = null;
    if (this.#isDirty) this.#painted();
    this.#isDirty = false;
    return false;
  }

  /** A new post comes first in the column whose first card has stood longest. */
  #arrived(id) {
    const stood = (ids) => this.#since.get(ids.find((one) => !this.#isKept(one)) ?? ids[0]) ?? 0;
    const index = this.#scene.reduce((best, ids, i) => (stood(ids) < stood(this.#scene[best]) ? i : best), 0);
    const choices = { id, spare: this.#waiting, mayLeave: (one) => !this.#isKept(one) };
    return exchange(this.#scene, index, choices, this.#columns, this.#measure);
  }

  /** An earlier post takes the place of one that has stood long, there where it fits best. */
  #turned(id) {
    const now = performance.now();
    const all = this.#scene.flatMap((ids, index) => ids.map((former) => ({ former, index, since: this.#since.get(former) ?? 0 })));
    const may = all.filter(({ former }) => !this.#isKept(former)).sort((a, b) => a.since - b.since);
    const long = may.filter(({ since }) => now - since >= this.settings.stay_s * 1000);
    const tries = (long.length ? long : may).slice(0, 6).map(({ former, index }, i) => {
      const choices = { id, former, spare: this.#waiting, mayLeave: (one) => !this.#isKept(one) };
      const scene = exchange(this.#scene, index, choices, this.#columns, this.#measure);
      const moved = Math.abs(scene[index].length - this.#scene[index].length);
      return { scene, cost: strain(scene[index], this.#columns, this.#measure) + moved * 0.3 + i * 0.12 };
    });
    return tries.length ? tries.reduce((best, one) => (one.cost < best.cost ? one : best)).scene : this.#scene;
  }

  /** Pinned posts and the one in the spotlight give up their place to nobody. */
  #isKept(id) {
    return id === this.#spot?.id || Boolean(this.feed.get(id)?.pinned);
  }

  async #mend(ids) {
    this.#isDirty = false;
    const columns = columnsOf(this.frame, ids.length);
    const isNew = columns.count !== this.#columns?.count;
    this.#columns = columns;
    if (!isNew) return this.#change(() => this.#mended(this.#scene));
    return this.#change(() => {
      const standing = this.#scene.flat().filter((id) => this.readings.has(id));
      return this.#mended(compose([...new Set([...standing, ...this.#ids])], columns, this.#measure));
    });
  }

  /** Columns that are empty or badly strained, filled again from those who wait. */
  #mended(scene) {
    return scene.reduce((mended, ids, index) => {
      const cost = strain(ids, this.#columns, this.#measure);
      if (cost < STRAINED) return mended;
      const standing = new Set(mended.flat());
      const spare = this.#turns.order(this.#ids, { owed: this.#owed, not: standing });
      const next = exchange(mended, index, { spare, mayLeave: () => true }, this.#columns, this.#measure);
      const twice = exchange(next, index, { spare, mayLeave: () => true }, this.#columns, this.#measure);
      const better = strain(twice[index], this.#columns, this.#measure) < strain(next[index], this.#columns, this.#measure) ? twice : next;
      return strain(better[index], this.#columns, this.#measure) < cost || !ids.length ? better : mended;
    }, scene);
  }

  /**
   * Computes a scene, prepares everything it shows, and puts it on the stage in one go. When something was withdrawn
   * meanwhile it starts again. Always true: there is a next step to consider.
   */
  async #change(compute, coming = null) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const edition = this.#edition;
      let at = coming ?? "";
      try {
        const scene = compute();
        const poses = [];
        for (const rect of place(scene, this.#columns, this.#measure)) {
          at = rect.id;
          poses.push(await this.poses.pose({ ...rect, role: "stack", isLit: at === this.#spot?.id }, this.readings.get(at)));
          if (edition !== this.#edition) break;
        }
        if (this.#isStopped) return false;
        if (edition !== this.#edition) continue;
        this.#put(scene, poses, coming);
        return true;
      } catch (error) {
        if (edition !== this.#edition) continue;
        if (!at) {
          this.#isDirty = true;
          throw error; // no post's fault: tried again, but not at once
        }
        this.#fault(at, error);
      }
    }
    this.#changedAt = performance.now();
    return true;
  }

  #put(scene, poses, coming) {
    const failed = this.stage.show(poses, { redraw: this.#redraw });
    this.#redraw.clear();
    const now = performance.now();
    const standing = new Set(this.stage.ids);
    this.#scene = scene.map((ids) => ids.filter((id) => standing.has(id)));
    for (const id of this.#since.keys()) if (!standing.has(id)) this.#since.delete(id);
    for (const id of [...standing].reverse()) {
      if (this.#since.has(id)) continue;
      this.#since.set(id, now);
      this.#turns.shown(id);
    }
    this.#arrivals = this.#arrivals.filter((id) => !standing.has(id));
    this.#changedAt = now;
    const tint = coming && this.readings.get(coming)?.tint;
    if (tint) this.glow(tint);
    for (const { id, error } of failed) this.#fault(id, error);
    this.#painted();
  }

  /** A post that breaks is taken out and counted; the wall goes on without it. */
  #fault(id, error) {
    this.feed.failed(id, error);
    this.#edition++;
    this.readings.forget(id);
    this.stage.remove(id);
    this.#scene = this.#scene.map((ids) => ids.filter((other) => other !== id));
    this.#isDirty = true;
  }

  // The frame

  #look() {
    this.frame = { width: this.root.clientWidth, height: this.root.clientHeight, ...this.metrics() };
    this.#sizes.text = this.frame.text;
  }

  #resized() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      const { width, height, text } = this.frame;
      this.#look();
      if (width === this.frame.width && height === this.frame.height && text === this.frame.text) return;
      this.#edition++;
      this.fitter.reset();
      this.#again();
    }, SETTLE_MS);
  }
}
