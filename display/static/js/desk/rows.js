// The list beside the card: at most forty rows in the page, however many posts wait.

import { el, style } from "../dom.js";
import { many, t } from "../page.js";
import { postLanguage, runsOf } from "../words.js";
import { face, hueOf, letterOf, nameOf, named, networkMark, networkName, picture, reasonText, since, tick } from "./pieces.js";

export const WINDOW = 40;
const STEP = 20;

/** Where the window over `total` rows starts so that `at` is inside it, moving by half windows. Pure. */
export function windowStart(start, at, total) {
  const last = Math.max(0, total - WINDOW);
  let next = Math.min(start, last);
  if (at >= 0) {
    while (at < next) next -= STEP;
    while (at >= next + WINDOW) next += STEP;
  }
  return Math.min(last, Math.max(0, next));
}

export class Rows {
  #rows = new Map();
  #start = 0;
  #list = [];
  #wanted = -1;

  /** @param pick (id) a row was chosen; more () the person wants what lies beyond the loaded ones; first () what lies before */
  constructor(root, { pick, more, first }) {
    Object.assign(this, { root, more, first });
    this.before = pager(() => this.#turn(-WINDOW));
    this.after = pager(() => this.#turn(WINDOW));
    this.items = el("ol", "rows");
    root.append(this.before, this.items, this.after);
    this.items.addEventListener("click", (event) => {
      const row = event.target.closest("button[data-id]");
      if (row) pick(row.dataset.id);
    });
  }

  /**
   * Shows `list` with `selected` in sight. `beyond` counts what the server has and this page has not fetched,
   * `passed` what lies before it; `sizeOf`, `lookersOf`, `isVeiled` say what is known beside a card.
   */
  show(list, selected, seen) {
    const at = list.findIndex((post) => post.id === selected);
    const isMoved = selected !== this.selected;
    this.#list = list;
    this.selected = selected;
    this.seen = seen;
    if (isMoved || at < 0) this.#start = windowStart(this.#start, at, list.length);
    if (this.#wanted >= 0 && list.length > this.#wanted) this.#turn(this.#wanted - this.#start);
    else this.#paint();
    if (isMoved) this.#rows.get(selected)?.node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Puts the keyboard's focus on a row, if the list has the focus now. */
  follow(id) {
    if (this.root.contains(document.activeElement)) this.#rows.get(id)?.button.focus({ preventScroll: true });
  }

  tick() {
    tick(this.items.querySelectorAll(".since"));
  }

  /** Moves the window; what is not here yet is asked for, and shown when it comes. */
  #turn(by) {
    if (by < 0 && this.#start === 0 && this.seen.passed > 0) {
      this.first();
      return;
    }
    const next = Math.max(0, this.#start + by);
    if (next >= this.#list.length) {
      this.#wanted = next;
      this.more();
      return;
    }
    if (by > 0 && this.seen.beyond > 0 && next + WINDOW > this.#list.length) this.more();
    this.#wanted = -1;
    this.#start = next;
    this.#paint();
    this.root.scrollTo({ top: 0, left: 0 });
  }

  #paint() {
    this.#start = Math.min(this.#start, Math.max(0, this.#list.length - 1));
    const inside = this.#list.slice(this.#start, this.#start + WINDOW);
    const wanted = new Set(inside.map((post) => post.id));
    for (const [id, row] of this.#rows) {
      if (wanted.has(id)) continue;
      row.node.remove();
      this.#rows.delete(id);
    }
    inside.forEach((post, at) => {
      const node = this.#row(post);
      if (this.items.children[at] !== node) this.items.insertBefore(node, this.items.children[at] ?? null);
    });
    setPager(this.before, this.#start + this.seen.passed, "desk.earlier");
    setPager(this.after, Math.max(0, this.#list.length - this.#start - WINDOW) + this.seen.beyond, "desk.more");
  }

  #row(post) {
    const { sizeOf, lookersOf, isVeiled, isPending } = this.seen;
    const seen = { size: sizeOf(post), lookers: lookersOf(post.id), isVeiled: isVeiled(post) };
    const sign = [post.rev, post.mrev, post.state, isPending(post.id), seen.size, seen.lookers, seen.isVeiled, post.labels].join(" ");
    let row = this.#rows.get(post.id);
    if (row?.sign !== sign) {
      const button = rowOf(post, seen);
      if (row) {
        const hadFocus = row.button === document.activeElement;
        row.button.replaceWith(button);
        Object.assign(row, { button, sign });
        if (hadFocus) button.focus({ preventScroll: true });
      } else {
        row = { node: el("li", "", button), button, sign };
        this.#rows.set(post.id, row);
      }
      button.classList.toggle("is-pending", isPending(post.id));
    }
    if (post.id === this.selected) row.button.setAttribute("aria-current", "true");
    else row.button.removeAttribute("aria-current");
    return row.node;
  }
}

function rowOf(post, { size, lookers, isVeiled }) {
  const content = post.card;
  const button = el("button", "row");
  button.type = "button";
  button.dataset.id = post.id;
  const [first] = content?.pictures ?? [];
  const thumb = el("span", "thumb", first ? picture({ ...first, alt: "" }, "small") : face({ name: nameOf(post), avatar: content?.author?.avatar }));
  if (isVeiled) thumb.classList.add("is-veiled");
  if (!first) style(thumb, { "--h": hueOf(nameOf(post)) });
  const text = runsOf(content?.spans).map((run) => run.text).join("");
  const snippet = el("span", "snippet", text || (!content ? t("desk.preparing") : content.is_film ? t("desk.film") : first ? t("desk.picture_only") : t("desk.no_content")));
  snippet.lang = (content && postLanguage(content)) || "und";
  snippet.dir = "auto";
  const name = el("span", "name", nameOf(post));
  name.dir = "auto";
  const isWaiting = post.state === "queued" || post.state === "held";
  const head = el("span", "row-head", networkMark(content?.network ?? ""), name, since(isWaiting ? post.arrived ?? post.at : post.at));
  button.append(thumb, el("span", "row-words", head, snippet));
  const why = [content?.warning, ...(post.reasons ?? []).map(reasonText)].filter(Boolean);
  if (why.length || post.edited) {
    const mark = el("span", "row-mark");
    mark.title = why.join(" · ") || t("desk.edited");
    mark.append(el("span", "unseen", mark.title));
    button.append(mark);
  }
  if (size > 1) {
    button.classList.add("is-cluster");
    button.append(el("span", "row-size", `×${size}`, el("span", "unseen", many("desk.cluster", size))));
  }
  if (lookers.length) {
    const words = many("desk.looking", lookers.length, { names: named(lookers) });
    const who = el("span", "row-lookers", ...lookers.slice(0, 2).map(letterOf), el("span", "unseen", words));
    who.title = words;
    button.append(who);
  }
  if (content?.network) button.append(el("span", "unseen", networkName(content.network)));
  return button;
}

function pager(press) {
  const button = el("button", "button pager");
  button.type = "button";
  button.hidden = true;
  button.addEventListener("click", press);
  return button;
}

function setPager(button, n, key) {
  button.hidden = n <= 0;
  if (n > 0) button.textContent = many(key, n);
}
