// The desk's picture of the posts: what the server said, and over it what was pressed and not yet answered. Pure.

import { Recent } from "../dom.js";
import { Shelf, orderOf } from "./shelf.js";
import { TABS } from "./verdicts.js";

const NOTES_KEPT = 200;
const BESIDE_KEPT = 2000; // authors and clusters whose newest numbers are remembered

/** Whether a card is an earlier edition of one that is known: revisions only grow. */
function isOlder(post, known) {
  return Boolean(known) && (post.mrev < known.mrev || (post.mrev === known.mrev && post.rev < known.rev));
}

export class Board {
  #cards = new Map();
  #pending = new Map();
  #counts = Object.fromEntries(TABS.map((tab) => [tab, 0]));
  #notes = new Map();
  #authors = new Recent(BESIDE_KEPT);
  #sizes = new Recent(BESIDE_KEPT);
  #shelves = TABS.map((tab) => new Shelf(tab));
  #found = null;

  /** How many cards are in memory; bounded whatever waits on the server. */
  get size() {
    return this.#cards.size;
  }

  /** The shelf of a tab: the one of the search, while there is one, else the plain one. */
  shelf(tab) {
    return this.#found?.tab === tab ? this.#found : this.#shelves[TABS.indexOf(tab)];
  }

  /** Opens a shelf for what a filter finds in `tab`; null closes it. */
  seek(tab, filter) {
    this.#found = filter ? new Shelf(tab, filter) : null;
    this.#sweep();
  }

