// The moderators' desk. The server's word is the truth; what is pressed shows at once and is kept until answered.

import { Actions } from "./desk/actions.js";
import { Board, nextAfter } from "./desk/board.js";
import { Decisions } from "./desk/decisions.js";
import { mountDialogs } from "./desk/dialogs.js";
import { mountKeys } from "./desk/keys.js";
import { Lights } from "./desk/lights.js";
import { Line } from "./desk/line.js";
import { Panic } from "./desk/panic.js";
import { nameOf, stateWord } from "./desk/pieces.js";
import { Receipts } from "./desk/receipts.js";
import { Rows } from "./desk/rows.js";
import { Stage } from "./desk/stage.js";
import { mountSwipe } from "./desk/swipe.js";
import { Toasts, mountVoice } from "./desk/toasts.js";
import { TABS, VERDICTS, verdictOfKey, verdictOfSwipe } from "./desk/verdicts.js";
import { Link } from "./link.js";
import { sendJson } from "./outbox.js";
import { keep, many, mountTheme, t } from "./page.js";

const FREEZE_MS = 900; // somebody else decided the card in view: time to see that it changes
const TICK_MS = 15_000;
const PAGE = 100;

const $ = (id) => document.getElementById(id);

class Desk {
  board = new Board();
  tab = "queued";
  selected = {};
  me = $("desk").dataset.me;
  #cursors = {};
  #loaded = new Set(["queued", "held"]);
  #frozenUntil = 0;
  #arrived = 0;
  #isReady = false;

  constructor() {
    this.voice = mountVoice($("voice"));
    this.dialogs = mountDialogs();
    this.toasts = new Toasts($("toasts"), this.voice.say, { undo: () => this.undo() });
    this.stage = new Stage($("stage"), { zoom: (pictures, at) => this.dialogs.zoom(pictures, at) });
    this.rows = new Rows($("queue"), { pick: (id) => this.select(id), more: () => this.fetchTab(this.tab) });
    this.actions = new Actions($("actions"), (verdict) => this.decide(verdict));
    this.receipts = new Receipts($("receipts"));
    this.line = new Line($("line-banner"), { back: () => this.decisions.outbox.flush(), isLive: () => this.link.isLive });
    this.lights = new Lights({
      sourceButton: $("sources-light"),
      screenButton: $("screens-light"),
      sourceList: $("sources-list"),
      screenList: $("screens-list"),
      command: (id, command) => this.command(id, command),
    });
    this.decisions = new Decisions({
      board: this.board,
      me: () => this.me,
      told: (event) => this.told(event),
      moved: () => this.paint(),
      line: (outbox) => this.line.show({ outbox }),
    });
    this.panic = new Panic({
      button: $("panic"),
      banner: $("panic-banner"),
      say: this.voice.say,
      send: (on) => this.decisions.panic(on),
      confirm: (text, word) => this.dialogs.confirm(text, word, "danger"),
    });
    this.link = new Link("/ws/desk", { heard: (frame) => this.heard(frame), changed: (isLive) => this.line.show({ isLive }), isSequenced: false });
  }

  async open() {
    for (const button of document.querySelectorAll("[data-tab]")) button.addEventListener("click", () => this.show(button.dataset.tab));
    mountTheme();
    mountKeys((asked) => this.key(asked));
    mountSwipe($("stage"), {
      ask: (direction) => (this.current() && this.isCalm() ? verdictOfSwipe(direction, this.current().state) : null),
      done: (verdict) => this.decide(verdict),
    });
    $("sign-out").addEventListener("click", () => this.signOut());
    $("help-button").addEventListener("click", () => this.dialogs.help());
    setInterval(() => this.tick(), TICK_MS);
    this.paint();
    await this.decisions.open();
    this.link.open();
  }

  // -- what the server says --------------------------------------------------------------------------------------

