// A shelf: the part of one list that this page keeps. The server has the whole; a window of it is here.

export const KEPT = 300;
const SLACK = 1.2;

/** Where a card stands in the list `tab`, ascending: what waits by its place, what was decided newest first. Pure. */
export function orderOf(post, tab) {
  if (tab !== "queued" && tab !== "held") return -(Date.parse(post.at) || 0);
  return Number.isFinite(post.place) ? post.place : Date.parse(post.arrived ?? post.at) || 0;
}

/**
 * `cursor`: undefined before the first page was fetched, null when the end was reached. `passed` counts the cards
 * before the window, `unseen` those that came in and may belong here (a search cannot be judged on the page).
 */
export class Shelf {
  ids = new Set();
  floor = -Infinity;
  horizon = Infinity;
  passed = 0;
  cursor = undefined;
  total = null;
  isBuilding = false; // the server does not find everything yet
  unseen = new Set();

  /** @param filter null for the plain list, else what its cards must match */
  constructor(tab, filter = null) {
    this.tab = tab;
    this.filter = filter;
  }

  /** Whether a card that came by itself belongs here: true, false, or null where the page cannot tell. */
  admits(post) {
    if (post.state !== this.tab) return false;
    const order = orderOf(post, this.tab);
    if (order < this.floor || order > this.horizon) return false;
    return this.filter ? this.filter.matches(post) : true;
  }

  /** Whether the server has cards behind the window. */
  get hasMore() {
    return this.horizon < Infinity;
  }

  /** Forgets what is beyond `KEPT`: behind the window, or before it when the person has paged on. Gives the ids that left. */
  trim(orderOfId, { isPaged = false } = {}) {
    if (this.ids.size <= (isPaged ? KEPT : KEPT * SLACK)) return [];
    const sorted = [...this.ids].map((id) => [orderOfId(id), id]).sort(([a], [b]) => a - b);
    const gone = isPaged ? sorted.slice(0, sorted.length - KEPT) : sorted.slice(KEPT);
    if (isPaged) {
      this.floor = sorted[gone.length][0];
      this.passed += gone.length;
    } else {
      this.horizon = sorted[KEPT - 1][0];
      this.cursor = undefined;
    }
    for (const [, id] of gone) this.ids.delete(id);
    return gone.map(([, id]) => id);
  }
}
