// Time on the screen: one tick every 30 seconds serves every relative time, the clock and the slow orbit.

const TICK_MS = 30_000;

/**
 * How long ago, as a catalogue key and its number. Pure. Null when the time is unknown or in the future
 * by more than two minutes (a network's clock is not ours).
 */
export function since(atMs, nowMs) {
  const seconds = (nowMs - atMs) / 1000;
  if (!Number.isFinite(seconds) || seconds < -120) return null;
  if (seconds < 60) return { key: "screen.now", n: 0 };
  if (seconds < 3600) return { key: "screen.minutes", n: Math.floor(seconds / 60) };
  if (seconds < 86_400) return { key: "screen.hours", n: Math.floor(seconds / 3600) };
  return { key: "screen.days", n: Math.floor(seconds / 86_400) };
}

/** The event's days as its language writes them ("21 – 22 novembre"), from ISO dates; "" without any. Pure. */
export function dateRange(dates, lang) {
  const days = dates.map((iso) => new Date(`${iso}T12:00:00Z`)).filter((day) => !Number.isNaN(day.getTime())).sort((a, b) => a - b);
  if (!days.length) return "";
  const format = new Intl.DateTimeFormat(lang, { day: "numeric", month: "long", timeZone: "UTC" });
  const range = format.formatRange(days[0], days.at(-1));
  return /\d\/\d/.test(range) ? `${format.format(days[0])} – ${format.format(days.at(-1))}` : range; // Chinese ranges lose their words
}

/** Milliseconds until the next half minute on the wall. Pure. */
export function untilTick(nowMs) {
  return TICK_MS - (nowMs % TICK_MS);
}

/** Follows the server's clock: a player without a network time keeps showing the right hour. */
export class Clock {
  #offset = 0;
  #listeners = new Set();
  #timer = 0;

  constructor(lang) {
    this.face = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" });
  }

  now() {
    return Date.now() + this.#offset;
  }

  /** Takes the server's time (ISO 8601); nonsense is ignored. */
  set(iso) {
    const server = Date.parse(iso);
    if (Number.isFinite(server)) this.#offset = server - Date.now();
  }

  /** The hour as this language writes it. */
  time() {
    return this.face.format(this.now());
  }

  /** Minutes since midnight, here. */
  minutes() {
    const now = new Date(this.now());
    return now.getHours() * 60 + now.getMinutes();
  }

  /** Calls `listener(count)` at each half minute, and once now. Returns a function that stops it. */
  every(listener) {
    let count = 0;
    const beat = () => listener(count++);
    this.#listeners.add(beat);
    beat();
    if (!this.#timer) this.#arm();
    return () => this.#listeners.delete(beat);
  }

  #arm() {
    this.#timer = setTimeout(() => {
      for (const beat of this.#listeners) beat();
      this.#arm();
    }, untilTick(this.now()));
  }
}
