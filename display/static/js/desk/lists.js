// Where the person is: which list, what is looked for in it, which card is in view; and the pages that are fetched for it.

import { nextAfter } from "./board.js";
import { gather } from "./cluster.js";
import { Filter } from "./filter.js";
import { nameOf } from "./pieces.js";
import { TABS } from "./verdicts.js";

const PAGE = 100;
const LOW = 40; // so few cards in hand: the next ones are fetched before they are needed
const REFILL_EVERY_MS = 2000;
const LIMIT_MS = 10_000;
const SPLIT_KEPT = 100;

/** Asks the API for JSON. Throws an Error whose `status` is the answer's, 0 when none came. */
export async function ask(path, query = {}) {
  const address = `${path}?${new URLSearchParams(query)}`;
  const response = await fetch(address, { signal: AbortSignal.timeout(LIMIT_MS) }).catch(() => null);
  if (!response?.ok) throw Object.assign(new Error(path), { status: response?.status ?? 0 });
  return response.json();
}

export class Lists {
  tab = "queued";
  filter = new Filter();
  split = new Set();
  isReady = false;
  #selected = {};
  #wish = "";
  #fetching = null;
  #refilledAt = -REFILL_EVERY_MS;

  /**
   * @param isFree (id) nobody else looks at this card, and it waits for this person
   * @param changed () something to paint; failed ({status}) a page did not come
   */
  constructor({ board, isFree, changed, failed }) {
    Object.assign(this, { board, isFree, changed, failed });
  }

  get shelf() {
    return this.board.shelf(this.tab);
  }

  /** The cards of the list in view, one for each cluster. */
  cards() {
    return gather(this.board.list(this.tab), this.split);
  }

  current() {
    const id = this.#selected[this.tab];
    const post = id ? this.board.get(id) : null;
    return post && this.board.stateOf(id) === this.tab ? post : null;
  }

  /** The id in view; the first free card of `list` when what was in view is not there any more. */
  settle(list) {
    if (this.#wish && list.some((post) => post.id === this.#wish)) {
      this.#selected[this.tab] = this.#wish;
      this.#wish = "";
    }
    const id = this.#selected[this.tab];
    if (list.some((post) => post.id === id)) return id;
    const isCluster = id && this.current()?.cluster; // another card of the same cluster leads it now
    const leader = isCluster ? list.find((post) => post.cluster?.id === isCluster.id) : null;
    const next = leader ?? list.find((post) => this.isFree(post.id)) ?? list[0];
    return (this.#selected[this.tab] = next?.id ?? null);
  }

  isSelected(id) {
    return this.#selected[this.tab] === id;
  }

  /** The server told everything anew. */
  reset() {
    this.isReady = true;
    if (!this.filter.isEmpty || !this.#isPushed(this.tab)) void this.fetch();
  }

  show(tab) {
    if (!TABS.includes(tab)) return;
    const isSame = tab === this.tab;
    this.tab = tab;
    if (!this.filter.isEmpty) {
      if (!isSame) this.board.seek(tab, this.filter);
      void this.fetch();
    } else if (!this.#isPushed(tab) && this.shelf.cursor === undefined) void this.fetch();
    this.changed();
  }

  /** Looks for something; an empty filter shows all again. */
  seek(filter) {
    if (filter.sign === this.filter.sign) return;
    this.filter = filter;
    this.board.seek(this.tab, filter.isEmpty ? null : filter);
    if (!filter.isEmpty || !this.#isPushed(this.tab)) void this.fetch();
    this.changed();
  }

  /** Asks again for what is looked for: the cards that came in meanwhile. */
  refresh() {
    if (!this.filter.isEmpty) this.board.seek(this.tab, this.filter);
    void this.fetch();
    this.changed();
  }

  select(id) {
    this.#wish = "";
    this.#selected[this.tab] = id;
    this.changed();
  }

  /** Shows a card wherever it stands now; one that this page does not hold among the others of its author. */
  goTo(post) {
    const state = this.board.stateOf(post.id) ?? post.state;
    if (!TABS.includes(state)) return;
    if (state !== this.tab) this.show(state);
    if (!this.filter.isEmpty && this.filter.matches({ ...post, state }) !== true) this.seek(new Filter());
    if (!this.board.list(state).some((one) => one.id === post.id) && post.author?.key) {
      this.seek(new Filter({ author: post.author.key }, { author: nameOf(post) }));
    }
    if (post.cluster) this.split.add(post.cluster.id);
    this.#wish = post.id;
    this.changed();
  }

  /** Moves through the list; gives the id that is in view then, or null. */
  move(by) {
    const ids = this.cards().map((post) => post.id);
    if (!ids.length) return null;
    const at = ids.indexOf(this.#selected[this.tab]);
    const next = ids[Math.min(ids.length - 1, Math.max(0, at + by))];
    this.select(next);
    return next;
  }

  /** What comes into view when `gone` leaves the list: the next card that nobody else looks at. */
  after(gone) {
    return nextAfter(this.cards().map((post) => post.id), gone, this.isFree);
  }

  advance(gone) {
    this.#selected[this.tab] = this.after(gone);
  }

  /** Shows the cards of a cluster one by one, or as one again. */
  toggleApart(clusterId) {
    if (!this.split.delete(clusterId)) this.split.add(clusterId);
    while (this.split.size > SPLIT_KEPT) this.split.delete(this.split.keys().next().value);
    this.changed();
  }

  // -- pages -------------------------------------------------------------------------------------------------------

  get isLoading() {
    return !this.isReady || this.#fetching !== null;
  }

  /** Fetches the next page; pages that hold nothing new (the socket had brought them) are passed over. */
  async fetch() {
    const { tab, shelf } = this;
    if (this.#fetching === shelf) return;
    this.#fetching = shelf;
    try {
      const before = shelf.ids.size + shelf.passed;
      for (let { cursor } = shelf; ; ) {
        const found = await ask("/api/v1/posts", { state: tab, ...this.#query(shelf), limit: PAGE, ...(cursor ? { cursor } : {}) });
        if (this.board.shelf(tab) !== shelf) return; // the person looks for something else by now
        this.board.take(shelf, found.posts, found);
        shelf.isAsked = true;
        ({ cursor } = found);
        if (cursor === null || shelf.ids.size + shelf.passed > before) break;
      }
    } catch (error) {
      if (!("status" in error)) throw error;
      this.failed(error);
    } finally {
      if (this.#fetching === shelf) this.#fetching = null;
      this.changed();
    }
  }

  /** Back to the beginning of a list that was paged through. */
  rewind() {
    this.board.rewind(this.tab);
    void this.fetch();
  }

  /** Few cards are left in hand and the server has more: the first page again, which begins with them. */
  refill(length) {
    if (length >= LOW || !this.shelf.hasMore || this.#fetching || this.shelf.passed) return;
    if (performance.now() - this.#refilledAt < REFILL_EVERY_MS) return;
    this.#refilledAt = performance.now();
    this.shelf.cursor = undefined;
    void this.fetch();
  }

  #query(shelf) {
    return shelf.filter ? shelf.filter.query : {};
  }

  /** What waits comes by the socket; what was decided is fetched. */
  #isPushed(tab) {
    return tab === "queued" || tab === "held";
  }
}
