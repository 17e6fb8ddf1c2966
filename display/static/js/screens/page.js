// All screens of the house on one page: what stands on each, how it is, and a word to it.

import { readJson } from "../dom.js";
import { icon } from "../icons.js";
import { Link } from "../link.js";
import { many, mountTheme, t } from "../page.js";
import { confirm } from "../people/pieces.js";
import { mountAdd } from "./add.js";
import { Card } from "./card.js";
import { mountKiosks } from "./kiosks.js";
import { Orders } from "./orders.js";
import { Sheet } from "./sheet.js";
import { keyOf, stateOf } from "./state.js";

const HERE_MS = 10_000;
const TICK_MS = 1000;
const POSTS_MOST = 2000;

const $ = (id) => document.getElementById(id);

class Wall {
  #cards = new Map();
  #posts = new Map();
  #facts = { seq: 0, programmes: [], themes: [], offline_max_s: 0 };
  #rows = null;
  #skew = 0;
  #isLive = false;

  constructor({ event, base }) {
    this.event = event;
    this.role = $("screens").dataset.role;
    this.orders = new Orders({ place: $("toasts"), confirm });
    const mayOrder = () => this.role !== "viewer";
    this.sheet = new Sheet({ orders: this.orders, posts: this.#posts, event: event.name, mayOrder });
    this.parts = {
      posts: this.#posts,
      event: event.name,
      mayOrder,
      does: {
        open: (row) => this.sheet.open(row, this.#facts, this.now()),
        identify: (row) => this.orders.identify(row),
        next: (row) => this.orders.next(row),
        blank: (row) => this.orders.blank(row),
      },
    };
    if (mayOrder()) mountAdd({ base, added: () => {} });
    this.link = new Link("/ws/screens", { heard: (frame) => this.#heard(frame), changed: (isLive) => this.#line(isLive), isSequenced: false });
  }

  now() {
    return Date.now() + this.#skew;
  }

  begin() {
    document.addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.link.send({ type: "here" }), HERE_MS);
    setInterval(() => this.#paint(), TICK_MS); // "silent for 12 s" goes on
    this.link.open();
  }

  #heard(frame) {
    if (frame.type === "hello") {
      this.#skew = Date.parse(frame.now) - Date.now() || 0;
      if (frame.me.role !== this.role || frame.me.name !== $("screens").dataset.name) location.reload(); // somebody else by now
    } else if (frame.type === "posts") {
      for (const post of frame.posts) this.#posts.set(post.id, post);
      for (const id of this.#posts.keys()) if (this.#posts.size > POSTS_MOST) this.#posts.delete(id);
    } else if (frame.type === "screens") {
      const { screens, ...facts } = frame;
      this.#rows = screens;
      this.#facts = facts;
      this.#paint();
    }
  }

  #line(isLive) {
    this.#isLive = isLive;
    $("line").hidden = isLive;
    if (!isLive) void this.#ask();
  }

  /** The line is gone: perhaps because nobody is signed in any more. */
  async #ask() {
    const answer = await fetch("/api/v1/me", { cache: "no-store" }).catch(() => null);
    if (answer?.status === 401) location.reload();
  }

  #paint() {
    if (!this.#rows || document.hidden) return;
    const now = this.now();
    const rows = this.#rows;
    const keys = new Set(rows.map(keyOf));
    for (const [key, card] of this.#cards) {
      if (keys.has(key)) continue;
      card.node.remove();
      this.#cards.delete(key);
    }
    for (const row of rows) {
      let card = this.#cards.get(keyOf(row));
      if (!card) {
        card = new Card({ row, ...this.parts });
        this.#cards.set(keyOf(row), card);
      }
      card.show(row, this.#facts, now);
    }
    this.#arrange(rows);
    if (this.sheet.isOpen) this.sheet.show(rows, this.#facts, now);
    const lights = rows.map((row) => stateOf(row, this.#facts, now).light);
    const bad = lights.filter((light) => light === "bad").length;
    const here = rows.filter((row) => row.connected).length;
    $("summary").textContent = rows.length ? [many("screens.here", here), bad ? many("screens.bad", bad) : t("screens.all_well")].join(" · ") : "";
    $("empty").hidden = rows.length > 0;
    $("drawn").hidden = rows.length === 0;
    $("wall").hidden = rows.length === 0;
  }

  /** Screens stand by their names: one that is in trouble is marked, and stays where people look for it. */
  #arrange(rows) {
    const wall = $("wall");
    rows.forEach((row, n) => {
      const { node } = this.#cards.get(keyOf(row));
      if (wall.children[n] !== node) wall.insertBefore(node, wall.children[n] ?? null);
    });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest?.("input, select, textarea") || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "z") return this.orders.undo();
    if (key === "a" && this.role !== "viewer") return document.querySelector("[data-add]").click();
    const cards = [...$("wall").children];
    const at = cards.findIndex((node) => node.contains(document.activeElement));
    const step = { arrowright: 1, arrowleft: -1, arrowdown: columns(cards), arrowup: -columns(cards), home: -at, end: cards.length - 1 - at }[key];
    if (step !== undefined && cards.length) {
      event.preventDefault();
      const next = at < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, at + step));
      cards[next].querySelector(".card-open").focus();
      return;
    }
    const does = { i: "identify", n: "next", b: "blank", r: "reload" }[key];
    const card = at < 0 ? null : this.#cards.get(cards[at].dataset.key);
    if (does && card && this.role !== "viewer" && (does === "blank" || card.row.connected)) void this.orders[does](card.row);
  }
}

/** How many cards stand in a row. */
function columns(cards) {
  const top = cards[0]?.offsetTop;
  return Math.max(1, cards.filter((node) => node.offsetTop === top).length);
}

mountTheme();
mountKiosks();
for (const node of document.querySelectorAll("[data-icon]")) node.prepend(icon(node.dataset.icon));
new Wall(readJson("config", { event: { name: "" }, base: "" })).begin();
