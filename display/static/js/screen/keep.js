// What a screen knows, kept on the device: where it is in the log, the posts, the photos, the orders.
//
// One record in several parts, written together, so that a position never comes without its posts. Without a database
// (forbidden, broken, full) the screen goes on from memory and says so once.

const STORE = "parts";
const PARTS = ["posts", "photos", "panic"];
const PAUSE_MS = 2000;
const NOTE_MS = 10_000;
const OPEN_MS = 1500; // a database that does not open must not hold up the wall

export class Keep {
  #state = {};
  #dirty = new Set();
  #stamp = "";
  #base = null;
  #timer = 0;
  #wroteAt = -Infinity;
  #notedAt = -Infinity;
  #isWhole = false;
  #isVoided = false;
  #hasTold = false;
  #screen = "";

  /**
   * contact knows when the server was last heard; told(reason) is called once, when nothing can be kept; makeRoom()
   * may free some of a full disk.
   */
  constructor({ contact, told = () => {}, makeRoom = async () => {}, factory = globalThis.indexedDB, locker = locals(), mono = () => performance.now() }) {
    Object.assign(this, { contact, told, makeRoom, factory, locker, mono });
  }

  /** Whether anything outlives this page. */
  get isLasting() {
    return this.#base !== null;
  }

  /** Never rejects. */
  async open(screen) {
    this.#screen = screen;
    try {
      this.#base = await within(OPEN_MS, open(this.factory, this.#name));
      this.#base.onclose = () => this.#lose("closed");
      this.#base.onversionchange = () => this.#base?.close();
    } catch (error) {
      this.#lose(error?.name ?? "failed");
    }
  }

