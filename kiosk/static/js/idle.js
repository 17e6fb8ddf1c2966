// Nobody there any more: a warning, then the kiosk forgets. Any touch or key extends (WCAG 2.2.1).

const IDLE_MS = 60_000;
const WARN_MS = 15_000;

export class Idle {
  #timers = [];

  /**
   * @param warn (isOn, ms) show or hide the warning, which lasts `ms`
   * @param wipe () nobody answered
   * @param scale 1, or less to make a test quick
   */
  constructor({ warn, wipe, scale = 1 }) {
    Object.assign(this, { warn, wipe, scale });
    this.isRunning = false;
    this.isWarned = false;
    const listen = (kind, heard) => addEventListener(kind, heard, { capture: true, passive: true });
    for (const kind of ["keydown", "input", "click"]) listen(kind, () => this.touch());
    // While the warning is up, it stays until the tap is over: the same tap must not press what lies under it.
    listen("pointerdown", () => (this.isWarned ? this.#pause() : this.touch()));
    listen("pointerup", () => this.isWarned && setTimeout(() => this.touch(), 0));
  }

  /** Counts from now. */
  start() {
    this.isRunning = true;
    this.touch();
  }

  stop() {
    this.isRunning = false;
    this.#clear();
  }

  touch() {
    if (!this.isRunning) return;
    this.#clear();
    const warnMs = WARN_MS * this.scale;
    this.#timers = [
      setTimeout(() => {
        this.isWarned = true;
        this.warn(true, warnMs);
      }, (IDLE_MS - WARN_MS) * this.scale),
      setTimeout(() => this.wipe(), IDLE_MS * this.scale),
    ];
  }

  #pause() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }

  #clear() {
    this.#pause();
    this.isWarned = false;
    this.warn(false, 0);
  }
}
