// The public screen: the line to the server, the posts it brings, and the scenes that show them.

import { Brands } from "./brands.js";
import { Clock } from "./clock.js";
import { onGlass, readJson } from "./dom.js";
import { Feed } from "./feed.js";
import { Link } from "./link.js";
import { Motion } from "./motion.js";
import { Again } from "./screen/again.js";
import { Dress } from "./screen/dress.js";
import { Frame } from "./screen/frame.js";
import { Health } from "./screen/health.js";
import { LET_GO, leave } from "./screen/leave.js";
import { Orders } from "./screen/orders.js";
import { Plays } from "./screen/plays.js";
import { Receipts } from "./screen/receipts.js";
import { Scenes } from "./screen/scenes.js";
import { Slate } from "./screen/slate.js";
import { openSpool } from "./screen/spool.js";
import { Stay } from "./screen/stay.js";
import { makeWords } from "./words.js";

const EMPTY_AFTER_MS = 2500; // without a first snapshot for so long, the invitation stands
const DOT_AFTER_MS = 2000;
const IDENTIFY_MS = 10_000;
const SPOTLIGHT_S = { usual: 20, most: 120 };
const PHOTOS_WAIT_MS = 2000;
const PHOTOS_AGAIN_MS = 10_000;
const STATIC = new URL("../", import.meta.url);

class Screen {
  #dot = 0;
  #isCutOff = false;

  constructor(config) {
    this.config = config;
    this.root = document.documentElement;
    this.words = makeWords(readJson("words", {}));
    this.clock = new Clock(config.lang);
    this.motion = new Motion(config.motion ?? 1);
    this.frame = new Frame({ config, clock: this.clock, motion: this.motion });
    this.feed = new Feed();
    this.brands = new Brands(new URL("brand/", STATIC));
    this.link = new Link("/ws/screen", {
      greet: () => ({ screen: config.screen, as: config.as ?? "screen", size: `${screenPixels().join("x")}`, build: config.build }),
      heard: (frame, verdict) => this.#heard(frame, verdict),
      changed: (isLive) => this.#line(isLive),
      closed: (code) => code === LET_GO && this.#leave(),
    });
    this.receipts = new Receipts({ send: (message) => this.link.send(message), onGlass });
    this.slate = new Slate(document.getElementById("slate"), (isUp) => {
      this.root.dataset.slate = isUp ? "up" : "";
      if (isUp) this.dress.cut();
      if (isUp) this.frame.fitTitle();
      this.#glass();
    });
    this.scenes = new Scenes({
      places: { rail: document.getElementById("wall"), full: document.getElementById("full") },
      feed: this.feed,
      base: new URL("layouts/", STATIC),
      motion: this.motion,
      options: (scene, done) => this.#options(scene, done),
      counts: () => this.#counts(),
      minutes: () => this.clock.minutes(),
      changed: (scene) => this.#scene(scene),
      painted: (ids) => this.#painted(ids),
      failed: (id, error) => this.#failed(id, error),
    });
    this.again = new Again({ repeat: (id) => this.feed.repeat(id) });
    const { clock, receipts, slate, scenes } = this;
    const send = (message) => this.link.send(message);
    this.plays = (config.as ?? "screen") === "screen" ? new Plays({ spool: openSpool(config.screen), send, clock }) : null;
    this.health = new Health({ clock, receipts, slate, scenes, spool: () => this.plays?.waiting ?? 0, notes: () => this.stay.reasons, send });
    this.dress = new Dress({ clock, motion: this.motion, dressed: (isLettered) => this.#dressed(isLettered) });
    this.feed.subscribe((event) => (event.type === "del" || event.type === "reset") && this.dress.cut());
    this.orders = new Orders({ config, scenes: this.scenes, slate: this.slate, dress: this.dress });
    const { feed, link } = this;
    this.stay = new Stay({ config, feed, link, receipts, scenes, clock });
  }

  async start() {
    this.health.start();
    this.plays?.open();
    this.slate.listen();
    this.feed.onFailed = (id, error) => this.#failed(id, error);
    setTimeout(() => !this.root.dataset.state && this.#state("empty"), EMPTY_AFTER_MS);
    keepAwake();
    this.orders.listen();
    const kept = await this.stay.resume().catch((error) => this.health.failed("", error)); // the line must open all the same
    this.orders.take(kept ?? this.config.orders);
    this.#panic();
    this.#line(false);
    this.link.open();
    setTimeout(() => this.clock.every(() => this.#offline()), EMPTY_AFTER_MS);
    this.clock.every(() => this.dress.look());
  }

  /** What a layout is given; see docs/layouts.md. */
  #options(scene, done) {
    const { event, lang, languages, join_url: url, qr_url: qr } = this.config;
    return {
      words: this.words, clock: this.clock, brands: this.brands, metrics: this.frame.metrics, glow: this.frame.glow,
      settings: { motion: this.motion.amount, ...scene.options },
      event, lang, languages, join: { url, qr, label: this.frame.address }, scene: { id: scene.id, seconds: scene.seconds }, done,
    };
  }

  /** What the conditions of scenes ask for: the server's sums, and at least what is here. */
  #counts() {
    const { numbers = {}, words = [] } = this.feed.facts ?? {};
    const posts = this.feed.posts().length;
    return { ...numbers, posts: posts && Math.max(posts, numbers.posts ?? 0), photos: this.feed.photos().length, words: words.length };
  }

  /** Another theme is on: what was fitted to other letters is fitted anew. */
  #dressed(isLettered) {
    this.frame.fitTitle();
    if (isLettered) this.scenes.remake();
  }

  #scene(scene) {
    this.root.dataset.frame = scene?.traits?.frame ?? "rail";
    this.root.dataset.layout = scene?.layout ?? "";
    this.dress.turn();
    this.health.soon();
    this.slate.set("offline", this.#isCutOff && !scene);
    this.stay.watchdog.sceneChanges();
    this.#glass();
  }

  /** What is seen now, for the proof of it. */
  #glass() {
    this.plays?.show({ ids: this.scenes.ids, scene: this.scenes.scene?.id ?? "", isCovered: this.slate.isUp });
  }

  #heard(frame, verdict) {
    this.stay.heard();
    switch (frame.type) {
      case "hello":
        this.clock.set(frame.now);
        this.stay.greeted(frame.build);
        this.receipts.restart(this.link.position.seq ?? 0);
        this.health.every(frame.beat_s);
        this.plays?.restart();
        return;
      case "snapshot":
        this.stay.snapshot(frame, () => this.feed.snapshot(frame));
        this.#panic();
        this.#restrict(false);
        this.#photos();
        this.receipts.applied(frame.seq);
        if (this.feed.posts().length === 0) this.#state("empty");
        this.#awake();
        return;
      case "op":
        this.#operate(frame, verdict);
        return;
      case "orders":
        this.orders.take(frame);
        this.stay.ordered(frame);
        return;
      case "facts":
        this.feed.count(frame);
        return;
      case "extra":
        if (Array.isArray(frame.items)) this.feed.extra(frame.for, frame.items);
        this.root.toggleAttribute("data-quiet", this.feed.isQuiet);
        return;
      case "plays-kept":
        void this.plays?.kept(frame);
        return;
      case "command":
        this.#command(frame);
    }
  }

