// The line to the wall's events: an EventSource that heals itself where the browser gives up.

import { backoff } from "../link.js";

const KINDS = ["add", "upd", "del", "panic", "reset"];
const SILENT_MS = 40_000; // the server says something every fifteen seconds
const UNSEEN_MS = 30_000; // a browser has few connections for all its tabs together
const SLOWEST_MS = 60_000;

/**
 * Follows `path` from `since` ("epoch:seq"). heard(kind, data) for each event; changed(isLive) when the line comes and goes.
 * The place reached is kept here: a stream that is opened anew goes on from it.
 */
export class Stream {
  isLive = false;
  #source = null;
  #attempt = 0;
  #timers = { retry: 0, silent: 0, unseen: 0 };

  constructor(path, { since, heard, changed }) {
    Object.assign(this, { path, since, heard, changed });
  }

  open() {
    addEventListener("online", () => this.#connect());
    addEventListener("offline", () => this.#show(false));
    addEventListener("pagehide", () => this.#drop());
    addEventListener("pageshow", (event) => event.persisted && this.#connect());
    document.addEventListener("visibilitychange", () => this.#look());
    this.#connect();
  }

  /** A page that nobody looks at gives its connection back after a while. */
  #look() {
    clearTimeout(this.#timers.unseen);
    if (document.visibilityState === "hidden") this.#timers.unseen = setTimeout(() => this.#drop(), UNSEEN_MS);
    else if (!this.#source) this.#connect();
  }

  #connect() {
    this.#drop();
    const url = new URL(this.path, location.href);
    if (this.since) url.searchParams.set("since", this.since);
    const source = new EventSource(url);
    this.#source = source;
    this.#watch();
    source.onopen = () => {
      this.#attempt = 0;
      this.#watch();
      this.#show(true);
    };
    source.onerror = () => {
      this.#show(false);
      if (source.readyState === EventSource.CLOSED) this.#again(); // refused: the browser would not try again
    };
    source.addEventListener("beat", () => this.#watch());
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.#take(kind, event));
  }

  #take(kind, event) {
    this.#watch();
    if (event.lastEventId) this.since = event.lastEventId;
    let data = null;
    try {
      data = JSON.parse(event.data);
    } catch {
      return; // of a newer server: what we do not know changes nothing
    }
    if (typeof data === "object" && data !== null) this.heard(kind, data);
  }

  /** Half-open lines make no error: a silent one is closed and opened again. */
  #watch() {
    clearTimeout(this.#timers.silent);
    this.#timers.silent = setTimeout(() => {
      this.#show(false);
      this.#connect();
    }, SILENT_MS);
  }

  #again() {
    this.#drop();
    const pause = Math.min(SLOWEST_MS, backoff(this.#attempt) * 2 ** Math.max(0, this.#attempt - 3));
    this.#attempt++;
    this.#timers.retry = setTimeout(() => this.#connect(), pause);
  }

  #drop() {
    clearTimeout(this.#timers.retry);
    clearTimeout(this.#timers.silent);
    this.#source?.close();
    this.#source = null;
  }

  #show(isLive) {
    if (this.isLive === isLive) return;
    this.isLive = isLive;
    this.changed(isLive);
  }
}
