// Decisions on their way: pressed once, kept until answered, taken back within ten seconds.

import { Outbox, localShelf, sendJson } from "../outbox.js";
import { VERDICTS } from "./verdicts.js";

export const UNDO_MS = 10_000;
const UNDO_KEPT = 20;

export class Decisions {
  #done = [];

  /**
   * @param board the desk's picture, changed here at once
   * @param told (event) what became of it, for the page to say:
   *   {type: "waiting"|"other"|"stale"|"gone"|"refused"|"ok", verdict, id, by?, state?, message?, post?}
   * @param moved () the board changed
   * @param line ({size, blocked}) how much is still on its way
   */
  constructor({ board, me, told, moved, line, shelf = localShelf("desk") }) {
    Object.assign(this, { board, me, told, moved });
    this.outbox = new Outbox({
      shelf,
      send: (entry, signal) =>
        sendJson(entry.path, entry.body, { signal, headers: { "idempotency-key": entry.key } }),
      answered: (entry, answer) => this.#answered(entry, answer),
      changed: line,
    });
  }

  async open() {
    await this.outbox.open();
    for (const entry of this.outbox.entries) if (entry.id) this.board.press(entry.id, entry);
    this.moved();
  }

  /** Says a verdict on a card. The page moves on at once; the server's answer settles it. */
  decide(post, verdict, { isUndo = false } = {}) {
    const { to, undo } = VERDICTS[verdict];
    const entry = this.outbox.add({
      lane: post.id,
      id: post.id,
      verdict,
      from: post.state,
      to,
      path: `/api/v1/posts/${encodeURIComponent(post.id)}/decision`,
      body: { verdict, rev: post.rev, mrev: post.mrev },
    });
    this.board.press(post.id, entry);
    if (!isUndo) {
      this.#done.push({ post, verdict, undo, key: entry.key, at: Date.now() });
      this.#done.splice(0, this.#done.length - UNDO_KEPT);
    }
    this.moved();
    return entry;
  }

  /** Everything off the screens, or back. A later word replaces one that has not left yet. */
  panic(on) {
    for (const entry of this.outbox.entries) if (entry.lane === "panic") this.outbox.drop(entry.key);
    return this.outbox.add({ lane: "panic", verdict: "panic", on, path: "/api/v1/panic", body: { on } });
  }

  /** The newest decision that can still be taken back, or null. */
  last(now = Date.now()) {
    const done = this.#done.at(-1);
    return done?.undo && now - done.at < UNDO_MS ? done : null;
  }

  /** Takes the newest decision back. Returns it, or null when there is none. */
  undo() {
    const done = this.last();
    if (!done) return null;
    this.#done.pop();
    if (this.outbox.recall(done.key)) {
      this.board.settle(done.post.id, done.key);
      this.moved();
    } else {
      this.decide(this.board.get(done.post.id) ?? done.post, done.undo, { isUndo: true });
    }
    return done;
  }

  #answered(entry, { status, body }) {
    if (entry.verdict === "panic") {
      this.told({ type: status === 200 ? "panic" : "refused", on: entry.on, message: body?.error?.message ?? String(status) });
      return;
    }
    const { id, verdict } = entry;
    const post = body?.post ?? null;
    this.board.settle(id, entry.key);
    if (post) this.board.put(post);
    const code = body?.error?.code ?? "";
    if (status === 200) {
      const isOther = body?.answer === "SAME" && body.by && body.by !== this.me();
      this.told({ type: isOther ? "other" : "ok", verdict, id, by: body?.by, state: post?.state ?? entry.to, post });
    } else if (status === 410 || status === 404) {
      this.#forgetUndo(id);
      this.board.forget(id);
      this.told({ type: "gone", verdict, id });
    } else if (status === 409 && code === "stale" && (!post || post.state === entry.from)) {
      this.#forgetUndo(id);
      this.board.note(id, "changed");
      this.told({ type: "stale", verdict, id, post, state: post?.state });
    } else if (status === 409) {
      this.#forgetUndo(id);
      this.told({ type: "other", verdict, id, by: body?.by || post?.by, state: post?.state, post });
    } else {
      this.#forgetUndo(id);
      this.told({ type: "refused", verdict, id, message: body?.error?.message ?? String(status) });
    }
    this.moved();
  }

  #forgetUndo(id) {
    this.#done = this.#done.filter((done) => done.post.id !== id);
  }
}
