// Where plays wait for the server: in IndexedDB, numbered there, so that they survive a crash; else in memory.

import { uuid } from "../outbox.js";

const MOST = 20_000;
const DROP = 500; // at a time: a full spool is not trimmed at each play
const OPEN_MS = 5000;

/**
 * The spool of one screen on this device. Two windows on the same screen share it: the numbers come from the database.
 * @returns {{id, size, lost, add(plays), oldest(count), drop(upto), leave(plays), take()}} see `Kept`
 */
export async function openSpool(screen, { most = MOST, storage = globalThis.localStorage } = {}) {
  try {
    const name = `parvis.plays.${screen}`;
    const kept = open(name).then((database) => new Kept(database, { most, storage, name }).begin());
    return await Promise.race([kept, new Promise((_, failed) => setTimeout(failed, OPEN_MS))]);
  } catch {
    return new Held({ most }); // a private window, or a disk that is full
  }
}

/** Resolves with the database; a browser that never answers has none. */
function open(name) {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("plays", { keyPath: "n", autoIncrement: true });
      asked.result.createObjectStore("facts");
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = asked.onblocked = () => failed(asked.error);
  });
}

function settled(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** In IndexedDB. What cannot be written there is held in memory, under another name, until the page goes. */
class Kept {
  #size = 0;
  #lost = 0;
  #spare = null;

  constructor(database, { most, storage, name }) {
    Object.assign(this, { database, most, storage, name });
  }

  get id() {
    return this.#spare?.id ?? this.own;
  }

  get size() {
    return this.#size + (this.#spare?.size ?? 0);
  }

  get lost() {
    return this.#spare?.lost ?? this.#lost;
  }

  async begin() {
    const facts = this.#store("facts", "readwrite");
    this.own = await settled(facts.get("id"));
    if (!this.own) await settled(facts.put((this.own = uuid()), "id"));
    this.#lost = (await settled(this.#store("facts").get("lost"))) ?? 0;
    this.#size = await settled(this.#store("plays").count());
    await this.take();
    return this;
  }

  /** Keeps plays {kind, id, at, ms, scene}; each gets its number. */
  async add(plays) {
    if (!plays.length) return;
    if (this.#spare) return this.#spare.add(plays);
    try {
      const store = this.#store("plays", "readwrite");
      await Promise.all(plays.map((play) => settled(store.add(play))));
      this.#size += plays.length;
      if (this.#size > this.most) await this.#trim();
    } catch {
      this.#spare = new Held({ most: this.most }); // the disk is full: what is on it is told after the next reload
      await this.#spare.add(plays);
    }
  }

  async oldest(count) {
    return this.#spare ? this.#spare.oldest(count) : settled(this.#store("plays").getAll(null, count));
  }

  /** The server has these and all before. */
  async drop(upto) {
    if (this.#spare) return this.#spare.drop(upto);
    try {
      const store = this.#store("plays", "readwrite");
      await settled(store.delete(IDBKeyRange.upperBound(upto)));
      this.#size = await settled(store.count());
    } catch {
      // told again, and known there
    }
  }

  /** The page may be going, and no database ends its write then: kept beside it until it is taken in. */
  leave(plays) {
    if (!plays.length) return;
    try {
      this.storage.setItem(this.name, JSON.stringify([...this.#left(), ...plays]));
    } catch {
      this.#lost += plays.length;
    }
  }

  /** Takes in what was left beside the database, by this page or a former one. */
  async take() {
    await this.add(this.#left());
  }

  #left() {
    try {
      const left = JSON.parse(this.storage.getItem(this.name) ?? "[]");
      this.storage.removeItem(this.name);
      return Array.isArray(left) ? left : [];
    } catch {
      return [];
    }
  }

  async #trim() {
    const many = this.#size - this.most + Math.min(DROP, Math.floor(this.most / 4));
    const oldest = await settled(this.#store("plays").getAllKeys(null, many));
    this.#lost += oldest.length;
    this.#size -= oldest.length;
    await settled(this.#store("facts", "readwrite").put(this.#lost, "lost"));
    await settled(this.#store("plays", "readwrite").delete(IDBKeyRange.upperBound(oldest.at(-1))));
  }

  #store(name, mode = "readonly") {
    return this.database.transaction(name, mode).objectStore(name);
  }
}

/** In memory: gone with the page. */
class Held {
  id = uuid();
  lost = 0;
  #plays = [];
  #n = 0;

  constructor({ most }) {
    this.most = most;
  }

  get size() {
    return this.#plays.length;
  }

  async add(plays) {
    for (const play of plays) this.#plays.push({ ...play, n: ++this.#n });
    const extra = this.#plays.length - this.most;
    if (extra > 0) {
      this.#plays.splice(0, extra);
      this.lost += extra;
    }
  }

  async oldest(count) {
    return this.#plays.slice(0, count);
  }

  async drop(upto) {
    this.#plays = this.#plays.filter((play) => play.n > upto);
  }

  leave(plays) {
    void this.add(plays);
  }

  async take() {}
}
