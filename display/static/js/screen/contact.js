// How long ago the server was last heard. Whoever cannot be reached cannot be told to take something off, so a time
// that nobody can vouch for counts as too long.

const JUMP_MS = 15_000;
const SLACK_MS = 2000; // a clock that is set right by so little has not jumped
const MARK = "parvis_awake";

export class Contact {
  #wall = null; // both clocks, when the server was last heard or this page took up what a former one knew
  #mono = 0;
  #before = 0; // milliseconds that had passed before that
  #isDoubtful = false;

  /** mostMs: how long posts may stand without contact, 0 for ever. */
  constructor({ mostMs, wall = () => Date.now(), mono = () => performance.now(), mark = browserMark() }) {
    Object.assign(this, { mostMs, wall, mono, mark });
  }

  /** The server has said something. */
  heard() {
    this.#set(0, false);
  }

  /** Goes on from what a former page has noted (see `note`); null when nothing is known, and nothing need be feared. */
  resume(note) {
    if (!note) return;
    const passed = this.wall() - note.at;
    const isSound = passed >= -SLACK_MS && note.passedMs >= 0 && !note.isDoubtful && note.mark === this.mark;
    this.#set(isSound ? note.passedMs + Math.max(0, passed) : 0, !isSound);
  }

  /** Milliseconds since the last contact: null before the first, Infinity when a clock has jumped. */
  get ageMs() {
    if (this.#wall === null) return null;
    const byWall = this.wall() - this.#wall;
    const byMono = this.mono() - this.#mono;
    if (Math.abs(byWall - byMono) > JUMP_MS) this.#isDoubtful = true;
    return this.#isDoubtful ? Infinity : this.#before + Math.max(byWall, byMono);
  }

  get isTooOld() {
    return this.mostMs > 0 && (this.ageMs ?? 0) > this.mostMs;
  }

  /** For the next page: {passedMs, at, isDoubtful, mark}; null before the first contact. */
  note() {
    const age = this.ageMs;
    if (age === null) return null;
    return { passedMs: this.#isDoubtful ? 0 : age, at: this.wall(), isDoubtful: this.#isDoubtful, mark: this.mark };
  }

  #set(before, isDoubtful) {
    this.#wall = this.wall();
    this.#mono = this.mono();
    this.#before = before;
    this.#isDoubtful = isDoubtful;
  }
}

/**
 * A word that lives as long as the browser runs. A machine without a battery starts with the hour at which it was
 * switched off: after a start nobody knows how long that was.
 */
function browserMark() {
  const known = new RegExp(`(?:^|; )${MARK}=([0-9a-f]+)`).exec(globalThis.document?.cookie ?? "")?.[1];
  if (known) return known;
  const fresh = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (globalThis.document) document.cookie = `${MARK}=${fresh}; path=/screen; samesite=strict`;
  return fresh;
}