  heard(frame) {
    switch (frame.type) {
      case "queue":
        this.board.reset(frame);
        this.#loaded = new Set(["queued", "held"]);
        this.#cursors = {};
        this.#isReady = true;
        if (frame.me?.name) this.me = frame.me.name;
        this.panic.show({ on: Boolean(frame.panic) });
        if (!this.#loaded.has(this.tab)) void this.fetchTab(this.tab);
        break;
      case "card":
        this.card(frame.post);
        break;
      case "counts":
        this.board.setCounts(frame.counts ?? frame);
        break;
      case "sources":
        this.lights.showSources(frame.sources ?? []);
        return;
      case "screens":
        this.lights.showScreens(frame.screens ?? []);
        this.receipts.heard(frame.off ?? {});
        return;
      case "panic":
        this.panic.show({ on: Boolean(frame.on), by: frame.by ?? "" });
        return;
      default:
        return;
    }
    this.paint();
  }

  card(post) {
    const before = this.board.get(post.id);
    const isSelected = this.selected[this.tab] === post.id && this.tab === this.board.stateOf(post.id);
    const next = isSelected ? nextAfter(this.list().map((one) => one.id), post.id) : null;
    if (!this.board.put(post)) return;
    if (!before && post.state === "queued") this.arrival();
    if (!isSelected || this.board.isPending(post.id) || !before) return;
    if (post.state !== before.state) {
      // somebody else decided what is in view: say so, and hold the buttons still for a moment
      this.selected[this.tab] = next;
      const isAuthor = post.state === "withdrawn" && post.by === post.source;
      this.freeze(isAuthor ? t("desk.taken_back") : t("desk.taken", { by: post.by || t("desk.somebody"), state: stateWord(post.state) }));
    } else if (post.rev !== before.rev) {
      this.board.note(post.id, "changed");
      this.freeze(t("desk.note.changed"));
    }
  }

  arrival() {
    this.#arrived++;
    this.voice.later(() => {
      const n = this.#arrived;
      this.#arrived = 0;
      return many("desk.arrived", n);
    });
  }

  told(event) {
    const name = () => nameOf(event.post ?? this.board.get(event.id) ?? {});
    switch (event.type) {
      case "panic":
        this.panic.show({ on: event.on, by: event.on ? this.me : "" });
        break;
      case "other":
        this.toasts.clearUndo();
        this.toasts.news(t("desk.other_won", { name: name(), by: event.by || t("desk.somebody"), state: stateWord(event.state) }));
        break;
      case "stale":
        this.toasts.clearUndo();
        this.toasts.news(t("desk.stale", { name: name() }));
        if (event.state === this.tab) this.select(event.id);
        break;
      case "gone":
        this.toasts.clearUndo();
        if (event.verdict !== "withdraw") this.toasts.news(t("desk.gone"));
        break;
      case "refused":
        this.toasts.clearUndo();
        this.toasts.news(t("desk.refused", { message: event.message }), "bad");
        break;
    }
  }

  // -- what the person does --------------------------------------------------------------------------------------

  list(tab = this.tab) {
    return this.board.list(tab);
  }

  current() {
    const id = this.selected[this.tab];
    const post = id ? this.board.get(id) : null;
    return post && this.board.stateOf(id) === this.tab ? post : null;
  }

  isCalm() {
    return performance.now() > this.#frozenUntil;
  }

  show(tab) {
    this.tab = tab;
    if (!this.#loaded.has(tab)) void this.fetchTab(tab);
    this.paint();
  }

  select(id) {
    this.selected[this.tab] = id;
    this.paint();
  }

  move(by) {
    const ids = this.list().map((post) => post.id);
    if (!ids.length) return;
    const at = ids.indexOf(this.selected[this.tab]);
    const next = ids[Math.min(ids.length - 1, Math.max(0, at + by))];
    this.select(next);
    this.rows.follow(next);
  }

  async decide(verdict) {
    const post = this.current();
    if (!post || !this.isCalm() || !VERDICTS[verdict]?.from.includes(post.state)) return;
    if (VERDICTS[verdict].isFinal) {
      const isSure = await this.dialogs.confirm(t("desk.withdraw_ask", { name: nameOf(post) }), t("desk.verdict.withdraw"), "danger");
      if (!isSure) return;
    }
    const leaves = VERDICTS[verdict].to !== this.tab;
    if (leaves) this.selected[this.tab] = nextAfter(this.list().map((one) => one.id), post.id);
    if (post.state === "approved" && leaves) this.receipts.expect(post.id);
    const text = t(`desk.done.${verdict}`, { name: nameOf(post) });
    this.decisions.decide(this.board.get(post.id) ?? post, verdict);
    this.toasts.decided(text, { canUndo: VERDICTS[verdict].undo !== null });
    const next = this.current();
    this.voice.say(next && leaves ? t("desk.said_next", { text, name: nameOf(next) }) : text);
  }

  undo() {
    const done = this.decisions.undo();
    if (!done) return;
    this.toasts.clearUndo();
    this.receipts.forget(done.post.id);
    const back = this.board.stateOf(done.post.id);
    if (TABS.includes(back)) {
      this.tab = back;
      this.selected[back] = done.post.id;
    }
    this.toasts.news(t("desk.undone", { name: nameOf(done.post) }));
    this.paint();
  }

  key(asked) {
    if (asked.help) this.dialogs.help();
    else if (asked.undo) this.undo();
    else if (asked.panic) this.panic.press();
    else if (asked.move) this.move(asked.move);
    else if (asked.tab !== undefined) this.show(TABS[asked.tab]);
    else if (asked.letter && this.current()) {
      const verdict = verdictOfKey(asked.letter, this.current().state);
      if (verdict) void this.decide(verdict);
    }
  }

  async signOut() {
    if (this.decisions.outbox.size && !(await this.dialogs.confirm(t("desk.sign_out_ask"), t("desk.sign_out"), ""))) return;
    await fetch("/api/v1/session", { method: "DELETE" }).catch(() => null);
    location.assign("/desk");
  }

  async command(id, command) {
    const answer = await sendJson(`/api/v1/screens/${encodeURIComponent(id)}/command`, { command }).catch(() => ({ status: 0 }));
    if (answer.status !== 202) this.toasts.news(t("desk.screen_deaf", { id }), "bad");
  }

  // -- the lists that are not pushed -----------------------------------------------------------------------------

  /** Fetches the next page of a tab; pages that hold nothing new (the socket had brought them) are passed over. */
  async fetchTab(tab) {
    this.#loaded.add(tab);
    try {
      for (const before = this.list(tab).length; this.#cursors[tab] !== null; ) {
        const cursor = this.#cursors[tab];
        const query = new URLSearchParams({ state: tab, limit: String(PAGE), ...(cursor ? { cursor } : {}) });
        const response = await fetch(`/api/v1/posts?${query}`, { signal: AbortSignal.timeout(10_000) });
        if (response.status === 401) return this.line.show({ isOut: true });
        if (!response.ok) throw new Error(String(response.status));
        const { posts, cursor: next } = await response.json();
        for (const post of posts) this.board.put(post);
        this.#cursors[tab] = next;
        if (this.list(tab).length > before) break;
      }
      this.paint();
    } catch {
      this.#loaded.delete(tab);
      if (this.link.isLive) this.toasts.news(t("desk.list_failed"), "bad");
    }
  }

  // -- how the page looks ----------------------------------------------------------------------------------------

  paint() {
    const list = this.list();
    const counts = this.board.counts();
    let selected = this.selected[this.tab];
    const isThere = list.some((post) => post.id === selected);
    if (!isThere && this.isCalm()) selected = this.selected[this.tab] = list[0]?.id ?? null;
    for (const button of document.querySelectorAll("[data-tab]")) {
      const { tab } = button.dataset;
      const count = button.querySelector(".count");
      count.textContent = counts[tab] > 999 ? "999+" : String(counts[tab]);
      count.classList.toggle("is-none", !counts[tab]);
      if (tab === this.tab) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
    this.rows.show(list, selected, {
      beyond: Math.max(0, counts[this.tab] - list.length),
      isPending: (id) => this.board.isPending(id),
    });
    if (!this.isCalm()) return;
    const post = this.current();
    this.stage.show(post, post ? this.board.noteOf(post.id) : "");
    const at = list.findIndex((one) => one.id === post?.id);
    this.stage.prepare(list.slice(at + 1));
    this.actions.show(post);
    this.empty(!post);
    const title = $("desk").dataset.title;
    document.title = counts.queued ? `(${counts.queued}) ${title}` : title;
  }

  empty(isEmpty) {
    $("empty").hidden = !isEmpty;
    $("desk").classList.toggle("is-empty", isEmpty);
    if (!isEmpty) return;
    const isLoading = !this.#isReady || (this.board.counts()[this.tab] > 0 && this.#cursors[this.tab] !== null);
    $("empty-title").textContent = t(isLoading ? "desk.loading" : `desk.empty.${this.tab}`);
    $("empty-text").textContent = isLoading ? "" : t(`desk.empty_more.${this.tab}`);
  }

  freeze(text) {
    this.#frozenUntil = performance.now() + FREEZE_MS;
    this.stage.stamp(text);
    this.actions.still(true);
    this.voice.say(text);
    setTimeout(() => {
      this.actions.still(false);
      this.paint();
    }, FREEZE_MS + 20);
  }

  tick() {
    this.rows.tick();
    this.stage.tick();
  }
}

keep.set("parvis.name", $("desk").dataset.me);
await new Desk().open();