  /** {position: {epoch, seq}, posts, photos, panic, orders, note} of the former page, or null. Never rejects. */
  async last() {
    if (!this.#base) return null;
    try {
      if (this.#isVoid()) {
        await this.#run("readwrite", (store) => store.clear());
        return null;
      }
      const found = await within(OPEN_MS, this.#run("readonly", (store) => readAll(store)));
      if (!found.position?.epoch || !Number.isInteger(found.position.seq) || !Array.isArray(found.posts)) return null;
      const { stamp, ...position } = found.position;
      return { photos: [], panic: false, orders: null, note: null, ...found, position };
    } catch (error) {
      this.#lose(error?.name ?? "failed");
      return null;
    }
  }

  /**
   * Takes over parts of the state ({position, posts, photos, panic, orders}), or functions that give them; written soon,
   * at most every two seconds. Who gives functions has a record that is in step with itself.
   */
  save(parts) {
    Object.assign(this.#state, parts);
    for (const name of Object.keys(parts)) this.#dirty.add(name);
    if (this.#timer || !this.#base) return;
    this.#timer = setTimeout(() => this.#write().catch(() => {}), Math.max(0, this.#wroteAt + PAUSE_MS - this.mono()));
  }

  /** The same for the server's whole truth: it stands above whatever is kept. Resolves when it is durable. */
  async replace(parts) {
    this.#isWhole = true;
    this.save(parts);
    await this.#write();
  }

  /** Takes posts off the record. Resolves when no reload can bring them back. */
  async remove(ids) {
    const gone = new Set(ids);
    const without = (list) => list?.filter((post) => !gone.has(post.id));
    for (const name of ["posts", "photos"]) if (Array.isArray(this.#state[name])) this.#state[name] = without(this.#state[name]);
    if (!this.#base) return this.#void(); // there may be something of a former page
    try {
      await this.#run("readwrite", (store) => {
        for (const name of ["posts", "photos"]) {
          store.get(name).onsuccess = ({ target: { result } }) => {
            if (result?.some((post) => gone.has(post.id))) store.put(without(result), name);
          };
        }
      });
    } catch (error) {
      this.#lose(error?.name ?? "failed");
      await this.#void();
    }
  }

  /** Notes now and then how long ago the server was heard, whether or not it is heard now. */
  noteContact() {
    if (!this.#base || this.mono() - this.#notedAt < NOTE_MS) return;
    const note = this.contact.note();
    if (!note) return;
    this.#notedAt = this.mono();
    this.#run("readwrite", (store) => store.put(note, "note")).catch((error) => this.#lose(error?.name));
  }

  async #write() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#wroteAt = this.mono();
    if (!this.#base) return this.#isWhole ? this.#void() : undefined;
    const [dirty, isWhole] = [new Set(this.#dirty), this.#isWhole];
    this.#dirty.clear();
    this.#isWhole = false;
    const put = () => this.#run("readwrite", (store) => this.#put(store, dirty, isWhole), isWhole);
    try {
      await put().catch((error) => (error?.name === "QuotaExceededError" ? this.makeRoom().then(put) : Promise.reject(error)));
      if (dirty.has("position")) this.#unvoid();
    } catch (error) {
      this.#lose(error?.name ?? "failed");
      await this.#void(); // what stands there is older than it should be
    }
  }

  #put(store, dirty, isWhole) {
    const state = Object.fromEntries(Object.entries(this.#state).map(([name, part]) => [name, typeof part === "function" ? part() : part]));
    if (dirty.has("orders")) store.put(state.orders, "orders");
    if (!dirty.has("position")) return;
    store.get("position").onsuccess = ({ target: { result: known } }) => {
      if (!isWhole && isAhead(known, state.position)) return; // another page of this screen knows more
      const isMine = known && known.stamp === this.#stamp;
      this.#stamp = crypto.getRandomValues(new Uint32Array(2)).join("-");
      for (const name of PARTS) {
        if (!(name in state)) store.delete(name);
        else if (dirty.has(name) || !isMine) store.put(state[name], name);
      }
      store.put({ ...state.position, stamp: this.#stamp }, "position");
      store.put(this.contact.note(), "note");
    };
  }

  // -- when it cannot be kept --------------------------------------------------------------------------------

  #lose(reason) {
    this.#base?.close();
    this.#base = null;
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#hasTold) return;
    this.#hasTold = true;
    this.told(reason ?? "failed");
  }

  /** Nothing that stands there may be believed any more. Throws when not even that can be written. */
  async #void() {
    if (this.#isVoided || !this.factory) return;
    let isMarked = false;
    try {
      this.locker.setItem(this.#name, "void");
      isMarked = true;
    } catch {
      // full or forbidden
    }
    const isDeleted = await within(OPEN_MS, drop(this.factory, this.#name)).then(() => true, () => false);
    if (!isMarked && !isDeleted) throw new Error("what was taken down may still be kept here");
    this.#isVoided = true;
  }

  #unvoid() {
    try {
      this.locker.removeItem(this.#name);
    } catch {
      // forbidden: then it never was set
    }
  }

  #isVoid() {
    try {
      return this.locker.getItem(this.#name) !== null;
    } catch {
      return false;
    }
  }

  get #name() {
    return `parvis.screen.${this.#screen}`;
  }

  /** Resolves with what `work` gave (a promise of its own or a value) when the transaction is durable. */
  #run(mode, work, isStrict = true) {
    return new Promise((done, failed) => {
      const transaction = this.#base.transaction(STORE, mode, { durability: isStrict ? "strict" : "relaxed" });
      const result = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(result);
      transaction.onerror = () => failed(transaction.error);
      transaction.onabort = () => failed(transaction.error ?? new Error("aborted"));
    });
  }
}

/** Whether what is known elsewhere is further than `position`. Pure. */
export function isAhead(known, position) {
  return Boolean(known) && known.epoch === position.epoch && known.seq > position.seq;
}

/** localStorage, where reading it is allowed at all. */
function locals() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

function open(factory, name) {
  return new Promise((done, failed) => {
    if (!factory) throw new Error("missing");
    const asked = factory.open(name, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

function drop(factory, name) {
  return new Promise((done, failed) => {
    const asked = factory.deleteDatabase(name);
    asked.onsuccess = () => done();
    asked.onerror = () => failed(asked.error);
  });
}

/** {name: part} of everything in the store. */
function readAll(store) {
  return new Promise((done, failed) => {
    const found = {};
    const asked = store.openCursor();
    asked.onsuccess = () => {
      const cursor = asked.result;
      if (!cursor) return done(found);
      found[cursor.key] = cursor.value;
      cursor.continue();
    };
    asked.onerror = () => failed(asked.error);
  });
}

function within(ms, promise) {
  let timer = 0;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error("too slow")), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
