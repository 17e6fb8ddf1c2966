// How the page looks: one pass from what is known to what is shown. Nothing is decided here.

import { t } from "../page.js";
import { sizeOf } from "./cluster.js";

const FREEZE_MS = 900; // somebody else decided the card in view: time to see that it changes

const $ = (id) => document.getElementById(id);

export class View {
  #frozenUntil = 0;

  /** @param desk {board, lists, judge, people, passing, veils, tabs, rows, stage, actions, finder, voice, me} */
  constructor(desk) {
    this.desk = desk;
    this.title = $("desk").dataset.title;
  }

  /** False while the card in view changes under the eyes. */
  get isCalm() {
    return performance.now() > this.#frozenUntil;
  }

  /** Says across the card what became of it; the buttons are deaf for a moment. */
  freeze(text) {
    const { stage, actions, voice } = this.desk;
    this.#frozenUntil = performance.now() + FREEZE_MS;
    stage.stamp(text);
    actions.still(true);
    voice.say(text);
    setTimeout(() => {
      actions.still(false);
      this.paint();
    }, FREEZE_MS + 20);
  }

  paint() {
    const { lists, board } = this.desk;
    const list = lists.cards();
    const counts = board.counts();
    if (this.isCalm) lists.settle(list);
    this.#list(list, counts);
    lists.refill(list.length);
    if (this.isCalm) this.#card(list, counts);
  }

  #list(list, counts) {
    const { board, lists, people, veils, tabs, rows, finder } = this.desk;
    const { shelf, tab } = lists;
    const here = board.list(tab).length;
    const whole = shelf.filter ? Math.max(shelf.total ?? 0, here) : counts[tab];
    tabs.show(tab, counts);
    rows.show(list, lists.current()?.id ?? null, {
      beyond: shelf.filter && !shelf.hasMore ? 0 : Math.max(0, whole - here - shelf.passed),
      passed: shelf.passed,
      isPending: (id) => board.isPending(id),
      sizeOf: (post) => sizeOf(post, lists.split),
      lookersOf: (id) => people.lookers(id),
      isVeiled: (post) => veils.isOn(post),
    });
    finder.paint({ found: shelf.isAsked ? whole : null, unseen: shelf.unseen.size, isBuilding: shelf.isBuilding });
  }

  #card(list, counts) {
    const { board, lists, judge, people, passing, veils, stage, actions, me } = this.desk;
    const post = lists.current();
    const seen = { size: sizeOf(post, lists.split), me: me.name, mayDecide: judge.mayDecide, isReady: lists.isReady };
    stage.show(post, { ...seen, note: board.noteOf(post?.id), lookers: people.lookers(post?.id), titles: passing.titles });
    const at = list.findIndex((one) => one.id === post?.id);
    stage.prepare(list.slice(at + 1).filter((one) => !veils.isOn(one)));
    actions.show(post, seen);
    people.look(post?.id ?? null);
    this.#empty(!post, counts);
    document.title = counts.queued ? `(${counts.queued}) ${this.title}` : this.title;
  }

  #empty(isEmpty, counts) {
    const { lists } = this.desk;
    const { tab, shelf, filter } = lists;
    $("empty").hidden = !isEmpty;
    $("desk").classList.toggle("is-empty", isEmpty);
    if (!isEmpty) return;
    const isLoading = lists.isLoading || (filter.isEmpty && counts[tab] > 0 && shelf.hasMore);
    const where = { list: t(`desk.tab.${tab}`) };
    $("empty-title").textContent = t(isLoading ? "desk.loading" : filter.isEmpty ? `desk.empty.${tab}` : "desk.empty_found");
    $("empty-text").textContent = isLoading ? "" : filter.isEmpty ? t(`desk.empty_more.${tab}`) : t("desk.empty_found_more", where);
  }
}
