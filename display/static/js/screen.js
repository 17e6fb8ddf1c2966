// The public screen: the line to the server, the posts it brings, and the layout that shows them.

import { Brands } from "./brands.js";
import { Clock } from "./clock.js";
import { onGlass, readJson } from "./dom.js";
import { Feed } from "./feed.js";
import { Link } from "./link.js";
import { Motion } from "./motion.js";
import { Frame } from "./screen/frame.js";
import { Receipts } from "./screen/receipts.js";
import { Slate } from "./screen/slate.js";
import { makeWords } from "./words.js";

const BEAT_S = 5;
const EMPTY_AFTER_MS = 2500; // without a first snapshot for so long, the invitation stands
const DOT_AFTER_MS = 2000;
const IDENTIFY_MS = 10_000;
const OFFLINE_MAX_S = 900;
const SPOTLIGHT_S = { usual: 20, most: 120 };
const STATIC = new URL("../", import.meta.url);

class Screen {
  #beat = 0;
  #dot = 0;
  #lostAt = null;
  #errors = 0;
  #isReloading = false;

  constructor(config) {
    this.config = config;
    this.root = document.documentElement;
    this.words = makeWords(readJson("words", {}));
    this.clock = new Clock(config.lang);
    this.motion = new Motion(config.motion ?? 1);
    this.frame = new Frame({ config, clock: this.clock, motion: this.motion });
    this.feed = new Feed();
    this.link = new Link("/ws/screen", {
      greet: () => ({ screen: config.screen, size: `${screenPixels().join("x")}`, build: config.build }),
      heard: (frame, verdict) => this.#heard(frame, verdict),
      changed: (isLive) => this.#line(isLive),
    });
    this.receipts = new Receipts({ send: (message) => this.link.send(message), onGlass });
    this.slate = new Slate(document.getElementById("slate"), (isUp) => {
      this.root.dataset.slate = isUp ? "up" : "";
      if (isUp) this.frame.fitTitle();
    });
  }

  async start() {
    addEventListener("error", () => this.#errors++);
    addEventListener("unhandledrejection", () => this.#errors++);
    this.slate.listen();
    this.feed.onPainted = (ids) => this.#painted(ids);
    this.feed.onFailed = () => this.#errors++;
    setTimeout(() => !this.root.dataset.state && this.#state("empty"), EMPTY_AFTER_MS);
    this.clock.every(() => this.#offline());
    keepAwake();
    this.link.open();
    const layout = await import(new URL(`layouts/${this.config.layout}/layout.js`, STATIC).href);
    layout.mount(document.getElementById("wall"), {
      words: this.words,
      clock: this.clock,
      brands: new Brands(new URL("brand/", STATIC)),
      metrics: this.frame.metrics,
      glow: this.frame.glow,
      settings: { motion: this.config.motion ?? 1, ...this.config.options },
    }, this.feed);
  }

  #heard(frame, verdict) {
    switch (frame.type) {
      case "hello":
        this.clock.set(frame.now);
        this.#build(frame.build);
        this.receipts.restart(this.link.position.seq ?? 0);
        this.#beatEvery(frame.beat_s);
        return;
      case "snapshot":
        this.feed.snapshot(frame);
        this.#panic();
        this.slate.set("offline", false);
        this.receipts.applied(frame.seq);
        if (this.feed.posts().length === 0) this.#state("empty");
        return;
      case "op":
        this.#operate(frame, verdict);
        return;
      case "command":
        this.#command(frame);
    }
  }

  /** One operation. What takes something off is obeyed even when something before it was missed. */
  #operate(frame, verdict) {
    const takesOff = frame.op === "del" || (frame.op === "panic" && frame.on);
    if (verdict === "gap" && !takesOff) return;
    if (verdict === "repeat") return;
    const brings = frame.op === "add" || frame.op === "upd";
    if (brings && typeof frame.item?.id === "string") this.receipts.expects(frame.item.id, frame.seq);
    this.feed.op(frame);
    this.#panic();
    if (!brings && verdict === "take") this.receipts.applied(frame.seq);
    if (frame.op === "add") this.motion.beat(document.getElementById("live"));
  }

  #panic() {
    this.slate.set("panic", this.feed.isPanic);
  }

  #painted(ids) {
    this.#state(ids.length ? "live" : this.feed.posts().length ? this.root.dataset.state : "empty");
    this.receipts.painted(ids);
  }

  #state(state) {
    if (!state || this.root.dataset.state === state) return;
    this.root.dataset.state = state;
    this.frame.fitTitle();
  }

  #beatEvery(seconds = BEAT_S) {
    clearInterval(this.#beat);
    this.#beat = setInterval(() => {
      this.receipts.sweep();
      this.link.send({
        type: "beat", seq: this.receipts.seq, shown: this.slate.isUp ? [] : this.receipts.shown.slice(0, 100),
        frames: this.link.frames, errors: this.#errors,
      });
    }, Math.max(1, Number(seconds) || BEAT_S) * 1000);
  }

  #line(isLive) {
    clearTimeout(this.#dot);
    const dot = document.getElementById("dot");
    if (isLive) {
      dot.hidden = true;
      if (this.slate.isUp && this.#isTooOld()) this.link.resync();
      this.#lostAt = null;
      return;
    }
    clearInterval(this.#beat);
    this.#lostAt ??= performance.now();
    this.#dot = setTimeout(() => { dot.hidden = false; }, DOT_AFTER_MS);
  }

  /** A screen that nobody can reach cannot be told to take something off: after a while it shows the slate. */
  #offline() {
    if (this.#isTooOld()) this.slate.set("offline", true);
  }

  #isTooOld() {
    const most = this.config.offline_max_s ?? OFFLINE_MAX_S;
    return this.#lostAt !== null && most > 0 && performance.now() - this.#lostAt > most * 1000;
  }

  #command({ command, item, seconds }) {
    if (command === "reload") location.reload();
    if (command === "spotlight") this.#spotlight(item, Number(seconds) || SPOTLIGHT_S.usual);
    if (command !== "identify") return;
    const sign = document.getElementById("identify");
    sign.hidden = false;
    clearTimeout(this.identifying);
    this.identifying = setTimeout(() => { sign.hidden = true; }, IDENTIFY_MS);
  }

  /** The desk wants one post before everybody now; the layout shows it as it likes. */
  #spotlight(item, seconds) {
    const ms = Math.min(SPOTLIGHT_S.most, Math.max(1, seconds)) * 1000;
    if (!this.feed.spotlight(item, ms)) return;
    clearTimeout(this.unlighting);
    this.unlighting = setTimeout(() => this.feed.unlight(), ms);
  }

  /** A new build: load it once, a little staggered, and only when the server answers. */
  async #build(build) {
    if (!build || build === this.config.build || this.#isReloading || sessionStorage.getItem("parvis.build") === build) return;
    this.#isReloading = true;
    await new Promise((done) => setTimeout(done, Math.random() * 2000));
    const health = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(3000) }).catch(() => null);
    this.#isReloading = false;
    if (!health?.ok) return; // the next hello tries again
    sessionStorage.setItem("parvis.build", build);
    location.reload();
  }
}

function screenPixels() {
  return [innerWidth, innerHeight].map((side) => Math.round(side * devicePixelRatio));
}

/** Asks the player not to sleep; again whenever the page comes back into view. Not every browser can. */
function keepAwake() {
  const ask = () => document.visibilityState === "visible" && navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", ask);
  ask();
}

new Screen(readJson("config", { event: {}, layout: "bento", lang: "en" })).start();
