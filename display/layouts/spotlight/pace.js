// Who stands in the spotlight, and when the next one comes. Pure: time is passed in, in milliseconds.
//
// A new post comes after the least time of the one that stands; the more are waiting, the shorter that is. New posts and
// those that are owed a showing take turns with each other; when there are none, everybody's turn comes equally often.

import { Turns } from "../../js/stage/turns.js";

const ARRIVALS_MAX = 12; // of a rush the newest come first; the others have never been shown and are next in turn

export class Pace {
  current = null;
  #turns = new Turns();
  #arrivals = []; // ids, longest waiting first
  #since = 0;
  #heldUntil = 0;
  #wasNew = false;

  /** A post's least time, the pause before the next turn when nobody writes, and the shortest that a rush may make it. */
  constructor({ dwellMs, restMs, leastMs = Math.min(dwellMs, 3000) }) {
    Object.assign(this, { dwellMs, restMs, leastMs });
  }

  arrive(id) {
    if (id === this.current || this.#arrivals.includes(id)) return;
    this.#arrivals.push(id);
    if (this.#arrivals.length > ARRIVALS_MAX) this.#arrivals.shift();
  }

  /** A post is gone, or cannot be shown. */
  forget(id) {
    this.#arrivals = this.#arrivals.filter((other) => other !== id);
    this.#turns.forget(id);
    if (this.current === id) this.current = null;
  }

  /** `id` stands now; `until`: it is held so long, whoever comes. */
  shown(id, now, until = 0) {
    this.#wasNew = this.isNew(id);
    this.#arrivals = this.#arrivals.filter((other) => other !== id);
    this.#turns.shown(id);
    this.current = id;
    this.#since = now;
    this.#heldUntil = until;
  }

  /** Whether `id` has come while this scene was on, and has not been shown yet. */
  isNew(id) {
    return this.#arrivals.includes(id);
  }

  /** Nobody is held any longer. */
  release() {
    this.#heldUntil = 0;
  }

  /** The next `count` ids of those that may be shown, newest first in `ids`. */
  next(ids, owed, count) {
    const known = new Set(ids);
    const fresh = this.#arrivals.filter((id) => known.has(id));
    const due = this.#turns.order(ids.filter((id) => owed.has(id)), { not: [this.current, ...fresh] });
    const first = [];
    for (let i = 0; i < Math.max(fresh.length, due.length); i++) {
      const pair = this.#wasNew ? [due[i], fresh[i]] : [fresh[i], due[i]];
      first.push(...pair.filter((id) => id !== undefined));
    }
    return [...first, ...this.#turns.order(ids, { not: [this.current, ...first] })].slice(0, count);
  }

  /** When the one that stands makes room, given the ids that may be shown; at once when nobody stands. */
  due(ids, owed) {
    if (this.current === null) return 0;
    const known = new Set(ids);
    const waiting = this.#arrivals.filter((id) => known.has(id)).length;
    const isOwed = ids.some((id) => owed.has(id) && id !== this.current);
    const dwell = waiting ? this.#shortened(waiting) : isOwed ? this.dwellMs : this.restMs;
    return Math.max(this.#heldUntil, this.#since + dwell);
  }

  #shortened(waiting) {
    const usual = this.#wasNew ? this.dwellMs : Math.min(this.dwellMs, this.leastMs * 1.5);
    return Math.max(this.leastMs, usual / (1 + (waiting - 1) * 0.35));
  }
}
