// The slate: a calm picture with the event's name and the hour, never a blank. Several reasons may ask for it.

const TWICE_MS = 600;

export class Slate {
  #reasons = new Set();

  /** changed(isUp) is called when the slate goes up or comes down. */
  constructor(node, changed = () => {}) {
    this.node = node;
    this.changed = changed;
  }

  get isUp() {
    return this.#reasons.size > 0;
  }

  get reasons() {
    return [...this.#reasons];
  }

  /** Puts the slate up for `reason` or takes that reason back; at once, without a fade. */
  set(reason, isOn) {
    const was = this.isUp;
    if (isOn) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
    if (was === this.isUp) return;
    this.node.hidden = !this.isUp;
    this.changed(this.isUp);
  }

  toggle(reason) {
    this.set(reason, !this.#reasons.has(reason));
  }

  /** The keyboard on the screen itself, when nothing else can be reached: B twice, or Ctrl+Alt+B. */
  listen(target = globalThis) {
    let last = -Infinity;
    target.addEventListener("keydown", (event) => {
      if (event.repeat || event.code !== "KeyB" && event.key.toLowerCase() !== "b") return;
      const isChord = event.ctrlKey && event.altKey;
      const isSecond = event.timeStamp - last < TWICE_MS;
      last = isChord || isSecond ? -Infinity : event.timeStamp;
      if (isChord || isSecond) this.toggle("keyboard");
    });
  }
}
