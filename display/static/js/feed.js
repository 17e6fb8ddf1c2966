// What may be on the wall now: approved posts by id, kept in step with the server. Pure: no page, no clock.

const POSTS_MAX = 60; // as many as a snapshot brings: a resync takes nothing old off the glass
const GONE_MAX = 500;
const LIT_MAX = 20;

export class Feed {
  /** Set by the layout after each change on the stage; see `painted`. */
  onPainted = () => {};
  onFailed = () => {};
  isPanic = false;
  #posts = new Map();
  #listeners = new Set();
  #spot = null; // the post in the spotlight; it may be older than all of #posts
  #lit = new Set(); // ids that were in the spotlight lately and may still stand on a stage
  #gone = new Map(); // id -> sequence number of its removal

  /** All posts, newest approval first. */
  posts() {
    return [...this.#posts.values()].sort((a, b) => (b.seq ?? 0) - (a.seq ?? 0));
  }

  get(id) {
    return this.#spot?.id === id ? this.#spot : this.#posts.get(id);
  }

  /**
   * Calls `listener` with {type: "add"|"upd", post}, {type: "del", id}, {type: "reset"} or {type: "spotlight", post, ms}:
   * the desk wants that post before everybody for so long; post null: no more. Returns the unsubscribe.
   */
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
    this.#gone.clear(); // a snapshot is all that may be shown; numbers begin anew with another epoch
    for (const id of new Set([...this.#posts.keys(), ...this.#lit])) if (!incoming.has(id)) this.#remove(id);
    this.#spot = incoming.get(this.#spot?.id) ?? null;
    if (panic) this.unlight();
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
      this.#gone.delete(frame.id);
      this.#gone.set(frame.id, frame.seq);
      if (this.#gone.size > GONE_MAX) this.#gone.delete(this.#gone.keys().next().value);
      this.#remove(frame.id);
    } else if (frame.op === "panic") {
      this.isPanic = frame.on === true;
      if (this.isPanic) this.unlight();
    }
  }

  /**
   * Puts one approved post into the spotlight for `ms`. False when this screen knows better: of a newer revision, of a
   * removal since, of a panic. Its end is for the caller to tell: `unlight`.
   */
  spotlight(item, ms) {
    if (!isPost(item) || this.isPanic || this.#isOutdated(item)) return false;
    if (this.#spot && this.#spot.id !== item.id) this.unlight();
    this.#spot = item;
    this.#lit.delete(item.id);
    this.#lit.add(item.id);
    if (this.#lit.size > LIT_MAX) this.#lit.delete(this.#lit.values().next().value);
    this.#emit({ type: "spotlight", post: item, ms });
    return true;
  }

  /** The spotlight goes out; its post stays on the wall. */
  unlight() {
    if (!this.#spot) return;
    this.#spot = null;
    this.#emit({ type: "spotlight", post: null, ms: 0 });
  }

  #isOutdated(item) {
    const known = this.get(item.id);
    return (known?.rev ?? 0) > (item.rev ?? 0) || (this.#gone.get(item.id) ?? -1) >= (item.seq ?? 0);
  }

  #put(post) {
    if (this.#spot?.id === post.id && (post.rev ?? 0) >= (this.#spot.rev ?? 0)) this.#spot = post;
    const known = this.#posts.get(post.id);
    if (known && (post.rev ?? 0) < (known.rev ?? 0)) return;
    if (known && (post.rev ?? 0) === (known.rev ?? 0) && Boolean(post.pinned) === Boolean(known.pinned)) {
      this.#posts.set(post.id, { ...known, seq: post.seq });
      return;
    }
    this.#posts.set(post.id, post);
    this.#emit({ type: known ? "upd" : "add", post });
    if (this.#posts.size > POSTS_MAX) {
      const oldest = this.posts().findLast((other) => !other.pinned && other.id !== post.id && other.id !== this.#spot?.id);
      if (oldest) this.#remove(oldest.id);
    }
  }

  #remove(id) {
    const isKnown = this.#posts.delete(id);
    const wasLit = this.#lit.delete(id);
    if (this.#spot?.id === id) this.#spot = null;
    if (isKnown || wasLit) this.#emit({ type: "del", id });
  }

  #emit(event) {
    for (const listener of this.#listeners) listener(event);
  }
}

function isPost(item) {
  return typeof item === "object" && item !== null && typeof item.id === "string" && item.id !== "";
}
