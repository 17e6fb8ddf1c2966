// What a person decided or wrote, kept until the server has answered: across bad Wi-Fi, back-off and reloads.
//
// An entry carries its idempotency key from the moment the button was pressed, so a repeat is harmless.
// Entries of one lane leave one after the other; lanes are independent.

import { backoff } from "./link.js";

const AT_ONCE = 4;
const SEND_LIMIT_MS = 10_000;
const RETRY_AFTER_CAP_S = 300;

/** A random UUID; pages on a venue's plain http address have no `crypto.randomUUID`. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, hex);
}

/** Whether an answer means "ask again": no answer, a time-out, too many, or a server in trouble. Pure. */
export function isTransient(status) {
  return status === 0 || status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Seconds of a Retry-After header, bounded; 0 when there is none. */
export function retryAfter(headers) {
  const seconds = Number(headers?.get("retry-after") ?? 0);
  return Number.isFinite(seconds) ? Math.min(RETRY_AFTER_CAP_S, Math.max(0, seconds)) : 0;
}

/** Sends JSON and gives `{status, body, waitS}`; throws when no answer came. */
export async function sendJson(path, body, { method = "POST", headers = {}, signal } = {}) {
  const response = await fetch(path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal,
  });
  const answer = await response.json().catch(() => null);
  return { status: response.status, body: answer, waitS: retryAfter(response.headers) };
}

export class Outbox {
  #entries = [];
  #flying = new Set();
  #timer = 0;
  #attempt = 0;
  #blocked = 0;
  #isTroubled = false;

  /**
   * @param shelf where entries are kept: `all()`, `put(entry)`, `drop(key)`, each may be a promise
   * @param send (entry, signal) => {status, body, waitS?}; throwing means that no answer came
   * @param answered (entry, answer) the server's final word; the entry is gone from the shelf
   * @param changed ({size, trying, blocked, isTroubled}) something moved; `blocked` is 401 while nobody is signed
   *   in, `isTroubled` holds from a failed attempt to the next answer
   */
  constructor({ shelf, send, answered, changed = () => {}, limitMs = SEND_LIMIT_MS }) {
    Object.assign(this, { shelf, send, answered, changed, limitMs });
  }

  get entries() {
    return [...this.#entries];
  }

  get size() {
    return this.#entries.length;
  }

  /** Takes up what an earlier page left behind. */
  async open() {
    const kept = await this.shelf.all();
    const known = new Set(this.#entries.map((entry) => entry.key));
    this.#entries.unshift(...kept.filter((entry) => !known.has(entry.key)).sort((a, b) => a.at - b.at));
    addEventListener("online", () => this.flush());
    this.#tell();
    this.#pump();
  }

  /** Keeps an entry and sends it. Returns it with its key. */
  add(fields) {
    const entry = { key: uuid(), at: Date.now(), tries: 0, lane: "", ...fields };
    this.#entries.push(entry);
    this.#keep(entry);
    this.#tell();
    this.#pump();
    return entry;
  }

  /** Takes an entry back, if it never left this device. */
  recall(key) {
    const entry = this.#entries.find((one) => one.key === key);
    if (!entry || entry.tries > 0) return false;
    this.#forget(entry);
    this.#tell();
    return true;
  }

  /** Lets go of an entry that still waits, whatever became of it. */
  drop(key) {
    const entry = this.#entries.find((one) => one.key === key);
    if (!entry || this.#flying.has(entry)) return false;
    this.#forget(entry);
    this.#tell();
    return true;
  }

  /** The way is clear again: try at once. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#attempt = 0;
    this.#blocked = 0;
    this.#pump();
  }

  #pump() {
    if (this.#timer || this.#blocked) return;
    const busy = new Set([...this.#flying].map((entry) => entry.lane));
    for (const entry of [...this.#entries]) {
      if (this.#flying.size >= AT_ONCE) return;
      if (busy.has(entry.lane)) continue;
      busy.add(entry.lane);
      void this.#fly(entry);
    }
  }

  async #fly(entry) {
    this.#flying.add(entry);
    entry.tries++;
    this.#keep(entry);
    let answer;
    try {
      answer = await this.send(entry, AbortSignal.timeout(this.limitMs));
    } catch {
      answer = { status: 0, body: null };
    }
    this.#flying.delete(entry);
    if (answer.status === 401) this.#blocked = 401;
    else if (isTransient(answer.status)) this.#rest(answer.waitS ?? 0);
    else {
      this.#attempt = 0;
      this.#isTroubled = false;
      this.#forget(entry);
      this.answered(entry, answer);
    }
    this.#tell();
    this.#pump();
  }

  #rest(waitS) {
    this.#isTroubled = true;
    if (this.#timer) return;
    const waitMs = Math.max(waitS * 1000, backoff(this.#attempt++));
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#pump();
    }, waitMs);
  }

  #keep(entry) {
    Promise.resolve(this.shelf.put(entry)).catch(() => {});
  }

  #forget(entry) {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    Promise.resolve(this.shelf.drop(entry.key)).catch(() => {});
  }

  #tell() {
    this.changed({ size: this.size, trying: this.#flying.size, blocked: this.#blocked, isTroubled: this.#isTroubled });
  }
}

/** Small entries in localStorage, one item each: written before the press has finished, shared by two tabs. */
export function localShelf(name) {
  const start = `parvis.outbox.${name}.`;
  const guarded = (work, fallback) => {
    try {
      return work();
    } catch {
      return fallback; // storage refused or full: the entry lives as long as the page
    }
  };
  return {
    all: () =>
      guarded(
        () =>
          Object.keys(localStorage)
            .filter((key) => key.startsWith(start))
            .map((key) => guarded(() => JSON.parse(localStorage.getItem(key)), null))
            .filter((entry) => entry?.key),
        [],
      ),
    put: (entry) => guarded(() => localStorage.setItem(start + entry.key, JSON.stringify(entry))),
    drop: (key) => guarded(() => localStorage.removeItem(start + key)),
  };
}

/** Entries with pictures (Blobs) in IndexedDB. */
export function blobShelf(name) {
  const database = new Promise((done, failed) => {
    const asked = indexedDB.open(`parvis.${name}`, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("outbox", { keyPath: "key" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  database.catch(() => {}); // a private window: see `run`, each caller is told
  const run = async (mode, work) => {
    const store = (await database).transaction("outbox", mode).objectStore("outbox");
    return new Promise((done, failed) => {
      const asked = work(store);
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  };
  return {
    all: () => run("readonly", (store) => store.getAll()).catch(() => []),
    put: (entry) => run("readwrite", (store) => store.put(entry)),
    drop: (key) => run("readwrite", (store) => store.delete(key)),
  };
}

/** Keeps nothing beyond the page: the kiosk's. */
export function noShelf() {
  return { all: () => [], put: () => {}, drop: () => {} };
}
