// One large post at a time, and below it the newest ones run past.
//
// mount(root, options, feed) -> unmount. The large post is the bento wall's hero: the same card, the same forms.

import { el } from "../../js/dom.js";
import { Motion } from "../../js/motion.js";
import { faceOf } from "../../js/stage/byline.js";
import { Pictures, variantOf } from "../../js/stage/pictures.js";
import { Turns } from "../../js/stage/turns.js";
import { read } from "../bento/card.js";
import { Fitter } from "../bento/fitter.js";
import { Poses } from "../bento/poses.js";
import { Stage } from "../bento/stage.js";
import { Band } from "./band.js";
import { lineOf } from "./items.js";

export const DEFAULTS = { dwell_s: 7, rest_s: 12, speed: 17, drift_s: 12, motion: 1 };

const FIRST_POSTS = 6;
const FIRST_WAIT_MS = 1500;
const SETTLE_MS = 180;
const BAND_POSTS = 16; // the newest with words
const INVITE_EVERY = 7;
const WAITING_MOST = 8;
const AFTER_FAULT_MS = 1000;

export function mount(root, options, feed) {
  const ticker = new Ticker(root, options, feed);
  ticker.start();
  return () => ticker.stop();
}

/** The copy of a picture that a place this large needs. */
class LargePoses extends Poses {
  heroVariant(shot) {
    return variantOf(shot, this.frame());
  }
}

class Ticker {
  #readings = new Map(); // id -> reading, pictures decoded
  #waiting = []; // new posts that have not stood large yet, oldest first
  #turns = new Turns();
  #runs = new Turns(); // of the band
  #sinceInvite = 0;
  #sizes = { text: 1 };
  #edition = 0;
  #hero = null;
  #heldUntil = 0;
  #dueAt = 0;
  #spot = null;
  #timer = 0;
  #settling = 0;
  #isBusy = false;
  #isStopped = false;
  #isStarted = false;
  #stops = [];

