// Scenes on the glass: one layout at a time, the next one ready before it is seen, so that nothing is ever blank.

import { el } from "../dom.js";
import { Flashes } from "../flash.js";
import { Programme } from "./programme.js";

const READY_MS = 5000; // a scene that has painted nothing by then is left out
const FAILED_S = 60;
const AGAIN_MS = 1000;
const LONGEST_S = 86_400; // a timer counts no further than some weeks
const CALL_S = 20; // how long a scene lasts that was called in because a post came
const FADE_MS = 600;
const ONLY = { id: "posts", layout: "bento", seconds: 60, options: {}, traits: { posts: true, frame: "rail" } };

export class Scenes {
  #programme = new Programme();
  #given = "";
  #now = null; // the scene on the glass: {scene, node, view, unmount, ids, since}
  #coming = null; // the one that is being made ready
  #timer = 0;
  #isCutOff = false;
  #called = false;
  #isMakeshift = false; // no scene of the programme could be shown
  #flashes = new Flashes();

  /**
   * parts: {places: {rail, full}: where scenes of either frame stand, feed, options(scene) -> what a layout is given,
   * base: address of the layouts, motion, counts() -> {posts, photos, people, words}, minutes() -> of the day,
   * changed(scene|null), painted(ids), failed(id, error)}.
   */
  constructor(parts) {
    Object.assign(this, parts);
    this.feed.subscribe((event) => this.#heard(event));
  }

  get scene() {
    return this.#now?.scene ?? null;
  }

  get programme() {
    return this.#programme.name;
  }

  /** Seconds that the scene on the glass has stood there beyond its time. */
  get lateS() {
    return this.#now ? (performance.now() - this.#now.since) / 1000 - this.scene.seconds : 0;
  }

  /** The ids that stand on the glass. */
  get ids() {
    return this.#now?.ids ?? [];
  }

  /** Takes another programme; the scene on the glass stays when the new one has it too. */
  follow(programme) {
    const given = JSON.stringify(programme);
    if (given === this.#given) return;
    this.#given = given;
    this.#programme = new Programme(programme);
    const kept = this.#programme.scenes.find((scene) => isSame(scene, this.scene));
    if (!kept || this.#coming) this.advance();
  }

  /** Cut off for too long: nothing that visitors wrote, at once. False when no scene is left that may be shown. */
  restrict(isCutOff) {
    if (this.#isCutOff !== isCutOff) {
      this.#isCutOff = isCutOff;
      if (isCutOff && !this.scene?.traits?.evergreen) this.#end();
      this.advance();
    }
    return !isCutOff || Boolean(this.#choose() || this.#now);
  }

  /** The scene on the glass once more: its letters have other measures now. */
  remake() {
    const scene = this.#coming?.scene ?? this.scene;
    if (!scene) return;
    clearTimeout(this.#timer);
    this.#account();
    this.#prepare(scene);
  }

  /** The next scene now. */
  advance({ needsPosts = false } = {}) {
    clearTimeout(this.#timer);
    const pause = this.#flashes.wait(performance.now());
    if (pause > 0) {
      this.#timer = setTimeout(() => this.advance({ needsPosts }), pause);
      return;
    }
    this.#account();
    const next = this.#choose({ needsPosts });
    if (!next) {
      this.#abandon();
      if (this.#isCutOff) this.#end();
      this.#timer = setTimeout(() => this.advance(), READY_MS);
      return;
    }
    this.#called = needsPosts;
    if (isSame(next, this.scene)) {
      this.#abandon();
      this.#now.scene = next; // the same picture under another place of the programme: nothing moves
      this.changed(next);
      this.#arm(next);
    } else if (!isSame(next, this.#coming?.scene)) this.#prepare(next);
  }

  #choose({ needsPosts = false } = {}) {
    const next = this.#programme.next({ ...this.#state, needsPosts });
    this.#isMakeshift = !next;
    // a programme without any scene for now still has a wall to show, be it the invitation to write
    return next ?? (this.#isCutOff ? null : (this.#programme.plain ?? ONLY));
  }

  get #state() {
    return {
      minutes: this.minutes(), counts: this.counts(), now: performance.now() / 1000, current: this.scene, isCutOff: this.#isCutOff,
    };
  }

  /** Mounts a scene out of sight and brings it onto the glass once it has painted. */
  async #prepare(scene) {
    this.#abandon();
    const coming = { scene, node: el("div", "scene coming"), view: null, unmount: null, ids: [], since: 0 };
    this.#coming = coming;
    const isPast = () => this.#coming !== coming && this.#now !== coming;
    coming.view = this.feed.view({
      painted: (ids) => this.#painted(coming, ids),
      failed: (id, error) => this.failed(id, error),
    });
    coming.patience = setTimeout(() => this.#give(coming, new Error("nothing was painted in time")), READY_MS);
    try {
      const [layout] = await Promise.all([import(new URL(`${scene.layout}/layout.js`, this.base).href), this.#dress(scene.layout)]);
      if (isPast()) return;
      this.#place(scene).append(coming.node);
      coming.unmount = layout.mount(coming.node, this.options(scene, () => this.#now === coming && this.advance()), coming.view);
      if (isPast()) return release(coming);
      coming.view.relight();
      if (this.#isEmpty(scene)) this.#painted(coming, []); // its layout waits for the first post
    } catch (error) {
      this.#give(coming, error);
    }
  }

  #isEmpty(scene) {
    return scene.traits?.posts && this.feed.posts().length === 0;
  }

  /** The style of a layout, once. */
  #dress(layout) {
    const href = new URL(`${layout}/layout.css`, this.base).href;
    if ([...document.styleSheets].some((sheet) => sheet.href === href)) return null;
    const link = el("link");
    link.rel = "stylesheet";
    return new Promise((done, failed) => {
      link.onload = done;
      link.onerror = () => {
        link.remove();
        failed(new Error(`the style of ${layout} could not be had`));
      };
      link.href = href;
      document.head.append(link);
    });
  }

  #place(scene) {
    return scene.traits?.frame === "full" ? this.places.full : this.places.rail;
  }

  #painted(stage, ids) {
    stage.ids = ids;
    if (stage === this.#coming) this.#enter(stage);
    if (stage === this.#now) this.painted(ids);
  }

  #enter(stage) {
    const former = this.#now;
    this.#coming = null;
    this.#now = stage;
    clearTimeout(stage.patience);
    stage.since = performance.now();
    this.#flashes.note(stage.since);
    stage.node.classList.remove("coming");
    this.changed(stage.scene);
    this.#arm(stage.scene);
    if (!former) return;
    this.motion.appear(stage.node, FADE_MS);
    // until it has faded it goes on hearing: what is taken down leaves it too, in the same moment
    this.motion.vanish(former.node, FADE_MS, () => release(former));
  }

  #arm(scene) {
    clearTimeout(this.#timer);
    const seconds = this.#called ? Math.min(CALL_S, scene.seconds) : scene.seconds;
    this.#timer = setTimeout(() => this.advance(), Math.min(seconds, LONGEST_S) * 1000);
  }

  /** How long the scene on the glass has been seen since it was last asked. */
  #account() {
    if (!this.#now) return;
    const now = performance.now();
    this.#programme.played(this.scene.id, (now - this.#now.since) / 1000);
    this.#now.since = now;
  }

  /** A scene that cannot be shown: the one on the glass stays until another is ready. */
  #give(stage, error) {
    if (stage !== this.#coming) return;
    this.failed("", error);
    this.#programme.failed(stage.scene.id, performance.now() / 1000 + FAILED_S);
    this.#abandon();
    clearTimeout(this.#timer);
    if (this.#isMakeshift) this.#timer = setTimeout(() => this.advance(), AGAIN_MS); // there is nothing else: no haste
    else this.advance();
  }

  #abandon() {
    if (this.#coming) release(this.#coming);
    this.#coming = null;
  }

  /** Nothing on the glass any more, in this very moment. */
  #end() {
    this.#abandon();
    if (!this.#now) return;
    release(this.#now);
    this.#now = null;
    for (const place of Object.values(this.places)) place.replaceChildren();
    this.painted([]);
    this.changed(null);
  }

  #heard(event) {
    const isNews = event.type === "add" || event.type === "reset" || (event.type === "spotlight" && event.post);
    const mayFit = this.#isMakeshift && (event.type === "facts" || event.type === "photos"); // what was missing may have come
    if (!(isNews || mayFit) || this.#isCutOff || this.feed.posts().length === 0) return;
    const next = this.#coming ?? this.#now;
    if (!next || this.#isMakeshift) this.advance(); // there was nothing that the programme could show
    else if (event.type !== "reset" && !next.scene.traits?.posts && this.#programme.next({ ...this.#state, needsPosts: true })) {
      this.advance({ needsPosts: true });
    }
  }
}

/** Whether two scenes draw the same picture. */
function isSame(a, b) {
  return Boolean(a && b) && a.layout === b.layout && JSON.stringify(a.options ?? {}) === JSON.stringify(b.options ?? {});
}

function release(stage) {
  clearTimeout(stage.patience);
  stage.view?.close();
  try {
    stage.unmount?.();
  } catch (error) {
    console.error(error); // what it leaves behind is off the glass all the same
  }
  stage.unmount = null;
  stage.node.remove();
}
