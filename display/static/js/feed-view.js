// The feed as one scene sees it: what may be shown, and where the scene reports what it has painted.

export class FeedView {
  #feed;
  #stops = new Set();
  #listeners = new Set();
  #reports;

  /** reports: {painted(ids), failed(id, error)}; nothing comes through any more after `close`. */
  constructor(feed, reports) {
    this.#feed = feed;
    this.#reports = reports;
  }

  get facts() {
    return this.#feed.facts;
  }

  get owed() {
    return this.#feed.owed;
  }

  posts = () => this.#feed.posts();

  photos = () => this.#feed.photos();

  get = (id) => this.#feed.get(id);

  subscribe(listener) {
    if (!this.#reports) return () => {};
    const stop = this.#feed.subscribe(listener);
    this.#stops.add(stop);
    this.#listeners.add(listener);
    return () => {
      stop();
      this.#stops.delete(stop);
      this.#listeners.delete(listener);
    };
  }

  /** A layout reports the ids that now stand on the stage, pictures decoded; all of them, at each change. */
  painted(ids) {
    this.#reports?.painted(ids);
  }

  /** A layout reports a card that it could not draw. */
  failed(id, error) {
    this.#reports?.failed(id, error);
  }

  /** Tells a scene that has just been made which post stands in the spotlight. */
  relight() {
    const event = this.#feed.lit;
    for (const hear of event ? [...this.#listeners] : []) {
      try {
        hear(event);
      } catch (error) {
        this.failed(event.post.id, error);
      }
    }
  }

  close() {
    this.#reports = null;
    this.#listeners.clear();
    for (const stop of this.#stops) stop();
    this.#stops.clear();
  }
}
