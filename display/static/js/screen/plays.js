// Proof of play: what stood on glass, from when, for how long. Measured on the monotonic clock, told on the server's,
// kept on this device until the server says that it has it.

const LEAST_MS = 500; // shorter is a flicker, not a showing
const CUT_MS = 60_000; // a long stand is told in pieces: a crash costs a minute at most
const FLUSH_MS = 10_000;
const ASLEEP_MS = 30_000; // a page whose timer did not come for so long was not running
const ANSWER_MS = 20_000;
const BATCH = 50;

export class Plays {
  #open = new Map(); // key -> {kind, id, scene, since, at} of what stands on glass
  #glass = { ids: [], scene: "", isCovered: false };
  #isAway = false;
  #awakeAt = 0;
  #setAt = -Infinity; // when the server last told its time
  #timer = 0;
  #spool = null;
  #early = []; // what came before the spool was open
  #sent = null; // the batch under way: {upto, at}
  #isReading = false;

  /**
   * @param spool promise of where plays are kept, see spool.js
   * @param send (message) => boolean, false when the line is down
   * @param clock the server's clock; now() milliseconds that never jump
   */
  constructor({ spool, send, clock, now = () => performance.now(), page = globalThis }) {
    Object.assign(this, { send, clock, now, page });
    this.#awakeAt = now();
    this.ready = Promise.resolve(spool).then((opened) => this.#opened(opened));
  }

  /** How many plays the server does not have yet. */
  get waiting() {
    return this.#spool?.size ?? this.#early.length;
  }

  open() {
    this.#timer = setInterval(() => this.tick(), FLUSH_MS);
    this.page.addEventListener("pagehide", this.#leave);
    this.page.addEventListener("pageshow", this.#see);
    this.page.document.addEventListener("visibilitychange", this.#see);
    this.#see();
  }

  close() {
    clearInterval(this.#timer);
    this.page.removeEventListener("pagehide", this.#leave);
    this.page.removeEventListener("pageshow", this.#see);
    this.page.document.removeEventListener("visibilitychange", this.#see);
    this.#leave();
  }

  /** What stands on glass now: `ids` of posts, `scene` its id or "", `isCovered` when the slate is before it all. */
  show({ ids = [], scene = "", isCovered = false }) {
    this.#glass = { ids, scene, isCovered };
    this.#settle();
  }

  /** Now and then: long stands are cut, and what waits is sent. */
  tick() {
    const now = this.now();
    const until = this.#awake(now);
    const done = [];
    for (const [key, stand] of this.#open) {
      if (until - stand.since <= CUT_MS - FLUSH_MS && until === now) continue;
      done.push(this.#piece(stand, until));
      this.#open.set(key, { ...stand, since: now, at: this.clock.now() });
    }
    this.#keep(done);
    void this.flush();
  }

  /** A new line to the server, which has told its time: whatever was under way on the old one is told again. */
  restart() {
    this.#setAt = this.now();
    this.#sent = null;
    void this.flush();
  }

  /** The server has all plays of this spool up to that number. */
  async kept({ spool, upto }) {
    if (spool !== this.#spool?.id || !Number.isInteger(upto)) return;
    await this.#spool.drop(upto);
    if (this.#sent && this.#sent.upto <= upto) this.#sent = null;
    await this.flush();
  }

  /** Sends the oldest plays, at most fifty, unless a batch waits for its answer. */
  async flush() {
    if (!this.#spool || this.#isReading) return;
    if (this.#sent && this.now() - this.#sent.at < ANSWER_MS) return;
    this.#isReading = true;
    const plays = await this.#spool.oldest(BATCH).catch(() => []);
    this.#isReading = false;
    if (!plays.length) return;
    const message = { type: "plays", spool: this.#spool.id, plays, lost: this.#spool.lost };
    this.#sent = this.send(message) ? { upto: plays.at(-1).n, at: this.now() } : null;
  }

  /** What nobody can see is not shown. */
  #see = () => {
    if (this.page.document.visibilityState === "hidden") return this.#leave();
    this.#isAway = false;
    this.#settle();
  };

  /** The page may be going: what stood there is written where a write ends in time. If it stays, it is told as usual. */
  #leave = () => {
    this.#isAway = true;
    const last = this.#close(() => true);
    if (!this.#spool) return;
    this.#spool.leave(last);
    void this.flush();
    setTimeout(() => this.#spool.take().then(() => this.flush()));
  };

  /** Closes what does not stand there any more and opens what is new. */
  #settle() {
    const standing = new Map();
    const { ids, scene, isCovered } = this.#glass;
    if (!this.#isAway && !isCovered) {
      for (const id of ids) standing.set(`post ${id} ${scene}`, { kind: "post", id, scene });
      if (scene) standing.set(`scene ${scene}`, { kind: "scene", id: scene, scene: "" });
    }
    this.#keep(this.#close((key) => !standing.has(key)));
    const times = { since: this.now(), at: this.clock.now() };
    for (const [key, stand] of standing) if (!this.#open.has(key)) this.#open.set(key, { ...stand, ...times });
  }

  /** Ends the stands that are meant; gives those that were long enough. */
  #close(isMeant) {
    const until = this.#awake(this.now());
    const done = [];
    for (const [key, stand] of [...this.#open]) {
      if (!isMeant(key)) continue;
      this.#open.delete(key);
      done.push(this.#piece(stand, until));
    }
    return done.filter(Boolean);
  }

  /** Begun before the server told its time, its start is counted back from now; else it was noted, whatever jumped since. */
  #piece({ kind, id, scene, since, at }, until) {
    const ms = Math.round(until - since);
    if (ms < LEAST_MS) return null;
    return { kind, id, at: Math.round(since < this.#setAt ? this.clock.now() - (this.now() - since) : at), ms, scene };
  }

  /** Until when something is known to have stood there: a machine that slept shows nothing. */
  #awake(now) {
    const until = now - this.#awakeAt > ASLEEP_MS ? this.#awakeAt : now;
    this.#awakeAt = now;
    return until;
  }

  #keep(pieces) {
    const plays = pieces.filter(Boolean);
    if (!plays.length) return;
    if (this.#spool) void this.#spool.add(plays);
    else this.#early.push(...plays);
  }

  async #opened(spool) {
    this.#spool = spool;
    const early = this.#early.splice(0);
    if (early.length) await spool.add(early);
    await this.flush();
  }
}
