// The moderator's word: what a press does to the card in view, what is said of it, how it is taken back.

import { many, t } from "../page.js";
import { matesOf, sizeOf } from "./cluster.js";
import { nameOf, stateWord } from "./pieces.js";
import { TABS, VERDICTS, eyesOf } from "./verdicts.js";

/** What a verdict means for a whole cluster: on all of it, or on all but the card in view. */
const ON_MANY = {
  reject: { verdict: "reject" },
  hold: { verdict: "hold" },
  release: { verdict: "release" },
  approve: { verdict: "reject", keeps: true, isUp: true },
  keep: { verdict: "reject", keeps: true },
};

export class Judge {
  /** @param me () {name, role}; isCalm () the card in view stands still */
  constructor({ board, lists, decisions, toasts, receipts, dialogs, say, me, isCalm, paint }) {
    Object.assign(this, { board, lists, decisions, toasts, receipts, dialogs, say, me, isCalm, paint });
  }

  get mayDecide() {
    return this.me().role === "moderator" || this.me().role === "admin";
  }

  /** Says a verdict on the card in view, or on its whole cluster. */
  async decide(verdict) {
    const post = this.lists.current();
    if (!post || !this.isCalm() || !this.mayDecide) return;
    const size = sizeOf(post, this.lists.split);
    if (size > 1 && ON_MANY[verdict]) return this.#many(post, size, verdict);
    if (!VERDICTS[verdict]?.from.includes(post.state)) return;
    if (verdict === "approve" && eyesOf(post, this.me().name) === "waiting") return this.toasts.news(t("desk.eyes_yours"));
    if (VERDICTS[verdict].isFinal) {
      const isSure = await this.dialogs.confirm(t("desk.withdraw_ask", { name: nameOf(post) }), t("desk.verdict.withdraw"), "danger");
      if (!isSure || this.lists.current()?.id !== post.id) return;
    }
    const leaves = VERDICTS[verdict].to !== this.lists.tab;
    if (leaves) this.lists.advance(post.id);
    if (post.state === "approved" && leaves) this.receipts.expect([post.id]);
    this.decisions.decide(this.board.get(post.id) ?? post, verdict);
    this.#said(t(`desk.done.${verdict}`, { name: nameOf(post) }), { canUndo: VERDICTS[verdict].undo !== null, leaves });
  }

  #many(post, size, word) {
    const { verdict, keeps = false, isUp = false } = ON_MANY[word];
    if (!VERDICTS[verdict].from.includes(post.state)) return;
    if (isUp && eyesOf(post, this.me().name) === "waiting") return this.toasts.news(t("desk.eyes_yours"));
    const stays = keeps && !isUp;
    if (!stays) this.lists.advance(post.id);
    else this.lists.toggleApart(post.cluster.id); // what stays is one card, not a cluster of those that leave
    this.decisions.cluster(post, verdict, { mates: matesOf(post, this.board.where(() => true)), keeps, isUp });
    const n = keeps ? size - 1 : size;
    this.#said(many(`desk.done_many.${word}`, n, { name: nameOf(post) }), { canUndo: true, leaves: !stays });
  }

  /** Trusts or bans the author of a post, or takes that back. True when it was done. */
  async standing(post, standing) {
    const { author } = post;
    if (!author || !this.mayDecide) return false;
    const name = nameOf(post);
    if (standing === "banned") {
      const { approved = 0, queued = 0, held = 0 } = author.counts ?? {};
      const words = [t("desk.ban_next")];
      if (queued + held) words.unshift(many("desk.ban_waiting", queued + held));
      if (approved) words.unshift(many("desk.ban_shown", approved));
      if (!(await this.dialogs.confirm(t("desk.ban_ask", { name }), t("desk.ban_yes"), "danger", words.join(" ")))) return false;
      const shown = this.board.where((one) => one.author?.key === author.key && one.state === "approved").map((one) => one.id);
      if (shown.length) this.receipts.expect(shown, t("desk.receipt_author", { name }));
    }
    if (standing === "banned" && this.lists.current()?.author?.key === author.key) this.#leaveAuthor(author.key);
    this.decisions.standing(author, standing, { name, post });
    this.#said(t(`desk.standing_done.${standing}`, { name }), { canUndo: true, leaves: false });
    return true;
  }

  /** The next card in view is one by somebody else. */
  #leaveAuthor(key) {
    const next = this.lists.cards().find((one) => one.author?.key !== key && this.lists.isFree(one.id));
    this.lists.select(next?.id ?? null);
  }

  #said(text, { canUndo, leaves }) {
    this.toasts.decided(text, { canUndo });
    const next = this.lists.current();
    this.say(next && leaves ? t("desk.said_next", { text, name: nameOf(next) }) : text);
  }

  undo() {
    const done = this.decisions.undo();
    if (!done) return;
    this.toasts.clearUndo();
    for (const part of done.parts) for (const id of part.ids ?? []) this.receipts.forget(id);
    if (done.post) this.lists.goTo(done.post);
    if (done.post?.cluster) this.lists.split.delete(done.post.cluster.id);
    this.toasts.news(t("desk.undone", { name: done.name || nameOf(done.post) }));
    this.paint();
  }

  /** What became of a press, in words. */
  told(event) {
    const { entry } = event;
    const name = () => nameOf(event.post ?? this.board.get(event.id) ?? {});
    switch (event.type) {
      case "other":
        this.toasts.clearUndo();
        this.toasts.news(t("desk.other_won", { name: name(), by: event.by || t("desk.somebody"), state: stateWord(event.state) }));
        break;
      case "second":
        this.toasts.clearUndo();
        this.toasts.news(t("desk.eyes_first", { name: name() }));
        break;
      case "stale":
        this.toasts.clearUndo();
        this.toasts.news(t("desk.stale", { name: name() }));
        if (event.state === this.lists.tab) this.lists.select(event.id);
        break;
      case "gone":
        this.toasts.clearUndo();
        if (event.verdict !== "withdraw") this.toasts.news(t("desk.gone"));
        break;
      case "refused":
        this.toasts.clearUndo();
        this.toasts.news(t("desk.refused", { message: event.message }), "bad");
        break;
      case "moved":
        if (entry.verdict === "banned" && event.posts.length) this.receipts.expect(event.posts, t("desk.receipt_author", { name: entry.name }));
        break;
      case "back":
        this.toasts.news(many("desk.back_many", event.posts));
        break;
    }
  }

  /** Where a card may go from the history: taken back in one press. */
  takeBack(post, verdict) {
    if (!this.mayDecide) return;
    if (post.state === "approved") this.receipts.expect([post.id]);
    this.decisions.decide(post, verdict);
    this.#said(t(`desk.done.${verdict}`, { name: nameOf(post) }), { canUndo: VERDICTS[verdict].undo !== null, leaves: false });
    if (TABS.includes(VERDICTS[verdict].to)) this.paint();
  }
}
