// Staying: what keeps this screen alive without server, store or network. It ties the keep, the shell, the watchdog and the
// renewal to the page; a preview or a trial keeps nothing.

import { onGlass } from "../dom.js";
import { Contact } from "./contact.js";
import { Keep } from "./keep.js";
import { Renewal, tellPainted } from "./renewal.js";
import { Shell } from "./shell.js";
import { Reloads, Watchdog } from "./watchdog.js";

const OFFLINE_MAX_S = 900;

export class Stay {
  #notes = new Map(); // what went wrong, for the desk
  #heardAt = 0;
  #hasSnapshot = false;
  #hasPainted = false;
  #isSure = false; // whether the list of photos is in step with the posts

  /** parts: {config, feed, link, receipts, scenes, clock}. */
  constructor(parts) {
    Object.assign(this, parts);
    const { config, feed } = parts;
    this.isGuest = (config.as ?? "screen") !== "screen";
    this.contact = new Contact({ mostMs: (config.offline_max_s ?? OFFLINE_MAX_S) * 1000 });
    this.shell = new Shell({
      build: config.build,
      state: () => ({ posts: feed.posts(), photos: feed.photos() }),
      told: ({ isFull }) => isFull && this.#notes.set("disk", "disk-full"),
    });
    this.keep = new Keep({
      contact: this.contact,
      makeRoom: () => this.shell.makeRoom(),
      told: (reason) => this.#notes.set("keep", `memory-only ${reason}`),
    });
    this.watchdog = new Watchdog({
      reloads: new Reloads(),
      line: () => ({ isLive: this.link.isLive, heardAt: this.#heardAt }),
      clock: () => new Date(this.clock.now()),
      isKept: () => this.shell.isKept,
    });
    this.renewal = new Renewal({
      screen: config.screen,
      build: config.build,
      told: (failure) => this.#notes.set("renewal", `renewal: ${failure}`),
    });
  }

  /** In short words, why this screen is not as it should be, or was loaded anew. */
  get reasons() {
    return [...this.#notes.values(), ...this.watchdog.reasons];
  }

  /**
   * Takes up what a former page has kept, so that the wall stands before anybody answers. Gives the orders that it has
   * heard, when they are newer than this page; else null. Never rejects.
   */
  async resume() {
    if (this.isGuest) return null;
    this.shell.start();
    this.watchdog.start();
    await this.keep.open(this.config.screen);
    const kept = await this.keep.last();
    if (!kept) return null;
    this.contact.resume(kept.note);
    if (!this.contact.isTooOld) {
      this.feed.snapshot({ items: kept.posts, panic: kept.panic });
      this.feed.setPhotos(kept.photos, kept.position.seq);
      this.link.position = kept.position;
      this.#isSure = true;
    }
    return kept.orders?.at > Date.parse(this.config.at) ? kept.orders.frame : null;
  }

  /** Any frame of the server. */
  heard() {
    this.#heardAt = performance.now();
    this.contact.heard();
    if (!this.isGuest) this.keep.noteContact();
  }

  /** Nothing is heard; called now and then. True when posts may not stand any longer. */
  isCutOff() {
    if (this.link.isLive) return false;
    if (!this.isGuest) this.keep.noteContact();
    return this.contact.isTooOld;
  }

  /** A new page, or a new version of the server. */
  greeted(build) {
    if (!this.isGuest) this.renewal.sees(build);
  }

  /** Applies a snapshot; it is confirmed once nothing else is kept. */
  snapshot(frame, apply) {
    apply();
    this.#hasSnapshot = true;
    this.#isSure = false;
    this.#look();
    if (this.isGuest) return;
    this.receipts.holds(frame.seq, this.keep.replace({ ...this.#record(), photos: [] }));
    this.shell.needs();
  }

  /** The list of photos is complete, or known to be none. */
  photos() {
    this.#isSure = true;
    this.#changed();
  }

  /** Applies an operation; what it takes off leaves this device too, and is confirmed after that. */
  operate(frame, apply) {
    const isGone = frame.op === "del" && !this.isGuest;
    const gone = isGone ? [this.feed.get(frame.id), ...this.feed.photos().filter((photo) => photo.id === frame.id)].filter(Boolean) : [];
    apply();
    if (isGone) this.receipts.holds(frame.seq, Promise.all([this.keep.remove([frame.id]), this.shell.forget(gone)]));
    if (frame.op === "panic" && !this.isGuest) this.receipts.holds(frame.seq, this.keep.replace(this.#record()));
    this.#changed();
  }

  ordered(frame) {
    if (!this.isGuest) this.keep.save({ orders: { frame, at: this.clock.now() } });
  }

  /** Something stands on the glass. */
  painted() {
    this.#look();
  }

  #record() {
    return { position: () => this.link.position, posts: () => this.feed.posts(), panic: () => this.feed.isPanic };
  }

  #changed() {
    if (this.isGuest) return;
    this.keep.save(this.#isSure ? { ...this.#record(), photos: () => this.feed.photos() } : this.#record());
    this.shell.needs();
  }

  /** The first time that a scene stands with what it has to show: the page may be kept, a trial has passed. */
  #look() {
    const { scene, ids } = this.scenes;
    const isWhole = scene && (!scene.traits?.posts || ids.length > 0 || this.feed.posts().length === 0);
    if (this.#hasPainted || !isWhole || (this.isGuest && !this.#hasSnapshot)) return;
    this.#hasPainted = true;
    void onGlass().then(() => (this.isGuest ? tellPainted(this.config.build) : this.shell.painted()));
  }
}
