// The moderators' desk. The server's word is the truth; what is pressed shows at once and is kept until answered.

import { Actions } from "./desk/actions.js";
import { Alarm } from "./desk/alarm.js";
import { AuthorSheet } from "./desk/author.js";
import { Board } from "./desk/board.js";
import { sizeOf } from "./desk/cluster.js";
import { Decisions } from "./desk/decisions.js";
import { mountDialogs } from "./desk/dialogs.js";
import { mayHaveBeenShown } from "./desk/dossier.js";
import { Fairness } from "./desk/fairness.js";
import { Finder } from "./desk/finder.js";
import { History } from "./desk/history.js";
import { Judge } from "./desk/judge.js";
import { mountKeys } from "./desk/keys.js";
import { Lights } from "./desk/lights.js";
import { Line } from "./desk/line.js";
import { Lists, ask } from "./desk/lists.js";
import { atMost, perFrame } from "./desk/pace.js";
import { Panic } from "./desk/panic.js";
import { Passing } from "./desk/passing.js";
import { People } from "./desk/people.js";
import { stateWord } from "./desk/pieces.js";
import { Receipts } from "./desk/receipts.js";
import { Rows } from "./desk/rows.js";
import { ScreenAlerts } from "./desk/screen-alerts.js";
import { Sheet } from "./desk/sheet.js";
import { forgetShell, keepShell } from "./desk/shell.js";
import { ShownSheet } from "./desk/shown.js";
import { Spotlight } from "./desk/spotlight.js";
import { Stage } from "./desk/stage.js";
import { mountSwipe } from "./desk/swipe.js";
import { Tabs } from "./desk/tabs.js";
import { Toasts, mountVoice } from "./desk/toasts.js";
import { Veils } from "./desk/veil.js";
import { TABS, eyesOf, verdictOfKey, verdictOfSwipe } from "./desk/verdicts.js";
import { View } from "./desk/view.js";
import { icon } from "./icons.js";
import { Link } from "./link.js";
import { localShelf, sendJson } from "./outbox.js";
import { keep, many, mountTheme, t } from "./page.js";

const TICK_MS = 15_000;
const COUNTS_MS = 250;

const $ = (id) => document.getElementById(id);

class Desk {
  board = new Board();
  veils = new Veils();
  me = { name: $("desk").dataset.me, role: "", tablet: "" };
  #arrived = 0;

  constructor() {
    this.paintSoon = perFrame(() => this.paint());
    this.countsSoon = atMost(COUNTS_MS, (counts) => {
      this.board.setCounts(counts);
      this.paintSoon();
    });
    this.voice = mountVoice($("voice"));
    this.dialogs = mountDialogs();
    this.sheet = new Sheet($("sheet"));
    this.toasts = new Toasts($("toasts"), this.voice.say, { undo: () => this.judge.undo() });
    this.receipts = new Receipts($("receipts"));
    this.line = new Line($("line-banner"), { back: () => this.decisions.outbox.flush(), isLive: () => this.link.isLive });
    this.link = new Link("/ws/desk", { heard: (frame) => this.heard(frame), changed: (isLive) => this.line.show({ isLive }), isSequenced: false });
    this.people = new People({
      button: $("people-light"),
      list: $("people-list"),
      send: (message) => this.link.send(message),
      post: (id) => this.board.get(id),
      changed: () => this.paintSoon(),
    });
    this.lists = new Lists({
      board: this.board,
      isFree: (id) => !this.people.lookers(id).length && eyesOf(this.board.get(id) ?? {}, this.me.name) !== "waiting",
      changed: () => this.paintSoon(),
      failed: ({ status }) => this.failed(status),
    });
    this.decisions = new Decisions({
      board: this.board,
      me: () => this.me.name,
      told: (event) => this.told(event),
      moved: () => this.paintSoon(),
      line: (outbox) => this.line.show({ outbox }),
      shelf: localShelf(`desk.${encodeURIComponent(this.me.name).replaceAll(".", "%2E")}`), // nobody sends what another has pressed
    });
    this.judge = new Judge({
      board: this.board,
      lists: this.lists,
      decisions: this.decisions,
      toasts: this.toasts,
      receipts: this.receipts,
      dialogs: this.dialogs,
      say: this.voice.say,
      me: () => this.me,
      isCalm: () => this.view.isCalm,
      paint: () => this.paint(),
    });
    this.#buildCard();
    this.#buildHouse();
    this.view = new View(this);
  }

