// The flash limiter: large areas of a screen change their light at most three times in any second (WCAG 2.3.1). Pure.

const MOST = 3;
const SPAN_MS = 1000;

export class Flashes {
  #times = [];

  /** Milliseconds to wait from `now` until one more large change is allowed; 0: it may happen now. */
  wait(now) {
    this.#times = this.#times.filter((at) => now - at < SPAN_MS);
    return this.#times.length < MOST ? 0 : this.#times[0] + SPAN_MS - now;
  }

  /** One large change happens. */
  note(now) {
    this.#times.push(now);
    if (this.#times.length > MOST) this.#times.shift();
  }
}
