// The bento wall: one large voice, a shelf and justified columns beside it. One new post is one event.
//
// mount(root, options, feed) -> unmount. options: {words, clock, brands, metrics() -> {unit, text}, glow(colour), settings}.

import { breathe, el } from "../../js/dom.js";
import { Flashes } from "../../js/flash.js";
import { Motion } from "../../js/motion.js";
import { EMPTY, WINDOW, compose, crown, drop, mend, place, plan, seat } from "./columns.js";
import { Fitter } from "./fitter.js";
import { Pace } from "./pace.js";
import { Pictures } from "../../js/stage/pictures.js";
import { Poses } from "./poses.js";
import { Readings } from "./readings.js";
import { Stage } from "./stage.js";

/** The settings of layout.toml with their defaults. */
export const DEFAULTS = { dwell_s: 6, rest_s: 12, drift_s: 9, motion: 1 };

const FIRST_POSTS = 18;
const FIRST_WAIT_MS = 1500;
const SETTLE_MS = 180;
const ATTEMPTS = 5;
const AFTER_FAULT_MS = 1000;

export function mount(root, options, feed) {
  const wall = new Wall(root, options, feed);
  wall.start();
  return () => wall.stop();
}

class Wall {
  #scene = EMPTY;
  #redraw = new Set(); // ids that stand and whose words have changed
  #edition = 0; // raised by whatever makes a change in preparation out of date
  #sizes = { text: 1 };
  #isDirty = false;
  #isBusy = false;
  #isCalled = false;
  #isStopped = false;
  #spot = null; // {id, until, isDue}: the post that the desk wants before everybody
  #timer = 0;
  #settling = 0;
  #stops = [];
  #flashes = new Flashes();

  constructor(root, options, feed) {
    const settings = { ...DEFAULTS, ...options.settings };
    const { words, clock, brands, glow } = options;
    Object.assign(this, { root, feed, clock, metrics: options.metrics });
    this.node = el("div", "bento");
    root.append(this.node);
    this.#look();
    this.pictures = new Pictures();
    this.fitter = new Fitter(this.node, brands, this.#sizes, words);
    this.poses = new Poses({ fitter: this.fitter, pictures: this.pictures, frame: () => this.frame });
    this.readings = new Readings({ feed, pictures: this.pictures, needs: (reading) => this.poses.needs(reading) });
    this.pace = new Pace({ dwellMs: settings.dwell_s * 1000, restMs: settings.rest_s * 1000 });
    this.stage = new Stage({
      root: this.node, brands, words, clock, glow, sizes: this.#sizes,
      motion: new Motion(settings.motion), driftS: settings.drift_s,
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
    this.node.remove();
  }

  // What may be shown

  /** Ids of posts that are ready, newest first; before them the one in the spotlight, however old. */
  get #ids() {
    const ids = this.feed.posts().filter((post) => this.readings.has(post.id)).map((post) => post.id);
    const lit = this.#spot?.id;
    return lit === undefined || ids.includes(lit) || !this.readings.has(lit) ? ids : [lit, ...ids];
  }

  #measure = (id, width) => this.fitter.measure(this.readings.get(id), width);

  #isPinned = (id) => Boolean(this.feed.get(id)?.pinned);

  #heard(event) {
    if (event.type === "reset") this.#begin();
    else if (event.type === "del") this.#remove(event.id);
    else if (event.type === "spotlight") this.#light(event.post, event.ms);
    else if (event.type === "owed") this.#owe();
    else if (event.type === "add" || event.type === "upd") this.#admit(event.post);
  }

  /** Ids that must be seen soon and do not stand. */
  get #owed() {
    return [...(this.feed.owed ?? [])].filter((id) => this.readings.has(id) && !this.stage.has(id));
  }

  async #owe() {
    for (const id of this.feed.owed) {
      const post = this.feed.get(id);
      if (post && !this.readings.has(id)) await this.readings.fetch(post);
      if (this.#isStopped) return;
    }
    this.#stir();
  }

