// The programme: which scene comes next. Pure: the time, the counts and what has been shown are passed in.

/** Whether `minutes` of the day lie within "HH:MM-HH:MM", also over midnight; "" is always. */
export function isWithin(hours, minutes) {
  const found = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(hours ?? "");
  if (!found) return true;
  const [from, to] = [Number(found[1]) * 60 + Number(found[2]), Number(found[3]) * 60 + Number(found[4])];
  return from <= to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}

/**
 * Scenes in their order, and how long each has been shown.
 *
 * A scene: {id, layout, seconds, options, hours, when: {photos: 6, …}, share, traits: {posts, evergreen, frame}}.
 * `share` is the percentage of all seconds that the scene must get; the others take turns in their order.
 */
export class Programme {
  #shown = new Map(); // id -> seconds
  #total = 0;
  #place = -1; // where the scenes without a share have come to
  #failed = new Map(); // id -> until when it is left out, in seconds

  constructor({ name = "", scenes = [] } = {}) {
    this.name = name;
    this.scenes = scenes.filter((scene) => scene?.seconds > 0);
  }

  /** The first scene that can show any post, be it the only one; undefined without any. */
  get plain() {
    return this.scenes.find((scene) => scene.traits?.posts && Object.keys(scene.when ?? {}).every((what) => what === "posts"));
  }

  /** `seconds` more of a scene have been seen. */
  played(id, seconds) {
    this.#shown.set(id, (this.#shown.get(id) ?? 0) + seconds);
    this.#total += seconds;
  }

  /** A scene could not be shown: leave it out until `until` (seconds, the caller's clock). */
  failed(id, until) {
    this.#failed.set(id, until);
  }

  /**
   * The next scene, or null when none may be shown now.
   *
   * `minutes` of the day; `counts` {posts, photos, people, words}; `current` the scene on the glass, if any;
   * `isCutOff`: evergreen ones alone; `needsPosts`: one that shows posts, because a post has just come.
   */
  next({ minutes, counts, now = 0, current = null, isCutOff = false, needsPosts = false }) {
    let fit = this.scenes.filter((scene) => this.#isFit(scene, { minutes, counts, now, isCutOff }));
    if (needsPosts) fit = fit.filter((scene) => scene.traits?.posts);
    if (!fit.length) return null;
    const due = needsPosts ? null : this.#due(fit, current);
    if (due) return due;
    const turns = fit.filter((scene) => !scene.share);
    if (!turns.length) return fit.find((scene) => scene.id !== current?.id) ?? fit[0];
    const places = turns.map((scene) => this.scenes.indexOf(scene));
    const place = places.find((at) => at > this.#place) ?? places[0];
    if (!needsPosts) this.#place = place; // a scene that is called in between costs nobody his turn
    return this.scenes[place];
  }

  /** The scene that is furthest behind its share, unless it has just been shown. */
  #due(fit, current) {
    let best = null;
    for (const scene of fit) {
      if (!scene.share || (scene.id === current?.id && fit.length > 1)) continue;
      const promised = (scene.share / 100) * (this.#total + scene.seconds);
      const behind = promised - (this.#shown.get(scene.id) ?? 0) - scene.seconds / 2;
      if (behind > 0 && (!best || behind > best.behind)) best = { scene, behind };
    }
    return best?.scene ?? null;
  }

  #isFit(scene, { minutes, counts, now, isCutOff }) {
    if (isCutOff && !scene.traits?.evergreen) return false;
    if ((this.#failed.get(scene.id) ?? -Infinity) > now) return false;
    const least = scene.traits?.posts ? { posts: 1, ...scene.when } : (scene.when ?? {});
    return isWithin(scene.hours, minutes) && Object.entries(least).every(([what, n]) => (counts[what] ?? 0) >= n);
  }
}
