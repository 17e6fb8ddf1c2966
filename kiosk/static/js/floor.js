// The line to the wall: how far a mosaic is, how the studio and the printer are; and what this kiosk says of itself.

import { Link } from "../../js/link.js";

const BEAT_MS = 5000;
const RENEW_MS = 10_000;
const FRESH_MS = 6000; // so long after the start nobody is told that the wall rests

export class Floor {
  studio = null;
  #at = performance.now();
  #timer = 0;
  #renewedAt = 0;

  constructor({ kiosk, build, state, heard, changed }) {
    Object.assign(this, { kiosk, build, state, changed });
    this.link = new Link("/ws/kiosk", {
      isSequenced: false,
      greet: () => this.#self("hello"),
      heard: (message) => {
        if (message.type === "studio") this.studio = message;
        heard(message);
      },
      changed: () => changed(),
      closed: () => this.#renew(),
    });
  }

  get isLive() {
    return this.link.isLive;
  }

  get isFresh() {
    return performance.now() - this.#at < FRESH_MS;
  }

  open() {
    this.link.open();
    setInterval(() => this.#beat(), BEAT_MS);
    setTimeout(() => this.changed(), FRESH_MS + 100);
  }

  /** Tells about a change at once, but not about each of many. */
  soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#beat(), 200);
  }

  /** The pass of this page holds for two hours: a refused line is answered with a fresh one. */
  #renew() {
    if (performance.now() - this.#renewedAt < RENEW_MS) return;
    this.#renewedAt = performance.now();
    fetch(location.pathname, { cache: "no-store" }).catch(() => {});
  }

  #beat() {
    this.link.send(this.#self("beat"));
  }

  #self(type) {
    const size = `${innerWidth}x${innerHeight}`;
    return { type, kiosk: this.kiosk, build: this.build, size, ...this.state() };
  }
}