  /** What stands around the card: the list, the buttons, the sheets. */
  #buildCard() {
    const { board, lists, sheet, judge } = this;
    const goTo = (post) => lists.goTo(post);
    this.tabs = new Tabs(document.querySelectorAll("[data-tab]"), (tab) => lists.show(tab));
    this.stage = new Stage($("stage"), {
      veils: this.veils,
      does: {
        zoom: (pictures, at) => this.dialogs.zoom(pictures, at),
        open: (name) => this.open(name),
        keep: () => this.act("keep"),
        apart: () => this.act("apart"),
        veil: () => this.act("veil"),
      },
    });
    this.rows = new Rows($("queue"), { pick: (id) => lists.select(id), more: () => void lists.fetch(), first: () => lists.rewind() });
    this.actions = new Actions($("actions"), (verdict) => this.decide(verdict));
    this.passing = new Passing({
      sheet,
      label: (post, names) => this.decisions.label(post, names),
      memo: (post, text) => this.decisions.memo(post, text),
      say: this.voice.say,
    });
    this.finder = new Finder({
      root: $("find"),
      input: $("find-input"),
      button: $("find-filters"),
      chips: $("find-chips"),
      lists,
      sheet,
      titles: () => this.passing.titles,
      failed: ({ status }) => status === 401 && this.failed(status),
    });
    this.author = new AuthorSheet({ sheet, judge, lists, goTo });
    this.spotlight = new Spotlight({ sheet, told: (text, kind) => this.toasts.news(text, kind) });
    this.shown = new ShownSheet({ sheet, told: (text, kind) => this.toasts.news(text, kind) });
    this.history = new History({
      sheet,
      card: (id) => board.get(id),
      mayDecide: () => judge.mayDecide,
      takeBack: (post, verdict) => judge.takeBack(post, verdict),
      takeAllBack: (verdict, ids) => this.decisions.back(verdict, ids),
      goTo,
    });
  }

  /** What concerns the whole house: its lights, the alarm, the panic. */
  #buildHouse() {
    this.lights = new Lights({
      sourceButton: $("sources-light"),
      screenButton: $("screens-light"),
      sourceList: $("sources-list"),
      screenList: $("screens-list"),
      command: (id, command) => this.command(id, command),
      mayCommand: () => this.judge.mayDecide,
    });
    this.screenAlerts = new ScreenAlerts({ banner: $("screens-banner"), say: this.voice.say });
    this.fairness = new Fairness($("fairness"), this.voice.say);
    this.alarm = new Alarm({
      banner: $("alarm-banner"),
      button: $("strict"),
      say: this.voice.say,
      send: (on) => this.decisions.alarm(on),
      confirm: this.dialogs.confirm,
      mayDecide: () => this.judge.mayDecide,
    });
    this.panic = new Panic({
      button: $("panic"),
      banner: $("panic-banner"),
      say: this.voice.say,
      send: (on) => this.decisions.panic(on),
      confirm: (text, word) => this.dialogs.confirm(text, word, "danger"),
      mayDecide: () => this.judge.mayDecide,
    });
  }

  async begin() {
    mountTheme();
    mountKeys((asked) => this.key(asked));
    mountSwipe($("stage"), {
      ask: (direction) => {
        const post = this.lists.current();
        return post && this.view.isCalm && this.judge.mayDecide ? verdictOfSwipe(direction, post.state) : null;
      },
      word: (verdict) => this.actions.wordOf(verdict),
      done: (verdict) => this.decide(verdict),
    });
    $("sign-out").addEventListener("click", () => this.signOut());
    $("help-button").addEventListener("click", () => this.dialogs.help());
    for (const button of document.querySelectorAll("[data-history]")) button.addEventListener("click", () => this.open("history"));
    document.querySelector(".icon-button[data-history]").replaceChildren(icon("history"));
    $("find-open").replaceChildren(icon("search"));
    $("find-open").addEventListener("click", () => this.finder.fold());
    for (const button of document.querySelectorAll(".menu button.menu-row")) button.addEventListener("click", () => $("menu").hidePopover());
    setInterval(() => this.tick(), TICK_MS);
    this.finder.begin(location.search);
    this.paint();
    await this.decisions.open();
    this.link.open();
  }

  // -- what the server says --------------------------------------------------------------------------------------

  heard(frame) {
    switch (frame.type) {
      case "queue":
        this.greeted(frame);
        break;
      case "card":
        this.card(frame.post);
        break;
      case "author":
        this.board.setAuthor(frame.author);
        this.paintSoon();
        break;
      case "counts":
        this.countsSoon(frame.counts ?? frame);
        break;
      case "sources":
        this.lights.showSources(frame.sources ?? []);
        break;
      case "screens":
        this.spotlight.heard(frame.screens ?? []);
        this.lights.showScreens(frame.screens ?? []);
        this.receipts.heard(frame.off ?? {}, frame.screens ?? []);
        break;
      case "screen-alerts":
        this.screenAlerts.show(frame.alerts ?? []);
        break;
      case "people":
        this.people.heard(frame.people ?? []);
        break;
      case "fairness":
        this.fairness.heard(frame);
        break;
      case "alarm":
        this.alarm.show(frame.alarm);
        break;
      case "panic":
        this.panic.show({ on: Boolean(frame.on), by: frame.by ?? "" });
        break;
    }
  }

  greeted(frame) {
    this.board.reset(frame);
    if (frame.me && frame.me.name !== $("desk").dataset.me) return location.reload(); // somebody else signed in meanwhile
    if (frame.me) this.me = { ...this.me, ...frame.me };
    this.me.role ||= "moderator";
    this.passing.labels = frame.labels ?? [];
    $("desk").dataset.role = this.me.role;
    this.people.iAm(this.me.tablet);
    this.lights.refresh();
    this.alarm.show(frame.alarm);
    this.panic.show({ on: Boolean(frame.panic) });
    this.lists.reset();
    this.paint();
  }

  card(post) {
    const before = this.board.get(post.id);
    const isSelected = this.lists.isSelected(post.id) && this.lists.tab === this.board.stateOf(post.id);
    const next = isSelected ? this.lists.after(post.id) : null;
    const put = this.board.put(post);
    if (put === "old") return;
    if (!before && post.state === "queued") this.arrival();
    if (put === "kept" || before) this.paintSoon();
    if (!isSelected || this.board.isPending(post.id) || !before) return;
    if (post.state !== before.state) {
      // somebody else decided what is in view: say so, and hold the buttons still for a moment
      this.lists.select(next);
      const isAuthor = post.state === "withdrawn" && post.by === post.source;
      this.view.freeze(isAuthor ? t("desk.taken_back") : t("desk.taken", { by: post.by || t("desk.somebody"), state: stateWord(post.state) }));
    } else if (post.rev !== before.rev) {
      this.board.note(post.id, "changed");
      this.view.freeze(t("desk.note.changed"));
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
    if (event.type === "panic") this.panic.show({ on: event.on, by: event.on ? this.me.name : "" });
    else this.judge.told(event);
    if (event.type === "refused" && event.entry.kind === "set") void this.again(event.entry.id);
  }

  /** Shows a card as the server has it: what was pressed on it was refused. */
  async again(id) {
    const found = await ask(`/api/v1/posts/${encodeURIComponent(id)}`).catch(() => null);
    if (found) this.board.put(found.post);
    this.paintSoon();
  }

  failed(status) {
    if (status === 401) this.line.show({ isOut: true });
    else if (this.link.isLive) this.toasts.news(t("desk.list_failed"), "bad");
  }

  // -- what the person does --------------------------------------------------------------------------------------

  decide(verdict) {
    void this.judge.decide(verdict);
    this.paint();
  }

  /** Opens a sheet about the card in view, or about everybody. */
  open(name) {
    const post = this.lists.current();
    if (name === "history") this.history.open();
    else if (name === "filter") void this.finder.open();
    else if (name === "people") $("people-panel").togglePopover();
    else if (name === "author") this.author.open(post);
    else if (post && this.judge.mayDecide) {
      if (name === "labels" || name === "memo") this.passing.open(post, name);
      else if (name === "spotlight" && post.state === "approved") this.spotlight.open(post);
      else if (name === "shown" && mayHaveBeenShown(post)) void this.shown.open(post);
    }
  }

  /** What is done with the card in view and is not a verdict. */
  act(name) {
    const post = this.lists.current();
    if (name === "clear") this.finder.clear();
    if (!post) return;
    if (name === "veil") this.veils.toggle(post);
    else if (name === "zoom" && post.card?.pictures?.length && !this.veils.isOn(post)) this.dialogs.zoom(post.card.pictures, 0);
    else if (name === "apart" && post.cluster) this.lists.toggleApart(post.cluster.id);
    else if (name === "keep" && sizeOf(post, this.lists.split) > 1) void this.judge.decide("keep");
    else if (name === "pin") void this.judge.decide(post.pinned ? "unpin" : "pin");
    this.paint();
  }

  key(asked) {
    if (asked.help) this.dialogs.help();
    else if (asked.search) this.finder.focus();
    else if (asked.undo) this.judge.undo();
    else if (asked.panic) this.panic.press();
    else if (asked.move) this.rows.follow(this.lists.move(asked.move));
    else if (asked.tab !== undefined) this.lists.show(TABS[asked.tab]);
    else if (asked.open) this.open(asked.open);
    else if (asked.act) this.act(asked.act);
    else if (asked.letter && this.lists.current()) {
      const verdict = verdictOfKey(asked.letter, this.lists.current().state);
      if (verdict) this.decide(verdict);
    }
  }

  async signOut() {
    if (this.decisions.outbox.size && !(await this.dialogs.confirm(t("desk.sign_out_ask"), t("desk.sign_out"), ""))) return;
    await fetch("/api/v1/session", { method: "DELETE" }).catch(() => null);
    await forgetShell();
    location.assign("/desk");
  }

  async command(id, command) {
    const answer = await sendJson(`/api/v1/screens/${encodeURIComponent(id)}/command`, { command }).catch(() => ({ status: 0 }));
    if (answer.status !== 202) this.toasts.news(t("desk.screen_deaf", { id }), "bad");
  }

  paint() {
    this.view.paint();
  }

  tick() {
    this.rows.tick();
    this.stage.tick();
  }
}

keep.set("parvis.name", $("desk").dataset.me);
await new Desk().begin();
void keepShell();
