// Health: what a screen says of itself with every beat, so that the desk can see from afar that all is well.

const VIEW_MOST = 40;
const SHOWN_MOST = 100;
const BEAT_S = 5;
const SOON_MS = 2000;
const SETTLED_MS = 900; // scenes and cards have come in by then
const FRAME_MS = 1000;
const SHELF_MS = 60_000;
const ERROR_LETTERS = 200;
const WORD_LETTERS = 60;
const REASONS_MOST = 10;
const MEGA = 1e6;
const CLEAR = /^transparent$|[,/]\s*0\)$/;
const COLOURS = ["--ground", "--ink", "--accent"];

/**
 * Where the posts of `nodes` stand, in per mille of a frame of that size: those that are seen at all, each id once, the
 * largest first. Pure but for asking the nodes.
 */
export function viewOf(nodes, { width, height }) {
  const boxes = new Map();
  for (const node of nodes) {
    const id = node.dataset.post;
    const box = boxOf(node, { width, height });
    if (id && box) boxes.set(id, { id, ...box, ...coloursOf(node) });
  }
  return [...boxes.values()].sort((a, b) => b.w * b.h - a.w * a.h).slice(0, VIEW_MOST);
}

/** {x, y, w, h} of what is seen of a node, in per mille; null when that is nothing. */
export function boxOf(node, { width, height }) {
  const seen = node.getBoundingClientRect();
  const x = mille(seen.left / width);
  const y = mille(seen.top / height);
  const w = mille(seen.right / width) - x;
  const h = mille(seen.bottom / height) - y;
  return w > 0 && h > 0 ? { x, y, w, h } : null;
}

/** The paper and the ink of a card, as far as it has any of its own. */
function coloursOf(node) {
  const { backgroundColor: paper, color: ink } = getComputedStyle(node);
  return CLEAR.test(paper) ? {} : { paper: word(paper), ink: word(ink) };
}

const mille = (share) => Math.min(1000, Math.max(0, Math.round(share * 1000)));
const whole = (number) => (Number.isFinite(number) && number > 0 ? Math.floor(number) : 0);

export class Health {
  #frames = 0;
  #frameAt;
  #isAsked = false;
  #errors = 0;
  #decodeErrors = 0;
  #error = "";
  #longTasks = 0;
  #cacheMb = null;
  #timers = [];
  #beat = 0;
  #soon = 0;
  #toldAt = -SOON_MS;
  #watch = null;
  #heard = new AbortController();

  /**
   * parts: {clock, receipts: {seq, shown}, slate: {isUp, reasons}, scenes: {scene, programme, lateS}, spool() -> plays that
   * are still to be told, notes() -> what else is not as it should be, send(message)}.
   */
  constructor(parts) {
    Object.assign(this, { spool: () => 0, notes: () => [], now: () => performance.now() }, parts);
    this.#frameAt = this.now();
  }

  start() {
    const { signal } = this.#heard;
    addEventListener("error", ({ error, message }) => this.failed("", error ?? message), { signal });
    addEventListener("unhandledrejection", ({ reason }) => this.failed("", reason), { signal });
    this.#timers = [setInterval(() => this.#look(), FRAME_MS), setInterval(() => this.#weigh(), SHELF_MS)];
    this.#weigh();
    if (!globalThis.PerformanceObserver?.supportedEntryTypes?.includes("longtask")) return;
    this.#watch = new PerformanceObserver((list) => { this.#longTasks += list.getEntries().length; });
    this.#watch.observe({ type: "longtask" });
  }

  stop() {
    this.#timers.forEach(clearInterval);
    this.rest();
    this.#watch?.disconnect();
    this.#heard.abort();
  }

  /** The line is there: a beat every so many seconds, and the first one soon. */
  every(seconds) {
    this.rest();
    this.#beat = setInterval(() => this.#tell(), Math.max(1, Number(seconds) || BEAT_S) * 1000);
    this.soon();
  }

  /** The line is gone. */
  rest() {
    clearInterval(this.#beat);
    clearTimeout(this.#soon);
    this.#beat = this.#soon = 0;
  }

  /** Something else is on the glass: the desk sees it before the next beat. */
  soon() {
    if (!this.#beat || this.#soon) return;
    this.#soon = setTimeout(() => this.#tell(), Math.max(SETTLED_MS, this.#toldAt + SOON_MS - this.now()));
  }

  #tell() {
    clearTimeout(this.#soon);
    this.#soon = 0;
    this.#toldAt = this.now();
    this.receipts.sweep();
    this.send({ type: "beat", ...this.beat() });
  }

  /** A post that could not be shown; without an id something else went wrong. */
  failed(id, error) {
    if (id) this.#decodeErrors++;
    else this.#errors++;
    this.#error = letters(error?.message ?? error, ERROR_LETTERS);
  }

  /** Everything the server is told every five seconds; see `Beat` in protocol.py. */
  beat() {
    const frame = { width: innerWidth, height: innerHeight };
    const { scene, programme } = this.scenes;
    const { dataset } = document.documentElement;
    const computed = getComputedStyle(document.documentElement);
    const isUp = this.slate.isUp;
    const rail = isUp ? null : document.querySelector(".rail");
    const box = rail?.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) ? boxOf(rail, frame) : null;
    return {
      seq: whole(this.receipts.seq),
      shown: isUp ? [] : this.receipts.shown.slice(0, SHOWN_MOST),
      frames: this.#frames,
      still_s: (this.now() - this.#frameAt) / 1000,
      late_s: Math.max(0, this.scenes.lateS ?? 0),
      errors: this.#errors,
      decode_errors: this.#decodeErrors,
      error: this.#error,
      heap_mb: performance.memory ? performance.memory.usedJSHeapSize / MEGA : null,
      nodes: document.getElementsByTagName("*").length,
      offset_ms: Math.round(this.clock.now() - Date.now()),
      scene: word(scene?.id),
      layout: word(scene?.layout),
      programme: word(programme),
      theme: word(dataset.theme),
      colours: COLOURS.map((name) => word(computed.getPropertyValue(name).trim())),
      up_s: this.now() / 1000,
      long_tasks: this.#longTasks,
      spool: whole(this.spool()),
      cache_mb: this.#cacheMb,
      reasons: [...this.slate.reasons, ...(document.hidden ? ["hidden"] : []), ...this.notes()].map(word).slice(0, REASONS_MOST),
      view: isUp ? [] : viewOf(document.querySelectorAll(".scene:not(.coming) [data-post]"), frame),
      rail: box && { id: "rail", ...box },
    };
  }

  /** One frame a second is looked for: it does not come when nothing is drawn any more. */
  #look() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#frames++;
      this.#frameAt = this.now();
    });
  }

  /** How much is kept on this device. */
  async #weigh() {
    const estimate = await navigator.storage?.estimate?.().catch(() => null);
    this.#cacheMb = Number.isFinite(estimate?.usage) ? estimate.usage / MEGA : null;
  }
}

/** So many letters at most, none of them half: the server takes no broken text. */
function letters(text, most) {
  const found = [...String(text ?? "")].slice(0, most).join("");
  return found.toWellFormed?.() ?? found;
}

const word = (text) => letters(text, WORD_LETTERS);