  /** The server tells all: what waits and how many there are. Everything else is fetched again when looked at. */
  reset({ posts = [], counts = {} }) {
    const known = new Map(this.#cards);
    this.#cards.clear();
    this.#shelves = TABS.map((tab) => new Shelf(tab));
    if (this.#found) this.#found = new Shelf(this.#found.tab, this.#found.filter);
    this.setCounts(counts);
    // an answer may have overtaken the queue that was on its way: what was decided does not come back
    for (const post of posts) this.put(isOlder(post, known.get(post.id)) ? known.get(post.id) : post);
    for (const shelf of this.#shelves) {
      const isWhole = !(this.#counts[shelf.tab] > shelf.ids.size);
      if (!isWhole && shelf.ids.size) shelf.horizon = Math.max(...[...shelf.ids].map((id) => this.#order(id, shelf.tab)));
    }
  }

  setCounts(counts) {
    for (const tab of TABS) if (Number.isFinite(counts[tab])) this.#counts[tab] = counts[tab];
  }

  /**
   * Takes a card as the server has it now. "old" when it is older than what is known (two answers overtook each
   * other: revisions only grow), "beyond" when it waits behind what this page keeps, else "kept".
   */
  put(post) {
    const known = this.#cards.get(post.id);
    if (isOlder(post, known)) return "old";
    this.#cards.set(post.id, post);
    this.#learn(post, known);
    for (const shelf of this.#every()) {
      const belongs = shelf.admits(post);
      if (belongs === false) shelf.ids.delete(post.id);
      else if (belongs) this.#place(shelf, post.id);
      else if (!shelf.ids.has(post.id)) shelf.unseen.add(post.id);
    }
    return this.#keepOrDrop(post.id) ? "kept" : "beyond";
  }

  /** Takes a page that was asked for; `cursor` null: it was the last. */
  take(shelf, posts, { cursor, total = null, building = null }) {
    let last = -Infinity;
    for (const post of posts) {
      const known = this.#cards.get(post.id);
      if (!known || post.mrev > known.mrev || (post.mrev === known.mrev && post.rev >= known.rev)) {
        this.#cards.set(post.id, post);
        this.#learn(post, known);
      }
      if (this.#cards.get(post.id).state === shelf.tab) shelf.ids.add(post.id);
      last = orderOf(post, shelf.tab);
    }
    // what came by itself while nothing bounded the window may stand far behind this page: a gap would lie between
    shelf.horizon = cursor === null ? Infinity : Math.max(last, shelf.horizon === Infinity ? last : shelf.horizon);
    const beyond = [...shelf.ids].filter((id) => this.#order(id, shelf.tab) > shelf.horizon);
    for (const id of beyond) shelf.ids.delete(id);
    for (const id of beyond) this.#keepOrDrop(id);
    shelf.cursor = cursor;
    if (Number.isFinite(total)) shelf.total = total;
    shelf.isBuilding = building !== null;
    for (const id of shelf.trim((id) => this.#order(id, shelf.tab), { isPaged: true })) this.#keepOrDrop(id);
  }

  /** Back to the first page: the window is empty and begins anew. */
  rewind(tab) {
    const found = this.#found?.tab === tab;
    const fresh = new Shelf(tab, found ? this.#found.filter : null);
    if (found) this.#found = fresh;
    else this.#shelves[TABS.indexOf(tab)] = fresh;
    this.#sweep();
    return fresh;
  }

  forget(id) {
    this.#pending.delete(id);
    this.#notes.delete(id);
    this.#cards.delete(id);
    for (const shelf of this.#every()) shelf.ids.delete(id);
  }

  get(id) {
    const post = this.#cards.get(id);
    return post ? this.#fresh(post) : null;
  }

  /** What the wall knows of an author has changed, for all their cards. */
  setAuthor(author) {
    this.#authors.set(author.key, author);
  }

  /** Changes fields of a card until the server tells what it has. */
  patch(id, fields) {
    const post = this.#cards.get(id);
    if (post) this.#cards.set(id, { ...post, ...fields });
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
    if (this.#pending.get(id)?.key !== key) return;
    this.#pending.delete(id);
    if (this.#cards.has(id)) this.#keepOrDrop(id);
  }

  isPending(id) {
    return this.#pending.has(id);
  }

  /** A word on a card until it is decided: "changed" (since you looked). */
  note(id, word) {
    this.#notes.set(id, word);
    while (this.#notes.size > NOTES_KEPT) this.#notes.delete(this.#notes.keys().next().value);
  }

  noteOf(id) {
    return this.#notes.get(id) ?? "";
  }

  /** Every card in memory that `wanted` says yes to. */
  where(wanted) {
    return [...this.#cards.values()].map((post) => this.#fresh(post)).filter(wanted);
  }

  /** The cards of a tab: what waits in its order, what was decided newest first. */
  list(tab) {
    const shelf = this.shelf(tab);
    const ids = new Set(shelf.ids);
    for (const [id, { to }] of this.#pending) {
      const post = to === tab ? this.#cards.get(id) : null;
      if (post && (!shelf.filter || shelf.filter.matches({ ...post, state: tab }))) ids.add(id);
    }
    return [...ids]
      .filter((id) => this.stateOf(id) === tab && this.#cards.has(id))
      .map((id) => this.get(id))
      .map((post) => [this.#order(post.id, tab), post])
      .sort(([a, left], [b, right]) => a - b || (left.id < right.id ? -1 : 1))
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

  /** Cards of one author, or of one cluster, come at different times: the newest word on both is kept beside them. */
  #learn(post, known) {
    if (post.author) this.#authors.set(post.author.key, post.author);
    if (post.cluster) this.#sizes.set(post.cluster.id, post.cluster.size);
    else if (known?.cluster) this.#sizes.set(known.cluster.id, (this.#sizes.get(known.cluster.id) ?? known.cluster.size) - 1);
  }

  #fresh(post) {
    const author = post.author && (this.#authors.get(post.author.key) ?? post.author);
    const size = post.cluster && (this.#sizes.get(post.cluster.id) ?? post.cluster.size);
    if (author === post.author && (!post.cluster || size === post.cluster.size)) return post;
    const fresh = { ...post, author, ...(post.cluster ? { cluster: { ...post.cluster, size } } : {}) };
    this.#cards.set(post.id, fresh);
    return fresh;
  }

  #order(id, tab) {
    const post = this.#cards.get(id);
    const isUp = tab === "approved" || tab === "rejected";
    const pressed = isUp ? this.#pending.get(id) : null;
    return pressed ? -pressed.at : post ? orderOf(post, tab) : Infinity;
  }

  #every() {
    return this.#found ? [...this.#shelves, this.#found] : this.#shelves;
  }

  #place(shelf, id) {
    shelf.ids.add(id);
    shelf.unseen.delete(id);
    for (const gone of shelf.trim((one) => this.#order(one, shelf.tab))) if (gone !== id) this.#keepOrDrop(gone);
  }

  /** A card that no shelf holds and no press waits for is forgotten: it is a fetch away. */
  #keepOrDrop(id) {
    if (this.#pending.has(id) || this.#every().some((shelf) => shelf.ids.has(id))) return true;
    this.#cards.delete(id);
    this.#notes.delete(id);
    return false;
  }

  #sweep() {
    for (const id of [...this.#cards.keys()]) this.#keepOrDrop(id);
  }
}

/**
 * The card to look at when `gone` leaves a list: the one that moves into its place, else the last. One that
 * `isFree` says no to (somebody else looks at it) is passed over while there is another.
 */
export function nextAfter(ids, gone, isFree = () => true) {
  const at = ids.indexOf(gone);
  const rest = ids.filter((id) => id !== gone);
  const first = Math.min(Math.max(at, 0), rest.length - 1);
  const ahead = [...rest.slice(first), ...rest.slice(0, Math.max(0, first))];
  return ahead.find(isFree) ?? ahead[0] ?? null;
}
