// The watchdog: notices a page that no longer lives, and loads it anew, seldom and never into the void.

const TICK_MS = 1000;
const FROZEN_MS = 10_000; // no frame for so long while the page is seen
const DRIFT_MS = 10_000; // the main thread was busy for so long
const SILENT_MS = 5 * 60_000;
const HEAP_TICKS = 60;
const HEAP_WINDOW = 10; // looks; the smallest of them is what is left after the browser has tidied up
const HEAP_TIMES = 3;
const HEAP_SLACK = 32 * 2 ** 20;
const SCENE_PATIENCE_MS = 2 * 60_000; // a programme of one scene never changes it
const RELOAD_PAUSE_MS = 10 * 60_000;
const NIGHT_HOUR = 4;
const NIGHT_RETRY_MS = 5 * 60_000;
const NIGHT_SPREAD_MS = 10 * 60_000;
const PROBE_MS = 5000;
const TOLD_MOST = 10;
const SHELF = "parvis.reloads";

/** Reloads by the page's own will: at most one in ten minutes, across reloads; the reasons stay to be told. */
export class Reloads {
  #list;
  #wentAt = -Infinity; // it takes a moment until this page is gone

  constructor({ storage = sessions(), wall = () => Date.now(), mono = () => performance.now(), go = () => location.reload() } = {}) {
    Object.assign(this, { storage, wall, mono, go });
    try {
      const kept = JSON.parse(this.storage.getItem(SHELF) ?? "[]");
      this.#list = Array.isArray(kept) ? kept.filter((entry) => Number.isFinite(entry?.at)) : [];
    } catch {
      this.#list = null; // nothing outlives the page: its own age must do
    }
  }

  get isAllowed() {
    if (this.mono() - this.#wentAt < RELOAD_PAUSE_MS) return false;
    if (this.#list === null) return this.mono() > RELOAD_PAUSE_MS;
    const at = this.#list.at(-1)?.at;
    return at === undefined || Math.abs(this.wall() - at) >= RELOAD_PAUSE_MS || this.mono() > RELOAD_PAUSE_MS;
  }

  /** What this screen was reloaded for: [{why, at}], oldest first. */
  get reasons() {
    return [...(this.#list ?? [])];
  }

  /** Loads the page anew. False when that was done a moment ago. */
  reload(why) {
    if (!this.isAllowed) return false;
    if (this.#list !== null) {
      this.#list = [...this.#list, { why, at: this.wall() }].slice(-TOLD_MOST);
      try {
        this.storage.setItem(SHELF, JSON.stringify(this.#list));
      } catch {
        if (this.mono() <= RELOAD_PAUSE_MS) return false; // nobody would know of it afterwards
      }
    }
    this.#wentAt = this.mono();
    this.go();
    return true;
  }
}

/** Whether the server gives both its health and this very page. */
export async function isServed(path = location.pathname, ask = fetch) {
  const probe = (address) => ask(address, { cache: "no-store", signal: AbortSignal.timeout(PROBE_MS) });
  const answers = await Promise.allSettled([probe("/healthz"), probe(path)]);
  return answers.every(({ value }) => value?.ok === true);
}

export class Watchdog {
  #why = new Map(); // reason -> when it was first seen; each is told once
  #asked = null; // {why, at}
  #tickAt;
  #frameAt;
  #isFramePending = false;
  #heaps = [];
  #baseline = null;
  #ticks = 0;
  #timer = 0;
  #isTrying = false;
  #nightAt = null; // when the reload of this night may be tried

  /**
   * line() -> {isLive, heardAt (performance.now)}; clock() -> Date of now; isKept() whether the page would come back
   * without a server; isServed() asks whether the server would give it.
   */
  constructor({
    reloads, line, clock = () => new Date(), isKept = () => false, isServed: served = isServed, mono = () => performance.now(),
    frame = (done) => requestAnimationFrame(done), isSeen = () => document.visibilityState === "visible",
    heap = () => performance.memory?.usedJSHeapSize ?? null, random = Math.random,
  }) {
    Object.assign(this, { reloads, line, clock, isKept, isServed: served, mono, frame, isSeen, heap, random });
    this.frames = 0;
    this.#tickAt = this.#frameAt = this.mono();
  }

  start() {
    this.#timer = setInterval(() => this.tick(), TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Why a reload was asked for or done, in short words, newest last. */
  get reasons() {
    return [...new Set([...this.reloads.reasons.map(({ why }) => why), ...this.#why.keys()])].slice(-TOLD_MOST);
  }

  /** Another scene is about to come: nothing is lost by a reload now. */
  sceneChanges() {
    if (this.#asked) void this.#try();
  }

  /** One look, each second. */
  tick() {
    const now = this.mono();
    const drift = now - this.#tickAt - TICK_MS;
    this.#tickAt = now;
    if (!this.isSeen()) {
      this.#frameAt = now; // a hidden page has no frames, and its timers are slowed down
    } else if (drift > DRIFT_MS) {
      this.#frameAt = now; // no frame could come meanwhile
      this.#ask("stalled");
    } else if (now - this.#frameAt > FROZEN_MS) {
      this.#ask("frozen");
      void this.#try();
    }
    this.#wantFrame();
    const { isLive, heardAt } = this.line();
    if (isLive && now - heardAt > SILENT_MS) this.#ask("silent");
    if (this.#ticks++ % HEAP_TICKS === 0) this.#weigh();
    this.#night();
    if (this.#asked && now - this.#asked.at > SCENE_PATIENCE_MS) void this.#try();
  }

  #wantFrame() {
    if (this.#isFramePending || !this.isSeen()) return;
    this.#isFramePending = true;
    this.frame(() => {
      this.#isFramePending = false;
      this.#frameAt = this.mono();
      this.frames++;
    });
  }

  #weigh() {
    const bytes = this.heap();
    if (!bytes) return;
    this.#heaps.push(bytes);
    if (this.#heaps.length < HEAP_WINDOW) return;
    const least = Math.min(...this.#heaps);
    this.#baseline ??= least;
    if (least > HEAP_TIMES * this.#baseline && least > HEAP_SLACK) this.#ask("heap");
    this.#heaps.shift();
  }

  /** At four in the morning, spread over some minutes: whatever leaks begins anew, when a server is there to begin from. */
  #night() {
    const hour = this.clock().getHours();
    if (hour !== NIGHT_HOUR || this.mono() < 2 * 3_600_000) {
      this.#nightAt = null;
      return;
    }
    const now = this.mono();
    this.#nightAt ??= now + this.random() * NIGHT_SPREAD_MS;
    if (now < this.#nightAt) return;
    this.#nightAt = now + NIGHT_RETRY_MS;
    this.#ask("night");
  }

  #ask(why) {
    if (!this.#why.has(why)) this.#why.set(why, this.mono());
    this.#asked ??= { why, at: this.mono() };
  }

  /** Reloads when that is allowed and leads back to a page. Another look is taken at the next scene. */
  async #try() {
    if (this.#isTrying || !this.reloads.isAllowed) return;
    this.#isTrying = true;
    const { why } = this.#asked;
    const isServed = await this.isServed().catch(() => false);
    this.#isTrying = false;
    if (isServed || (why !== "night" && this.isKept())) this.reloads.reload(why);
    else if (why === "night") this.#asked = null;
    else this.#asked.at = this.mono();
  }
}

function sessions() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return null;
  }
}
