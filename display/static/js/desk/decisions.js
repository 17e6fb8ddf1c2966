// Decisions on their way: pressed once, kept until answered, taken back within ten seconds.

import { Outbox, localShelf, sendJson } from "../outbox.js";
import { VERDICTS } from "./verdicts.js";

export const UNDO_MS = 10_000;
const UNDO_KEPT = 20;
const MOST_POSTS = 500;

/** What brings back the posts that a verdict on many, or a ban, has moved. */
const BACK = { reject: "reopen", hold: "release", release: "hold", banned: "reopen" };

const postPath = (id, what) => `/api/v1/posts/${encodeURIComponent(id)}/${what}`;

export class Decisions {
  #done = [];

  /**
   * @param board the desk's picture, changed here at once
   * @param told (event) what became of it, for the page to say:
   *   {type: "other"|"stale"|"gone"|"refused"|"second"|"moved"|"set"|"panic"|"alarm"|"ok", entry, by?, state?, message?, post?, posts?}
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
    for (const entry of this.outbox.entries) this.#press(entry);
    this.moved();
  }

  // -- what is pressed ---------------------------------------------------------------------------------------------

  /** Says a verdict on a card. The page moves on at once; the server's answer settles it. */
  decide(post, verdict) {
    return this.#keep([this.#verdict(post, verdict)], { post, undo: VERDICTS[verdict].undo });
  }