  constructor(root, options, feed) {
    const settings = { ...DEFAULTS, ...options.settings };
    const { words, clock, brands, glow, metrics, event = {}, join = {} } = options;
    Object.assign(this, { root, feed, words, clock, metrics, event, join, settings });
    this.motion = new Motion(settings.motion);
    this.pictures = new Pictures();
    this.place = el("div", "bento ticker-large");
    this.band = new Band({
      brands, words, motion: this.motion, speed: () => settings.speed, unit: () => metrics().unit,
      next: (ids) => this.#nextInBand(ids), changed: () => this.#report(),
    });
    this.node = el("div", "ticker", this.place, this.band.node);
    root.append(this.node);
    const [tag] = event.hashtags ?? [];
    this.band.tag.textContent = tag ? `#${String(tag).replace(/^[#＃]+/, "")}` : "";
    this.band.tag.hidden = !tag || tag.length > 18;
    this.#look();
    this.fitter = new Fitter(this.place, brands, this.#sizes, words);
    this.poses = new LargePoses({ fitter: this.fitter, pictures: this.pictures, frame: () => this.frame });
    this.stage = new Stage({ root: this.place, brands, words, clock, glow, sizes: this.#sizes, motion: this.motion, driftS: settings.drift_s });
  }

  start() {
    this.#stops.push(this.feed.subscribe((event) => this.#heard(event)));
    this.#stops.push(this.clock.every(() => this.stage.tick()));
    const resized = new ResizeObserver(() => this.#resized());
    resized.observe(this.root);
    this.#stops.push(() => resized.disconnect());
    void this.#begin();
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
    for (const stop of this.#stops) stop();
    this.band.stop();
    this.pictures.clear();
    this.node.remove();
  }

  #heard({ type, post, id, ms }) {
    if (type === "reset") void this.#begin();
    else if (type === "del") this.#remove(id);
    else if (type === "spotlight") void this.#light(post, ms);
    else if (type === "add" || type === "upd") void this.#admit(post);
    else if (type === "owed" && !this.#waiting.length) this.#stir();
  }

  /** Ids of posts that can stand large now, newest first. */
  get #ids() {
    return this.feed.posts().map((post) => post.id).filter((id) => this.#readings.has(id));
  }

  async #begin() {
    this.#edition++;
    const posts = this.feed.posts();
    const first = posts.slice(0, FIRST_POSTS).map((post) => this.#fetch(post));
    await Promise.race([Promise.all(first), new Promise((done) => setTimeout(done, FIRST_WAIT_MS))]);
    if (this.#isStopped) return;
    if (!posts.length) this.feed.painted([]);
    else this.#stir();
    for (const post of posts) if (!this.#readings.has(post.id) && (await this.#fetch(post))) this.#stir();
  }

  /** Reads a post and decodes its pictures; false when it cannot be shown, or has changed meanwhile. */
  async #fetch(post) {
    try {
      const reading = read(post, this.pictures);
      const face = faceOf(post);
      const urls = [...this.poses.needs(reading), ...(face ? [face] : [])];
      const had = await Promise.all(urls.map((url) => this.pictures.load(url)));
      if (this.#isStopped || this.feed.get(post.id)?.rev !== post.rev) return false;
      if (!had.every(Boolean)) this.feed.failed(post.id, new Error("a picture could not be shown"));
      const kept = had.every(Boolean) ? reading : read({
        ...post,
        pictures: reading.shots.filter((_, i) => had[i]),
        author: { ...post.author, avatar: face && had.at(-1) ? post.author.avatar : undefined },
      }, this.pictures);
      if (!kept.shots.length && !kept.letters) return false;
      this.#readings.set(post.id, kept);
      return true;
    } catch (error) {
      this.feed.failed(post.id, error);
      return false;
    }
  }

  async #admit(post) {
    if (this.band.ids.includes(post.id)) this.band.remove(post.id); // its words were others
    if (!(await this.#fetch(post))) return;
    if (post.id === this.#hero) this.#isChanged = true;
    else this.#waiting = [...this.#waiting.filter((id) => id !== post.id), post.id].slice(-WAITING_MOST);
    this.band.stir();
    this.#stir();
  }

  #isChanged = false;

  async #light(post, ms) {
    const before = this.#spot;
    this.#spot = post && { id: post.id, until: performance.now() + ms };
    const spot = this.#spot;
    if (!post) {
      this.#heldUntil = 0;
      if (before && !this.feed.get(before.id)) this.#readings.delete(before.id);
      this.#dueAt = 0;
      this.#stir();
    } else if ((await this.#fetch(post)) && this.#spot === spot) {
      this.#edition++;
      this.#stir();
    }
  }

  /** A post is gone: off the glass in this very moment, before anything else is considered. */
  #remove(id) {
    this.#edition++;
    if (this.#spot?.id === id) this.#spot = null;
    this.stage.remove(id);
    this.band.remove(id);
    this.fitter.forget(id);
    for (const shot of this.#readings.get(id)?.shots ?? []) this.pictures.forget(shot.digest);
    this.#readings.delete(id);
    this.#waiting = this.#waiting.filter((other) => other !== id);
    this.#turns.forget(id);
    this.#runs.forget(id);
    if (this.#hero === id) {
      this.#hero = null;
      this.#heldUntil = this.#dueAt = 0;
    }
    this.#report();
    this.#stir();
  }

  // Who stands large

  #stir() {
    clearTimeout(this.#timer);
    if (!this.#isStopped && !this.#isBusy) void this.#act();
  }

  /** {id, isNew} of whoever stands large next, or {until} when it is not yet time (null: nothing is due). */
  #choice(now) {
    const ids = this.#ids;
    if (this.#spot && this.#readings.has(this.#spot.id)) {
      return this.#hero === this.#spot.id ? { until: this.#spot.until } : { id: this.#spot.id, isNew: true };
    }
    if (this.#isChanged && this.#hero) return { id: this.#hero, isNew: false };
    if (now < this.#heldUntil) return { until: this.#heldUntil };
    const waiting = this.#waiting.at(-1);
    if (waiting !== undefined) return { id: waiting, isNew: true };
    if (this.#hero !== null && now < this.#dueAt) return { until: this.#dueAt };
    const id = this.#turns.next(ids, { owed: this.feed.owed ?? new Set(), not: this.#hero === null ? [] : [this.#hero] });
    return id === null ? { until: null } : { id, isNew: false };
  }

  async #act() {
    this.#isBusy = true;
    try {
      for (;;) {
        const now = performance.now();
        const { id, isNew, until } = this.#choice(now);
        if (id === undefined) {
          if (until !== null) this.#timer = setTimeout(() => this.#stir(), Math.max(20, until - now));
          break;
        }
        if (!(await this.#show(id, isNew)) && this.#isStopped) break;
      }
    } finally {
      this.#isBusy = false;
    }
    if (!this.#isStopped && this.#hero === null && !this.#ids.length) this.#nobody();
  }

  async #show(id, isNew) {
    const edition = this.#edition;
    const { width, height } = this.frame;
    const isLit = id === this.#spot?.id;
    const isPinned = Boolean(this.feed.get(id)?.pinned);
    try {
      const pose = await this.poses.pose({ id, x: 0, y: 0, width, height, role: "hero", isNew: isNew || isPinned || isLit, isLit }, this.#readings.get(id));
      if (this.#isStopped || edition !== this.#edition) return false;
      const [fault] = this.stage.show([pose], { isNew, redraw: new Set(this.#isChanged ? [id] : []) });
      if (fault) throw fault.error;
    } catch (error) {
      if (edition === this.#edition) await this.#fault(id, error);
      return false;
    }
    const now = performance.now();
    if (!(this.#isChanged && this.#hero === id)) {
      this.#dueAt = now + (isNew ? Math.max(this.settings.dwell_s, 1) : this.settings.rest_s) * 1000;
      this.#heldUntil = isNew ? now + this.settings.dwell_s * 1000 : 0;
    }
    this.#hero = id;
    this.#isChanged = false;
    this.#waiting = this.#waiting.filter((other) => other !== id);
    this.#turns.shown(id, now);
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.band.start();
    }
    this.#report();
    return true;
  }

  /** A post that breaks is taken out and counted; the others go on. */
  async #fault(id, error) {
    this.feed.failed(id, error);
    this.#readings.delete(id);
    this.#waiting = this.#waiting.filter((other) => other !== id);
    this.stage.remove(id);
    if (this.#hero === id) this.#hero = null;
    await new Promise((done) => setTimeout(done, AFTER_FAULT_MS));
  }

  #nobody() {
    this.stage.clear();
    this.feed.painted([]);
  }

  // The band

  /** Owed ones first, then those that have not run for longest; now and then the invitation. Null: all stand. */
  #nextInBand(standing) {
    const invitation = this.#invitation();
    const posts = new Map(this.feed.posts().filter((post) => lineOf(post)).slice(0, BAND_POSTS).map((post) => [post.id, post]));
    const large = posts.size > 2 && this.#hero !== null ? [this.#hero] : []; // it can be read above
    const id = this.#runs.next(posts.keys(), { owed: this.feed.owed ?? new Set(), not: [...standing, ...large] });
    if (invitation && (this.#sinceInvite >= Math.min(INVITE_EVERY, posts.size) || (id === null && this.#sinceInvite > 0))) {
      this.#sinceInvite = 0;
      return invitation;
    }
    if (id === null) return null;
    this.#sinceInvite++;
    this.#runs.shown(id, performance.now());
    return posts.get(id);
  }

  #invitation() {
    const text = this.join.label ?? "";
    return text ? { name: this.words("ticker.invite"), text } : null;
  }

  #report() {
    if (!this.#isStarted || this.#isStopped) return;
    this.feed.painted([...new Set([...this.stage.ids, ...this.band.ids])]);
  }

  // The frame

  #look() {
    this.frame = { width: this.place.clientWidth, height: this.place.clientHeight, ...this.metrics() };
    this.#sizes.text = this.frame.text;
  }

  #resized() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      const { width, height, text } = this.frame;
      this.#look();
      if (this.#isStopped || (width === this.frame.width && height === this.frame.height && text === this.frame.text)) return;
      this.#edition++;
      this.fitter.reset();
      this.#isChanged = this.#hero !== null;
      if (this.#isStarted) this.band.start();
      this.#stir();
    }, SETTLE_MS);
  }
}