  /** Everything anew from the feed; what stands already stays where it can. */
  async #begin() {
    const posts = this.feed.posts();
    this.#edition++;
    if (!posts.length) return;
    const first = posts.slice(0, FIRST_POSTS).map((post) => this.readings.fetch(post));
    await Promise.race([Promise.all(first), new Promise((done) => setTimeout(done, FIRST_WAIT_MS))]);
    if (this.#isStopped) return;
    const ids = this.#ids;
    const hero = ids.includes(this.#scene.hero) ? this.#scene.hero : ids[0];
    if (ids.length) this.pace.begin(ids, hero, performance.now());
    this.#later();
    for (const post of posts) if (!this.readings.has(post.id) && (await this.readings.fetch(post))) this.#later();
  }

  async #admit(post) {
    if (!(await this.readings.fetch(post)) || this.#isStopped) return;
    if (this.stage.has(post.id)) {
      this.#edition++; // a change in preparation has the former words
      this.#redraw.add(post.id);
    } else this.pace.arrive(post.id, post.seq ?? Infinity);
    this.#stir();
  }

  /** The desk's choice, before whatever waits; `post` null: the wall goes on. */
  async #light(post, ms) {
    const before = this.#spot?.id;
    this.#spot = post && { id: post.id, until: performance.now() + ms, isDue: false };
    if (before !== undefined && before !== post?.id) this.#dim(before);
    if (!post) return;
    const spot = this.#spot;
    if (!(await this.readings.fetch(post)) || this.#isStopped || this.#spot !== spot) return;
    this.#edition++; // a change in preparation gives way
    spot.isDue = true;
    this.#stir();
  }

  /** No longer held. A post that is older than all that the wall keeps leaves; the others stay until their time. */
  #dim(id) {
    this.pace.release(performance.now());
    if (this.feed.get(id)) {
      if (this.stage.has(id)) this.#redraw.add(id);
      this.#stir();
      return;
    }
    this.#edition++;
    this.readings.forget(id);
    this.fitter.forget(id);
    this.pace.forget(id);
    this.#scene = drop(this.#scene, id);
    this.#later();
  }

