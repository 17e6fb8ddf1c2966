// Whose turn it is: who is owed a showing first, then who has not been shown for longest, the newest of equals. Pure.
//
// With a fixed set of posts everybody comes equally often; a late-comer has never been shown and so comes next,
// once, and then waits like the others.

const REMEMBERED = 2500; // more than a feed holds photos: whoever is forgotten merely comes early

export class Turns {
  #shown = new Map(); // id -> the number of its last showing, longest ago first
  #count = 0;

  /** `id` is shown now. */
  shown(id) {
    this.#shown.delete(id);
    this.#shown.set(id, ++this.#count);
    if (this.#shown.size > REMEMBERED) this.#shown.delete(this.#shown.keys().next().value);
  }

  /** A post is gone. */
  forget(id) {
    this.#shown.delete(id);
  }

  /**
   * `ids` (newest first) in the order of their turns.
   * @param {Iterable<string>} ids
   * @param {{owed?: Set<string>, not?: Iterable<string>}} choices who comes before all, and who does not come now
   */
  order(ids, { owed = new Set(), not = [] } = {}) {
    const standing = new Set(not);
    const last = (id) => this.#shown.get(id) ?? 0;
    return [...new Set(ids)].filter((id) => !standing.has(id)).sort((a, b) => owed.has(b) - owed.has(a) || last(a) - last(b));
  }

  /** The first of `order`, or null when there is nobody. */
  next(ids, choices) {
    return this.order(ids, choices)[0] ?? null;
  }
}
