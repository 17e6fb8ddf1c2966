// The desk's picture of the posts: what the server said, and over it what was pressed and not yet answered. Pure.

import { TABS } from "./verdicts.js";

const KEPT_PER_STATE = 300;

export class Board {
  #cards = new Map();
  #pending = new Map();
  #counts = Object.fromEntries(TABS.map((tab) => [tab, 0]));
  #notes = new Map();

  /** The server tells all: what waits and how many there are. Everything else is fetched again when looked at. */
  reset({ posts = [], counts = {} }) {
    this.#cards.clear();
    for (const post of posts) this.#cards.set(post.id, post);
    this.setCounts(counts);
  }

  setCounts(counts) {
    for (const tab of TABS) if (Number.isFinite(counts[tab])) this.#counts[tab] = counts[tab];
  }

  /**
   * Takes a card as the server has it now. False when it is older than what is known (two answers overtook
   * each other): revisions only grow.
   */
  put(post) {
    const known = this.#cards.get(post.id);
    if (known && (post.mrev < known.mrev || (post.mrev === known.mrev && post.rev < known.rev))) return false;
    if (TABS.includes(post.state)) this.#cards.set(post.id, post);
    else this.#cards.delete(post.id);
    this.#prune(post.state);
    return true;
  }

  forget(id) {
    this.#cards.delete(id);
    this.#pending.delete(id);
    this.#notes.delete(id);
  }

  get(id) {
    return this.#cards.get(id) ?? null;
  }

  /** Where a card stands for the person at the desk: where the last press sent it, else where the server has it. */
  stateOf(id) {
    return this.#pending.get(id)?.to ?? this.#cards.get(id)?.state ?? null;
  }

  /** A press, not yet answered. `key` is its idempotency key; a later press on the same card replaces it. */
  press(id, { to, key, at }) {
    this.#pending.set(id, { to, key, at });
    this.#notes.delete(id);
  }

  /** The press with this key was answered, or taken back before it left. */
  settle(id, key) {
    if (this.#pending.get(id)?.key === key) this.#pending.delete(id);
  }

  isPending(id) {
    return this.#pending.has(id);
  }

  /** A word on a card until it is decided: "changed" (since you looked). */
  note(id, word) {
    this.#notes.set(id, word);
  }

  noteOf(id) {
    return this.#notes.get(id) ?? "";
  }

  /** The cards of a tab: what waits oldest first, what was decided newest first. */
  list(tab) {
    const found = [...this.#cards.values()].filter((post) => this.stateOf(post.id) === tab);
    const waits = tab === "queued" || tab === "held";
    const time = (post) => (waits ? Date.parse(post.arrived ?? post.at) : this.#pending.get(post.id)?.at ?? Date.parse(post.at));
    const sign = waits ? 1 : -1;
    return found
      .map((post) => [time(post) || 0, post])
      .sort(([a, left], [b, right]) => sign * (a - b) || (left.id < right.id ? -1 : 1))
      .map(([, post]) => post);
  }

  /** How many each tab holds, the unanswered presses counted as done. */
  counts() {
    const counts = { ...this.#counts };
    for (const [id, { to }] of this.#pending) {
      const from = this.#cards.get(id)?.state;
      if (!from || from === to) continue;
      if (from in counts) counts[from] = Math.max(0, counts[from] - 1);
      if (to in counts) counts[to]++;
    }
    return counts;
  }

  /** A desk that stays open for days keeps the newest decided cards only; the others are a fetch away. */
  #prune(state) {
    if (state !== "approved" && state !== "rejected") return;
    const held = [...this.#cards.values()].filter((post) => post.state === state);
    if (held.length <= KEPT_PER_STATE * 1.2) return;
    held.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
    for (const post of held.slice(KEPT_PER_STATE)) this.#cards.delete(post.id);
  }
}

/** The card to look at when `gone` leaves a list: the one that moves into its place, else the last. */
export function nextAfter(ids, gone) {
  const at = ids.indexOf(gone);
  const rest = ids.filter((id) => id !== gone);
  return rest[Math.min(Math.max(at, 0), rest.length - 1)] ?? null;
}