  /** A post is gone: off the glass in this very moment, before anything else is considered. */
  #remove(id) {
    this.#edition++;
    if (this.#spot?.id === id) {
      this.#spot = null;
      this.pace.release(performance.now());
    }
    this.stage.remove(id);
    this.fitter.forget(id);
    this.#redraw.delete(id);
    this.pace.forget(id);
    this.readings.erase(id);
    this.#scene = drop(this.#scene, id);
    this.feed.painted(this.stage.ids);
    this.#later();
  }

  #later() {
    this.#isDirty = true;
    queueMicrotask(() => this.#stir());
  }

  // One change at a time

  async #stir() {
    this.#isCalled = true;
    if (this.#isBusy || this.#isStopped) return;
    this.#isBusy = true;
    clearTimeout(this.#timer);
    try {
      while (this.#isCalled && !this.#isStopped) {
        this.#isCalled = false; // a call while the last step ends must not be lost
        while (!this.#isStopped && (await this.#step()));
      }
    } catch (error) {
      this.feed.failed("", error);
      this.#timer = setTimeout(() => this.#stir(), AFTER_FAULT_MS); // the wall never stands still for good
    } finally {
      this.#isBusy = false;
    }
  }

  /** Does what is due; false when there is nothing to do now. */
  async #step() {
    if (!this.frame.width) this.#refit(); // it was out of sight: an empty screen is an invitation
    const pause = this.#flashes.wait(performance.now());
    if (pause > 0) {
      this.#timer = setTimeout(() => this.#stir(), pause);
      return false;
    }
    if (this.#isDirty) return this.#repair();
    if (this.#spot?.isDue) return this.#show(this.#spot);
    if (this.#redraw.size) return this.#change(() => this.#tall(this.#scene), {});
    const now = performance.now();
    const next = this.pace.next(now, this.#ids, this.#scene.hero, this.#owed);
    if (next.act === "wait") {
      if (next.until !== null) this.#timer = setTimeout(() => this.#stir(), Math.max(10, next.until - now));
      return false;
    }
    const ids = next.act === "crown" ? [next.id] : next.ids;
    const isDone = await this.#change(() => this.#next(ids, next.act), { isNew: next.isNew, ids, hero: next.id });
    if (!isDone) return true; // too much has gone meanwhile: they wait for the next attempt
    if (next.act === "crown") this.pace.crowned(next.id, performance.now(), { isNew: next.isNew });
    else this.pace.seated(ids.filter((id) => this.stage.has(id)), performance.now(), next); // the others wait on
    this.#foresee();
    return true;
  }

  /** Puts the post in the spotlight into the hero's place and holds it there. */
  async #show(spot) {
    spot.isDue = false;
    const { id, until } = spot;
    const isDone = await this.#change(() => this.#next([id], "crown"), { isNew: true, ids: [id], hero: id });
    if (isDone && this.#spot === spot && this.#scene.hero === id) this.pace.hold(id, performance.now(), until);
    spot.isDue = !isDone;
    return true;
  }

  /** The scene after `ids` came: as the hero, or each into a column. */
  #next(ids, act) {
    const all = this.#ids;
    const known = ids.filter((id) => all.includes(id));
    if (!known.length) return this.#scene;
    const hero = act === "crown" ? known[0] : this.#scene.hero;
    if (plan(this.frame, all.length).key !== this.#scene.key) {
      return this.#tall(compose(this.frame, [hero, ...all.filter((id) => id !== hero)], this.#measure, { hero }));
    }
    const choices = { reserve: all, keep: this.#isPinned };
    if (act === "crown") return this.#tall(crown(this.frame, all.length, this.#scene, hero, this.#measure, choices));
    const changed = [];
    return known.reduce((scene, id) => {
      const next = seat(this.frame, all.length, scene, id, this.#measure, { ...choices, not: changed });
      changed.push(next.slots.findIndex((list) => list.includes(id)));
      return next;
    }, this.#scene);
  }

  /** After something left, or the frame changed: fill what is empty, find a hero if there is none. */
  async #repair() {
    this.#isDirty = false;
    if (!this.#ids.length) {
      this.stage.clear();
      this.#scene = EMPTY;
      this.feed.painted([]);
      return false;
    }
    const isDone = await this.#change(() => this.#mended(), { hero: this.#heir(this.#ids) });
    const { hero } = this.#scene;
    if (isDone && hero && hero === this.#spot?.id) this.pace.hold(hero, performance.now(), this.#spot.until);
    else if (isDone && hero) this.pace.crowned(hero, performance.now(), { isNew: false });
    return true;
  }

  /** Who is the hero after a repair. */
  #heir(all) {
    if (all.includes(this.#scene.hero)) return this.#scene.hero;
    return this.#scene === EMPTY ? all[0] : (this.pace.turn(all, null) ?? all[0]);
  }

  #mended() {
    const all = this.#ids;
    if (!all.length) return EMPTY;
    const { hero, key } = this.#scene;
    const next = this.#heir(all);
    if (plan(this.frame, all.length).key !== key) return this.#tall(compose(this.frame, all, this.#measure, { hero: next }));
    const choices = { reserve: all, keep: this.#isPinned };
    const crowned = next === hero ? this.#scene : this.#tall(crown(this.frame, all.length, this.#scene, next, this.#measure, choices));
    return mend(this.frame, all.length, crowned, this.#measure, choices);
  }

  /** A hero whose words would be cut gets the tall frame. */
  #tall(scene) {
    if (scene.hero === null) return scene;
    const { hero } = plan(this.frame, this.#ids.length);
    const { fit } = this.poses.heroFit(this.readings.get(scene.hero), { ...hero, role: "hero" });
    return { ...scene, tall: fit.lines > 0 };
  }

  /**
   * Computes a scene, prepares everything it shows, and puts it on the stage in one go. When something was
   * withdrawn meanwhile it starts again. False when it could not be done.
   */
  async #change(compute, { isNew = false, ids = [], hero = null }) {
    for (let attempt = 0; attempt < ATTEMPTS && !this.#isStopped; attempt++) {
      const edition = this.#edition;
      const isStale = () => this.#isStopped || edition !== this.#edition;
      let at = ids[0];
      try {
        await this.#foretell(ids, hero ?? this.#scene.hero, isStale);
        if (isStale()) continue;
        const [scene, poses] = [compute(), []];
        for (const rect of place(this.frame, this.#ids.length, scene, this.#measure)) {
          at = rect.id;
          const isHero = rect.role === "hero";
          const isLit = isHero && at === this.#spot?.id;
          const flag = isHero && (isNew || isLit || this.#isPinned(at) || this.stage.isFlagged(at));
          poses.push(await this.poses.pose({ ...rect, isNew: flag, isLit }, this.readings.get(at), isStale));
          await breathe();
          if (isStale()) break;
        }
        if (isStale()) continue;
        const failed = this.stage.show(poses, { isNew, redraw: this.#redraw });
        if (scene.hero !== this.#scene.hero) this.#flashes.note(performance.now());
        this.#scene = scene;
        this.#redraw.clear();
        for (const { id, error } of failed) this.#fault(id, error);
        this.feed.painted(this.stage.ids);
        return true;
      } catch (error) {
        if (isStale()) continue;
        if (at === undefined) {
          this.#isDirty = true;
          throw error; // no post's fault: tried again, but not at once
        }
        this.#fault(at, error);
      }
    }
    return false;
  }

  /** Measures whoever may be seated now, and the hero's forms, one at a time: the choice among them is no long task. */
  async #foretell(ids, hero, isStale) {
    const all = this.#ids;
    const standing = new Set([this.#scene.hero, ...this.#scene.slots.flat()]);
    const spare = all.filter((id) => !standing.has(id)).slice(0, WINDOW);
    const known = [...new Set([...ids, ...standing, ...spare])].filter((id) => this.readings.has(id));
    const widths = new Set(plan(this.frame, all.length).slots.map((slot) => slot.width));
    await this.poses.measure(known.map((id) => this.readings.get(id)), widths, isStale);
    const frames = [false, true].map((isTall) => ({ ...plan(this.frame, all.length, isTall).hero, role: "hero" }));
    if (this.readings.has(hero)) await this.poses.foretell(this.readings.get(hero), frames, isStale);
  }

  /** A post that breaks is taken out and counted; the wall goes on without it. */
  #fault(id, error) {
    this.feed.failed(id, error);
    this.#edition++;
    this.readings.forget(id);
    this.stage.remove(id);
    this.pace.forget(id);
    this.#scene = drop(this.#scene, id);
    this.#isDirty = true;
  }

  /** Decodes the pictures of whoever comes next, so that a turn never waits. */
  #foresee() {
    const reading = this.readings.get(this.pace.turn(this.#ids, this.#scene.hero));
    for (const url of reading ? this.poses.needs(reading) : []) this.pictures.load(url);
  }

  // The frame

  #look() {
    this.frame = { width: this.root.clientWidth, height: this.root.clientHeight, ...this.metrics() };
    this.#sizes.text = this.frame.text;
  }

  #resized() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#refit(), SETTLE_MS);
  }

  /** Takes another size of the stage, if it has one. */
  #refit() {
    const { width, height, text } = this.frame;
    this.#look();
    if (width === this.frame.width && height === this.frame.height && text === this.frame.text) return;
    this.#edition++;
    this.fitter.reset();
    this.#scene = { ...this.#scene, key: "" };
    this.#later();
  }
}
