// What may be on the wall now: approved posts by id, kept in step with the server. Pure: no page, no clock.

const POSTS_MAX = 60; // as many as a snapshot brings: a resync takes nothing old off the glass

export class Feed {
  /** Set by the layout after each change on the stage; see `painted`. */
  onPainted = () => {};
  onFailed = () => {};
  isPanic = false;
  #posts = new Map();
  #listeners = new Set();

  /** All posts, newest approval first. */
  posts() {
    return [...this.#posts.values()].sort((a, b) => (b.seq ?? 0) - (a.seq ?? 0));
  }

  get(id) {
    return this.#posts.get(id);
  }

  /** Calls `listener` with {type: "add"|"upd", post}, {type: "del", id} or {type: "reset"}; returns the unsubscribe. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A layout reports the ids that now stand on the stage, pictures decoded; all of them, at each change. */
  painted(ids) {
    this.onPainted(ids);
  }

  /** A layout reports a card that it could not draw. */
  failed(id, error) {
    this.onFailed(id, error);
  }

  /** Applies a snapshot: what is unchanged stays untouched, so nothing on the stage flickers. */
  snapshot({ items = [], panic = false }) {
    this.isPanic = panic;
    const incoming = new Map(items.filter(isPost).map((post) => [post.id, post]));
    const wasEmpty = this.#posts.size === 0;
    for (const id of [...this.#posts.keys()]) if (!incoming.has(id)) this.#remove(id);
    const fresh = [...incoming.values()].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0)).slice(-POSTS_MAX);
    if (wasEmpty) {
      for (const post of fresh) this.#posts.set(post.id, post);
      this.#emit({ type: "reset" });
      return;
    }
    for (const post of fresh) this.#put(post);
  }

  /** Applies one operation; unknown ones change nothing. */
  op(frame) {
    if (frame.op === "add" || frame.op === "upd") {
      if (isPost(frame.item)) this.#put({ ...frame.item, seq: frame.item.seq ?? frame.seq });
    } else if (frame.op === "del") {
      this.#remove(frame.id);
    } else if (frame.op === "panic") {
      this.isPanic = frame.on === true;
    }
  }

  #put(post) {
    const known = this.#posts.get(post.id);
    if (known && (post.rev ?? 0) < (known.rev ?? 0)) return;
    if (known && (post.rev ?? 0) === (known.rev ?? 0) && Boolean(post.pinned) === Boolean(known.pinned)) {
      this.#posts.set(post.id, { ...known, seq: post.seq });
      return;
    }
    this.#posts.set(post.id, post);
    this.#emit({ type: known ? "upd" : "add", post });
    if (this.#posts.size > POSTS_MAX) {
      const oldest = this.posts().findLast((other) => !other.pinned && other.id !== post.id);
      if (oldest) this.#remove(oldest.id);
    }
  }

  #remove(id) {
    if (this.#posts.delete(id)) this.#emit({ type: "del", id });
  }

  #emit(event) {
    for (const listener of this.#listeners) listener(event);
  }
}

function isPost(item) {
  return typeof item === "object" && item !== null && typeof item.id === "string" && item.id !== "";
}
