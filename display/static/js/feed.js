// What may be on the wall now: approved posts by id, kept in step with the server. Pure: no page, no clock.

import { FeedView } from "./feed-view.js";

const POSTS_MAX = 60; // as many as a snapshot brings: a resync takes nothing old off the glass
const GONE_MAX = 500;
const LIT_MAX = 20;
const EXTRA_MAX = 40;
const BEST_LEAST = 12;
const PHOTOS_MAX = 2000;

export class Feed {
  /** Called with (id, error) for a card that a layout could not draw, and for a layout that fails at an event. */
  onFailed = () => {};
  isPanic = false;
  facts = null; // what the whole wall amounts to: {numbers, networks, words}
  owed = new Set(); // ids that must be shown soon
  #best = new Set(); // ids that quiet hours replay
  #quietSince = 0;
  #posts = new Map();
  #extra = new Map(); // posts older than those, which the server wants to be shown
  #photos = new Map(); // id -> {id, digest, colour, seq} of every approved photo
  #listeners = new Set();
  #spot = null; // the post in the spotlight; it may be older than all of #posts
  #spotMs = 0;
  #lit = new Set(); // ids that were in the spotlight lately and may still stand on a stage
  #gone = new Map(); // id -> sequence number of its removal

  /** All posts, newest approval first; those beyond the newest at the end. In quiet hours the best, and what is new. */
  posts() {
    const newest = [...this.#posts.values()].sort(byApproval);
    const extra = [...this.#extra.values()].filter((post) => !this.#posts.has(post.id)).sort(byApproval);
    const all = extra.length ? [...newest, ...extra] : newest;
    if (!this.isQuiet) return all;
    return all.filter((post) => this.#best.has(post.id) || this.owed.has(post.id) || (post.seq ?? 0) > this.#quietSince);
  }

  /** Nobody is there: the best of the event is shown again. With too few of them the wall goes on as ever. */
  get isQuiet() {
    return this.#best.size >= BEST_LEAST;
  }

  get(id) {
    return this.#spot?.id === id ? this.#spot : (this.#posts.get(id) ?? this.#extra.get(id));
  }

  /** Every approved photo, newest first, at most 2,000. */
  photos() {
    return [...this.#photos.values()].sort(byApproval);
  }

  /**
   * Calls `listener` with {type: "add"|"upd", post}, {type: "del", id}, {type: "reset"}, {type: "facts"|"photos"|"owed"}
   * or {type: "spotlight", post, ms}: the desk wants that post before everybody for so long; post null: no more.
   * Returns the unsubscribe.
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One of the posts once more, for whoever could not draw it. */
  repeat(id) {
    const post = this.get(id);
    if (post && !this.isPanic) this.#emit({ type: "upd", post });
  }

  /** The feed as one scene sees it; see `FeedView`. */
  view(reports) {
    return new FeedView(this, reports);
  }

  /** Applies a snapshot: what is unchanged stays untouched, so nothing on the stage flickers. */
  snapshot({ items = [], panic = false, seq = Infinity }) {
    this.isPanic = panic;
    this.#quietSince = Math.min(this.#quietSince, seq);
    const incoming = new Map(items.filter(isPost).map((post) => [post.id, post]));
    const wasEmpty = this.#posts.size === 0;
    this.#gone.clear(); // a snapshot is all that may be shown; numbers begin anew with another epoch
    const known = [...this.#posts.keys(), ...this.#extra.keys(), ...this.#lit];
    for (const id of new Set(known)) if (!incoming.has(id)) this.#remove(id);
    this.#spot = incoming.get(this.#spot?.id) ?? null;
    if (panic) this.unlight();
    const all = [...incoming.values()].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
    const fresh = all.filter((post, at) => post.pinned || at >= all.length - POSTS_MAX);
    for (const post of fresh) this.#photo(post, { isQuiet: true });
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
      if (!isPost(frame.item)) return;
      const post = { ...frame.item, seq: frame.item.seq ?? frame.seq };
      this.#put(post);
      this.#photo(post);
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
   * Posts that the server wants to be shown although newer ones may have pushed them out: those that are `owed` their
   * seconds, or the `best` of the event. The former list of that reason is forgotten, its posts stay until others come.
   */
  extra(reason, items) {
    const posts = items.filter((item) => isPost(item) && !this.#isOutdated(item));
    const ids = new Set(posts.map((post) => post.id));
    if (reason === "owed") this.owed = ids;
    if (reason === "best") this.#rest(ids);
    for (const post of posts) {
      this.#extra.delete(post.id);
      this.#extra.set(post.id, post);
    }
    const stale = [...this.#extra.keys()].filter((id) => !this.owed.has(id) && !this.#best.has(id) && id !== this.#spot?.id);
    while (this.#extra.size > EXTRA_MAX && stale.length) {
      const id = stale.shift();
      if (this.#posts.has(id)) this.#extra.delete(id); // it is among the newest, too
      else this.#drop(id);
    }
    this.#emit({ type: "owed" });
  }

  #rest(ids) {
    if (this.#best.size === 0) this.#quietSince = Math.max(0, ...[...this.#posts.values()].map((post) => post.seq ?? 0));
    this.#best = ids;
  }

  /** The sums of the whole wall. */
  count(facts) {
    this.facts = facts;
    this.#emit({ type: "facts" });
  }

  /** The list of all photos as it was at `seq`: whatever happened since is kept. */
  setPhotos(photos, seq) {
    const since = [...this.#photos.values()].filter((photo) => photo.seq > seq);
    const listed = photos.filter((photo) => (this.#gone.get(photo.id) ?? -1) < photo.seq);
    const fresh = new Map([...listed, ...since].map((photo) => [photo.id, photo]));
    for (const id of [...this.#photos.keys()]) if (!fresh.has(id)) this.#removePhoto(id);
    this.#photos = fresh;
    this.#trimPhotos();
    this.#emit({ type: "photos" });
  }

  /** Nobody can say any more which photos may be shown: those of the posts alone. */
  doubtPhotos() {
    this.#photos.clear();
    for (const post of this.#posts.values()) this.#photo(post, { isQuiet: true });
    this.#emit({ type: "photos" });
  }

  /**
   * Puts one approved post into the spotlight for `ms`. False when this screen knows better: of a newer revision, of a
   * removal since, of a panic. Its end is for the caller to tell: `unlight`.
   */
  spotlight(item, ms) {
    if (!isPost(item) || this.isPanic || this.#isOutdated(item)) return false;
    if (this.#spot && this.#spot.id !== item.id) this.unlight();
    this.#spot = item;
    this.#spotMs = ms;
    this.#lit.delete(item.id);
    this.#lit.add(item.id);
    if (this.#lit.size > LIT_MAX) this.#lit.delete(this.#lit.values().next().value);
    this.#emit({ type: "spotlight", post: item, ms });
    return true;
  }

  /** What a listener has missed that comes while a post stands in the spotlight; null without one. Its end is told. */
  get lit() {
    return this.#spot && { type: "spotlight", post: this.#spot, ms: this.#spotMs };
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
    const wasExtra = this.#extra.has(post.id); // it is newer now than what was known of it
    this.#extra.delete(post.id);
    this.#posts.set(post.id, post);
    this.#emit({ type: known || wasExtra ? "upd" : "add", post });
    if (this.#posts.size > POSTS_MAX) {
      const newest = [...this.#posts.values()].sort(byApproval);
      const oldest = newest.findLast((other) => !other.pinned && other.id !== post.id && other.id !== this.#spot?.id);
      if (this.#extra.has(oldest?.id)) this.#posts.delete(oldest.id); // it stays among those that the server wants
      else if (oldest) this.#drop(oldest.id);
    }
  }

  #photo(post, { isQuiet = false } = {}) {
    const [picture] = post.pictures ?? [];
    if (!picture) return;
    this.#photos.set(post.id, { id: post.id, digest: picture.digest, colour: picture.colour, seq: post.seq ?? 0 });
    this.#trimPhotos();
    if (!isQuiet) this.#emit({ type: "photos" });
  }

  #trimPhotos() {
    if (this.#photos.size <= PHOTOS_MAX) return;
    for (const { id } of this.photos().slice(PHOTOS_MAX)) this.#photos.delete(id);
  }

  /** No longer among those to be shown; its photo stays in the great picture. */
  #drop(id) {
    const isKnown = this.#posts.delete(id);
    if (this.#extra.delete(id) || isKnown) this.#emit({ type: "del", id, isOld: true });
  }

  #remove(id) {
    const kept = [this.#posts, this.#extra, this.#photos, this.#lit, this.owed, this.#best].filter((list) => list.delete(id));
    if (this.#spot?.id === id) this.#spot = null;
    if (kept.length) this.#emit({ type: "del", id });
  }

  #removePhoto(id) {
    this.#photos.delete(id);
    if (!this.get(id)) this.#emit({ type: "del", id });
  }

  #emit(event) {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.onFailed(event.id ?? event.post?.id ?? "", error);
      }
    }
  }
}

function byApproval(a, b) {
  return (b.seq ?? 0) - (a.seq ?? 0);
}

function isPost(item) {
  return typeof item === "object" && item !== null && typeof item.id === "string" && item.id !== "";
}
