// Receipts: telling the server what is on glass. Several changes close together share one receipt.

const PAUSE_MS = 150; // the server reads at most ten frames a second
const GIVE_UP_MS = 3000; // a post that waits for its turn must not hold back the number
const IDS_MAX = 100;

export class Receipts {
  /** The last sequence number that is on glass. */
  seq = 0;
  #shown = new Set();
  #waiting = new Map(); // id -> {seq, at}
  #next = 0;
  #fresh = new Set();
  #holds = new Set(); // {seq}: not durable yet
  #isSending = false;
  #sentAt = -PAUSE_MS;

  /** send(object) writes to the socket; onGlass() resolves when the last change has been drawn. */
  constructor({ send, onGlass, now = () => performance.now() }) {
    Object.assign(this, { send, onGlass, now });
  }

  /** The ids that stand on the stage. */
  get shown() {
    return [...this.#shown];
  }

  /** An operation whose effect is in the page already: a removal, panic, a skip. */
  applied(seq) {
    this.#next = Math.max(this.#next, seq);
    this.#flush();
  }

  /** An operation that brings a post; its receipt goes out when the layout has painted it. */
  expects(id, seq) {
    this.#waiting.set(id, { seq, at: this.now() });
    if (this.#waiting.size > 200) this.#waiting.delete(this.#waiting.keys().next().value);
  }

  /** Everything that stands on the stage now. */
  painted(ids) {
    const shown = new Set(ids);
    for (const id of ids) {
      const waiting = this.#waiting.get(id);
      if (!waiting && this.#shown.has(id)) continue;
      this.#fresh.add(id);
      this.#waiting.delete(id);
      if (waiting) this.#next = Math.max(this.#next, waiting.seq);
    }
    for (const id of this.#fresh) if (!shown.has(id)) this.#fresh.delete(id);
    this.#shown = shown;
    this.#flush();
  }

  /** Called now and then: posts still waiting no longer hold their number back. */
  sweep() {
    for (const [id, { seq, at }] of this.#waiting) {
      if (this.now() - at < GIVE_UP_MS) continue;
      this.#waiting.delete(id);
      this.#next = Math.max(this.#next, seq);
    }
    this.#flush();
  }

  /** Nothing from `seq` on is confirmed before `done` resolves; when it fails, not before a later one has resolved. */
  async holds(seq, done) {
    const hold = { seq };
    this.#holds.add(hold);
    try {
      await done;
    } catch {
      hold.isFailed = true;
      return;
    }
    for (const other of this.#holds) if (other === hold || (other.isFailed && other.seq <= seq)) this.#holds.delete(other);
    this.#flush();
  }

  get #reached() {
    let seq = this.#next;
    for (const hold of this.#holds) seq = Math.min(seq, hold.seq - 1);
    return seq;
  }

  /** A new line to the server: it knows nothing of what was said on the old one. */
  restart(seq) {
    this.#waiting.clear();
    this.#next = seq;
    this.seq = 0;
  }

  async #flush() {
    if (this.#isSending || (this.#reached <= this.seq && this.#fresh.size === 0)) return;
    this.#isSending = true;
    try {
      const pause = this.#sentAt + PAUSE_MS - this.now();
      if (pause > 0) await new Promise((done) => setTimeout(done, pause));
      const seq = this.#reached;
      const ids = [...this.#fresh].slice(0, IDS_MAX);
      for (const id of ids) this.#fresh.delete(id);
      await this.onGlass();
      this.seq = Math.max(this.seq, seq);
      this.#sentAt = this.now();
      this.send({ type: "painted", seq: this.seq, ids });
    } finally {
      this.#isSending = false;
    }
    this.#flush();
  }
}