  /**
   * A whole cluster in one gesture: `verdict` on all that waits of it, or, with `keeps`, on all but this card;
   * `isUp` puts the kept card up as well. `mates` are those of its cards that are on this page.
   */
  cluster(post, verdict, { mates, keeps = false, isUp = false }) {
    const rest = this.#add({
      lane: isUp ? post.id : `cluster ${post.cluster.id}`, // first the others away, then this one up
      kind: "cluster",
      id: post.id,
      verdict,
      ids: mates.map((one) => one.id).filter((id) => !keeps || id !== post.id),
      to: VERDICTS[verdict].to,
      path: `/api/v1/clusters/${encodeURIComponent(post.cluster.id)}/decision`,
      body: { verdict, except: keeps ? post.id : null },
    });
    const parts = isUp ? [rest, this.#verdict(post, "approve")] : [rest];
    return this.#keep(parts, { post, undo: "all" });
  }

  /** Trusts or bans an author, or takes that back. A ban puts all their posts away at once. */
  standing(author, standing, { name, post = null }) {
    const isBan = standing === "banned";
    const theirs = isBan ? this.board.where((one) => one.author?.key === author.key && one.state !== "rejected") : [];
    const part = this.#add({
      lane: `author ${author.key}`,
      kind: "standing",
      verdict: standing,
      name,
      author: author.key,
      before: author.standing || "none",
      ids: theirs.map((one) => one.id),
      to: isBan ? "rejected" : "",
      path: `/api/v1/authors/${encodeURIComponent(author.key)}/standing`,
      body: { standing },
    });
    return this.#keep([part], { post, name, undo: "all" });
  }

  /** Sets the departments of a post; a later word replaces one that has not left yet. */
  label(post, labels) {
    this.#replace({ lane: `labels ${post.id}`, kind: "set", verdict: "labels", id: post.id, path: postPath(post.id, "labels"), body: { labels } });
    this.board.patch(post.id, { labels });
    this.moved();
  }

  memo(post, text) {
    this.#replace({ lane: `memo ${post.id}`, kind: "set", verdict: "memo", id: post.id, path: postPath(post.id, "memo"), body: { text } });
    this.board.patch(post.id, { memo: text ? { text, by: this.me(), at: new Date().toISOString() } : null });
    this.moved();
  }

  /** Everything off the screens, or back. */
  panic(on) {
    return this.#replace({ lane: "panic", kind: "panic", verdict: "panic", on, path: "/api/v1/panic", body: { on } });
  }

  /** Strict now, or calm now, by hand. */
  alarm(on) {
    return this.#replace({ lane: "alarm", kind: "alarm", verdict: "alarm", on, path: "/api/v1/alarm", body: { on } });
  }

  /** Brings many posts back, as an undo does: nothing goes up this way. */
  back(verdict, posts, name = "") {
    for (let at = 0; at < posts.length; at += MOST_POSTS) {
      const some = posts.slice(at, at + MOST_POSTS);
      this.#add({
        lane: "back",
        kind: "back",
        verdict,
        name,
        ids: some.filter((id) => this.board.get(id)),
        to: VERDICTS[verdict].to,
        path: "/api/v1/decisions",
        body: { verdict, posts: some },
      });
    }
    this.moved();
  }

  // -- taken back --------------------------------------------------------------------------------------------------

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
    for (const part of done.parts) {
      if (this.outbox.recall(part.key)) this.#settle(part);
      else if (part.kind === "one") this.#verdict(this.board.get(part.id) ?? done.post, VERDICTS[part.verdict].undo);
      else if (part.moved) this.#bring(part);
      else part.isUnwanted = true; // on its way: brought back as soon as the answer names the posts
    }
    this.moved();
    return done;
  }

  #bring(part) {
    if (part.kind === "standing") {
      this.#add({
        lane: part.lane,
        kind: "standing",
        verdict: part.before,
        name: part.name,
        author: part.author,
        isBack: true,
        path: part.path,
        body: { standing: part.before },
      });
    }
    if (BACK[part.verdict] && part.moved.length) this.back(BACK[part.verdict], part.moved, part.name);
  }

  // -- how ---------------------------------------------------------------------------------------------------------

  #verdict(post, verdict) {
    return this.#add({
      lane: post.id,
      kind: "one",
      id: post.id,
      ids: [post.id],
      verdict,
      from: post.state,
      to: VERDICTS[verdict].to,
      path: postPath(post.id, "decision"),
      body: { verdict, rev: post.rev, mrev: post.mrev },
    });
  }

  #add(fields) {
    const entry = this.outbox.add(fields);
    this.#press(entry);
    return entry;
  }

  #replace(fields) {
    for (const entry of this.outbox.entries) if (entry.lane === fields.lane) this.outbox.drop(entry.key);
    return this.outbox.add(fields);
  }

  #press(entry) {
    if (entry.to) for (const id of entry.ids ?? [entry.id]) this.board.press(id, entry);
  }

  #settle(entry) {
    for (const id of entry.ids ?? [entry.id]) this.board.settle(id, entry.key);
  }

  #keep(parts, { post, name = "", undo }) {
    const done = { parts, post, name, undo, at: Date.now() };
    this.#done.push(done);
    this.#done.splice(0, this.#done.length - UNDO_KEPT);
    this.moved();
    return done;
  }

  #answered(entry, { status, body }) {
    const message = body?.error?.message ?? String(status);
    const isGood = status >= 200 && status < 300;
    this.#settle(entry);
    if (body?.post) this.board.put(body.post);
    if (entry.kind === "one" || entry.kind === undefined) this.#one(entry, status, body, message);
    else if (!isGood) {
      if (entry.kind === "cluster" || entry.kind === "standing") this.#forgetUndo((part) => part.key === entry.key);
      this.told({ type: "refused", entry, message });
    } else if (entry.kind === "cluster" || entry.kind === "standing") {
      entry.moved = body?.posts ?? body?.gone ?? [];
      this.told({ type: "moved", entry, posts: entry.moved });
      if (entry.isUnwanted) this.#bring(entry);
    } else if (entry.kind === "back") {
      const answers = Object.values(body?.answers ?? {});
      this.told({ type: "back", entry, posts: answers.filter((one) => one === "OK" || one === "SAME" || one === "REPLAY").length });
    } else this.told({ type: entry.kind, entry, on: entry.on });
    this.moved();
  }

  #one(entry, status, body, message) {
    const { id, verdict } = entry;
    const post = body?.post ?? null;
    const mine = (part) => part.key === entry.key || (part.kind === "one" && part.id === id);
    const event = { entry, verdict, id, by: body?.by || post?.by, state: post?.state ?? entry.to, post, message };
    if (status === 200 && body?.answer === "SECOND") {
      this.#forgetUndo(mine);
      this.told({ ...event, type: "second" });
    } else if (status === 200) {
      const isOther = body?.answer === "SAME" && body.by && body.by !== this.me();
      this.told({ ...event, type: isOther ? "other" : "ok" });
    } else if (status === 410 || status === 404) {
      this.#forgetUndo(mine);
      this.board.forget(id);
      this.told({ ...event, type: "gone" });
    } else if (status === 409 && body?.error?.code === "stale" && (!post || post.state === entry.from)) {
      this.#forgetUndo(mine);
      this.board.note(id, "changed");
      this.told({ ...event, type: "stale" });
    } else {
      this.#forgetUndo(mine);
      this.told({ ...event, type: status === 409 && post ? "other" : "refused" });
    }
  }

  #forgetUndo(isIt) {
    for (const done of this.#done) done.parts = done.parts.filter((part) => !isIt(part));
    this.#done = this.#done.filter((done) => done.parts.length);
  }
}
