// The line to the server: one WebSocket that heals itself, and the rules of epoch and sequence.

const FIRST_MS = 500;
const CAP_MS = 3000; // a screen is equal to the store again within five seconds of the line
const DEADLINE_MS = 12_000;
const CONNECT_MS = 6000;
const RESYNC_EVERY_MS = 2000;
const NUMBERED = new Set(["snapshot", "op"]);

/** Pause before attempt `attempt` (0, 1, …): doubling to a cap, half of it fixed and half by chance. Pure. */
export function backoff(attempt, random = Math.random()) {
  const full = Math.min(CAP_MS, FIRST_MS * 2 ** attempt);
  return full / 2 + (random * full) / 2;
}

/**
 * What a frame means at `position` {epoch, seq}. Pure.
 * @returns {{verdict: "take"|"repeat"|"gap", position}} "gap": something was missed, ask for a snapshot
 */
export function sift(position, frame) {
  const { epoch, seq } = position;
  switch (frame.type) {
    case "hello":
      return { verdict: "take", position: frame.epoch === epoch ? position : { epoch: frame.epoch, seq: null } };
    case "snapshot":
      return { verdict: "take", position: { epoch: frame.epoch, seq: frame.seq } };
    case "op":
      if (seq === null || frame.seq > seq + 1) return { verdict: "gap", position };
      if (frame.seq <= seq) return { verdict: "repeat", position };
      return { verdict: "take", position: { epoch, seq: frame.seq } };
    case "beat":
      return { verdict: seq !== null && frame.seq > seq ? "gap" : "take", position }; // a desk's beat has no number
    default:
      return { verdict: "take", position };
  }
}

/** A frame that may be acted on: those that count have a whole number, a snapshot has its items. Pure. */
export function isReadable(frame) {
  if (typeof frame !== "object" || frame === null) return false;
  if (frame.type === "snapshot" && !Array.isArray(frame.items)) return false;
  return !NUMBERED.has(frame.type) || Number.isInteger(frame.seq);
}

/**
 * Keeps a socket open for as long as the page lives.
 *
 * greet() gives the hello without epoch and seq; heard(frame, verdict) receives every readable frame;
 * changed(isLive) tells when the line comes and goes; closed(code) why the server ended it. A link that does not understand
 * sequences (the desk's) sets `isSequenced` false.
 */
export class Link {
  position = { epoch: null, seq: null };
  frames = 0;
  isLive = false;
  #socket = null;
  #attempt = 0;
  #retry = 0;
  #watch = 0;
  #heardAt = 0;
  #askedAt = -RESYNC_EVERY_MS;
  #isClosed = false;
  #online = () => this.#hurry();

  constructor(path, { greet = () => ({}), heard, changed = () => {}, closed = () => {}, isSequenced = true }) {
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    Object.assign(this, { url, greet, heard, changed, closed, isSequenced });
  }

  open() {
    addEventListener("online", this.#online);
    this.#connect();
  }

  close() {
    this.#isClosed = true;
    removeEventListener("online", this.#online);
    clearTimeout(this.#retry);
    clearTimeout(this.#watch);
    this.#socket?.close();
  }

  /** Sends an object; false when the line is down (nothing is kept: the next hello tells all). */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Asks for a snapshot, at most every two seconds. */
  resync() {
    if (performance.now() - this.#askedAt < RESYNC_EVERY_MS) return;
    this.#askedAt = performance.now();
    this.send({ type: "resync" });
  }

  #connect() {
    clearTimeout(this.#retry);
    let socket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      this.#again();
      return;
    }
    this.#socket = socket;
    this.#heardAt = performance.now() - DEADLINE_MS + CONNECT_MS;
    this.#askedAt = -RESYNC_EVERY_MS; // what was asked on another line is not answered on this one
    this.#guard(socket);
    socket.onopen = () => socket === this.#socket && this.send({ type: "hello", ...this.position, ...this.greet() });
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(data);
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket) return;
      this.#again();
      this.closed(code);
    };
  }

  /** One timer watches the silence; a frame only notes the time. */
  #guard(socket) {
    clearTimeout(this.#watch);
    const left = DEADLINE_MS - (performance.now() - this.#heardAt);
    this.#watch = setTimeout(() => {
      if (performance.now() - this.#heardAt < DEADLINE_MS) this.#guard(socket);
      else this.#again();
    }, Math.max(50, left));
  }

  /** Lets go of the socket (a frozen peer would never close it) and comes back later. */
  #again() {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#watch);
    clearTimeout(this.#retry);
    socket?.close();
    if (this.isLive) {
      this.isLive = false;
      this.changed(false);
    }
    if (!this.#isClosed) this.#retry = setTimeout(() => this.#connect(), backoff(this.#attempt++));
  }

  #hurry() {
    if (this.#isClosed || this.isLive) return;
    this.#attempt = 0;
    if (this.#socket) this.#again();
    this.#connect();
  }

  #receive(data) {
    this.#heardAt = performance.now();
    this.frames++;
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (!isReadable(frame)) return;
    const { verdict, position } = this.isSequenced ? sift(this.position, frame) : { verdict: "take", position: this.position };
    this.position = position;
    if (!this.isLive && (frame.type === "hello" || !this.isSequenced)) {
      this.#attempt = 0;
      this.isLive = true;
      this.changed(true);
    }
    if (frame.type === "snapshot") this.#askedAt = -RESYNC_EVERY_MS;
    if (verdict === "gap") this.resync();
    this.heard(frame, verdict);
  }
}