  /** All approved photos, which a snapshot does not bring; without an answer in time, those of its posts. */
  async #photos() {
    const asked = (this.asking = {});
    clearTimeout(this.askingAgain);
    try {
      const answer = await fetch("/api/v1/wall/photos", { cache: "no-store", signal: AbortSignal.timeout(PHOTOS_WAIT_MS) });
      const { epoch, seq, photos } = await answer.json();
      if (asked !== this.asking) return;
      if (epoch !== this.link.position.epoch) throw new Error("another epoch");
      this.feed.setPhotos(photos, seq);
    } catch {
      if (asked !== this.asking) return;
      this.feed.doubtPhotos();
      this.askingAgain = setTimeout(() => this.#photos(), PHOTOS_AGAIN_MS);
    }
    if (asked === this.asking) this.stay.photos();
  }

  /** One operation. What takes something off is obeyed even when something before it was missed. */
  #operate(frame, verdict) {
    const takesOff = frame.op === "del" || (frame.op === "panic" && frame.on);
    if (verdict === "gap" && !takesOff) return;
    if (verdict === "repeat") return;
    const brings = frame.op === "add" || frame.op === "upd";
    if (brings && typeof frame.item?.id === "string") this.receipts.expects(frame.item.id, frame.seq);
    this.stay.operate(frame, () => this.feed.op(frame));
    this.#panic();
    this.#awake();
    if (frame.op === "panic" && !frame.on) void this.#photos(); // while it lasted nobody was told of them
    if (!brings && verdict === "take") this.receipts.applied(frame.seq);
    if (frame.op === "add") this.motion.beat(document.getElementById("live"));
  }

  #panic() {
    this.slate.set("panic", this.feed.isPanic);
  }

  #painted(ids) {
    // a scene may show the posts without naming any of them: the invitation makes room for it too
    const before = this.root.dataset.state === "live" ? "live" : "coming";
    this.#state(ids.length ? "live" : this.feed.posts().length ? before : "empty");
    this.receipts.painted(ids);
    this.#glass();
    this.health.soon();
    this.stay.painted();
  }

  #failed(id, error) {
    this.health.failed(id, error);
    this.again.failed(id);
  }

  /** The desk has let this screen go: nothing stands or stays here from this moment on. */
  async #leave() {
    this.slate.set("gone", true);
    this.link.close();
    if (this.stay.isGuest) return location.reload(); // what is kept here belongs to a screen, not to who looks on
    await leave();
    location.replace(`/screen/${this.config.screen}`);
  }

  /** The first post is about to stand: the invitation makes room, so that its scene finds its size. */
  #awake() {
    if (this.root.dataset.state === "empty" && this.feed.posts().length) this.#state("coming");
  }

  #state(state) {
    if (!state || this.root.dataset.state === state) return;
    this.root.dataset.state = state;
    this.frame.fitTitle();
  }

  #line(isLive) {
    clearTimeout(this.#dot);
    const dot = document.getElementById("dot");
    if (isLive) {
      dot.hidden = true;
      this.again.forgive();
      if (this.#isCutOff || this.stay.contact.isTooOld) this.link.resync(); // its posts come back with the snapshot
      return;
    }
    this.health.rest();
    this.#dot = setTimeout(() => { dot.hidden = false; }, DOT_AFTER_MS);
  }

  /** A screen that nobody can reach cannot be told to take something off: after a while nothing of visitors stands. */
  #offline() {
    if (this.stay.isCutOff()) this.#restrict(true);
  }

  /** Evergreen scenes alone; the slate for as long as none of them stands. */
  #restrict(isCutOff) {
    this.#isCutOff = isCutOff;
    if (isCutOff) this.dress.cut();
    this.scenes.restrict(isCutOff);
    this.slate.set("offline", isCutOff && !this.scenes.scene);
  }

  #command({ command, item, seconds }) {
    if (command === "reload") location.reload();
    if (command === "renew") void this.stay.renewal.renew();
    if (command === "next") this.scenes.advance();
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

new Screen(readJson("config", { event: {}, lang: "en" })).start();
