// The pace of the wall: who is the hero, when, and who goes straight to a column. Pure: time is passed in.
//
// A new post on a quiet stage is the hero at once. While a new hero has its minimum time, others are shown in
// the columns at once and have their turn later. When nobody writes, earlier posts take turns, equally often.

const TURNS_WAITING_MAX = 8;
const OWED_MS = 3000; // between seats for posts that are owed their time
const ARRIVALS_MAX = 6; // in a rush the newest are shown, the others wait for their turn

export class Pace {
  #arrivals = []; // {id, seq} of posts ready to be shown, in the order of their approval
  #promised = []; // ids shown in a column that have not been the hero yet
  #turns = new Map(); // id -> {count, at}
  #heldUntil = 0;
  #crownedAt = 0;
  #seatedAt = 0;

  /** Times in milliseconds: a new hero's least time, the pause before earlier posts take turns, between seatings. */
  constructor({ dwellMs, restMs, seatMs = 700, batch = 2 }) {
    Object.assign(this, { dwellMs, restMs, seatMs, batch });
  }

  /**
   * A post is ready, approved as number `seq`; pictures make some ready after younger ones. Beyond the bound the oldest
   * waiting one is left to the turns: nothing is lost.
   */
  arrive(id, seq) {
    if (this.#arrivals.some((other) => other.id === id)) return;
    this.#arrivals.push({ id, seq });
    this.#arrivals.sort((a, b) => a.seq - b.seq);
    if (this.#arrivals.length > ARRIVALS_MAX) this.#arrivals.shift();
  }

  /** A post is gone. */
  forget(id) {
    this.#arrived([id]);
    this.#promised = this.#promised.filter((other) => other !== id);
    this.#turns.delete(id);
  }

  /** Posts known from the start have no turn behind them; `hero` has one. */
  begin(ids, hero, now) {
    this.#turns = new Map(ids.map((id) => [id, { count: 0, at: 0 }]));
    this.crowned(hero, now, { isNew: false });
  }

  crowned(id, now, { isNew }) {
    this.#arrived([id]);
    this.#promised = this.#promised.filter((other) => other !== id);
    this.#turns.set(id, { count: (this.#turns.get(id)?.count ?? this.#least()) + 1, at: now });
    this.#crownedAt = now;
    this.#heldUntil = isNew ? now + this.dwellMs : 0;
  }

  /** The hero stays until `until`, whoever comes; `release` lets go of it. */
  hold(id, now, until) {
    this.crowned(id, now, { isNew: true });
    this.#heldUntil = until;
  }

  release(now) {
    this.#heldUntil = Math.min(this.#heldUntil, now);
    this.#crownedAt = now;
  }

  seated(ids, now, { isOwed = false } = {}) {
    this.#arrived(ids);
    if (!isOwed) this.#promised = [...this.#promised, ...ids].slice(-TURNS_WAITING_MAX);
    this.#seatedAt = now;
  }

  /**
   * What to do at `now`, given the ids that may be shown:
   * {act: "crown", id, isNew} | {act: "seat", ids, isOwed} | {act: "wait", until} (until null: nothing is due).
   * `owed` are ids that nobody sees now and that must be seen soon: they take seats while nobody writes.
   */
  next(now, ids, hero, owed = []) {
    if (this.#arrivals.length && now >= this.#heldUntil) return { act: "crown", id: this.#arrivals.at(-1).id, isNew: true };
    if (this.#arrivals.length) {
      const due = this.#seatedAt + this.seatMs;
      if (now >= due) return { act: "seat", ids: this.#arrivals.slice(0, this.batch).map(({ id }) => id) };
      return { act: "wait", until: Math.min(due, this.#heldUntil) };
    }
    if (owed.length && now >= this.#seatedAt + OWED_MS) return { act: "seat", ids: owed.slice(0, this.batch), isOwed: true };
    const next = this.#next(now, ids, hero);
    if (!owed.length || next.act !== "wait") return next;
    return { act: "wait", until: Math.min(next.until ?? Infinity, this.#seatedAt + OWED_MS) };
  }

  #arrived(ids) {
    this.#arrivals = this.#arrivals.filter(({ id }) => !ids.includes(id));
  }

  #next(now, ids, hero) {
    if (this.#promised.length) {
      const due = Math.max(this.#heldUntil, this.#crownedAt + this.dwellMs);
      return now >= due ? { act: "crown", id: this.#promised[0], isNew: true } : { act: "wait", until: due };
    }
    const turn = this.turn(ids, hero);
    if (turn === null) return { act: "wait", until: null };
    const due = Math.max(this.#heldUntil, this.#crownedAt + this.restMs);
    return now >= due ? { act: "crown", id: turn, isNew: false } : { act: "wait", until: due };
  }

  /** Whose turn it is: fewest turns first, then longest ago; null when there is nobody else. */
  turn(ids, hero) {
    let best = null;
    for (const id of ids) {
      if (id === hero) continue;
      const turn = this.#turns.get(id) ?? { count: this.#least(), at: 0 };
      if (!best || turn.count < best.count || (turn.count === best.count && turn.at < best.at)) best = { id, ...turn };
    }
    return best?.id ?? null;
  }

  /** A late-comer starts level with the others, so that it is not repeated to catch up. */
  #least() {
    let least = Infinity;
    for (const { count } of this.#turns.values()) least = Math.min(least, count);
    return least === Infinity ? 0 : least;
  }
}
