// The card under judgement, large: exactly the words and pictures that the screens would show, and why to look twice.

import { el, style } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";
import { isEmojiOnly, postLanguage, runsOf } from "../words.js";
import { face, hueOf, nameOf, networkName, picture, reasonText, since, stateWord, tick } from "./pieces.js";

const AHEAD = 2;

export class Stage {
  #shown = "";
  #ahead = [];

  /** @param zoom (picture) the person wants to see a picture as large as it is */
  constructor(root, { zoom }) {
    this.root = root;
    this.zoom = zoom;
    this.card = null;
  }

  /** Shows a card, or nothing. A card that did not change keeps its element, its scroll and its focus. */
  show(post, note = "") {
    const sign = post ? [post.id, post.rev, post.mrev, post.state, note].join(" ") : "";
    if (sign !== this.#shown) {
      this.#shown = sign;
      this.card = post ? cardOf(post, note, this.zoom) : null;
      this.root.replaceChildren(...(this.card ? [this.card] : []));
    }
  }

  /** Says across the card what became of it, before it leaves. */
  stamp(text) {
    this.card?.append(el("p", "stamp", text));
    this.#shown = "";
  }

  /** Fetches the pictures of the next cards, so that a decision is never followed by a wait. */
  prepare(posts) {
    this.#ahead = posts.slice(0, AHEAD).flatMap((post) => (post.card?.pictures ?? []).slice(0, 1)).map((one) => picture(one, "medium"));
  }

  tick() {
    if (this.card) tick(this.card.querySelectorAll(".since"));
  }
}

function cardOf(post, note, zoom) {
  const card = el("article", "card");
  card.dataset.id = post.id;
  card.dataset.state = post.state;
  card.tabIndex = -1;
  const content = post.card;
  const pictures = content?.pictures ?? [];
  card.classList.add(pictures.length ? "has-picture" : "is-text");
  const [first] = pictures;
  if (pictures.length === 1 && first.width_px > first.height_px * 1.1) card.classList.add("is-wide");
  if (first?.colour) style(card, { "--colour": first.colour });
  else style(card, { "--h": hueOf(content?.author?.name ?? post.id) });
  if (pictures.length) card.append(shots(pictures, content, zoom));
  const words = el("div", "words");
  words.append(...flags(post, note));
  words.append(...(content ? textOf(content) : [el("p", "text soft", t("desk.preparing"))]));
  words.append(el("footer", "foot", by(post), facts(post)));
  card.append(words);
  const heading = el("h2", "unseen", t("desk.card_of", { name: nameOf(post), network: networkName(content?.network ?? "") }));
  heading.id = "card-title";
  card.prepend(heading);
  card.setAttribute("aria-labelledby", heading.id);
  return card;
}

function shots(pictures, content, zoom) {
  const box = el("div", "shots");
  box.dataset.count = String(Math.min(4, pictures.length));
  pictures.slice(0, 4).forEach((one, at) => {
    const shot = el("button", "shot", picture(one, "medium"));
    shot.type = "button";
    const more = pictures.length - 4;
    shot.setAttribute("aria-label", t("desk.zoom", { n: at + 1, alt: one.alt || t("desk.no_alt") }));
    if (at === 0 && content.is_film) shot.append(el("span", "chip film", t("desk.film")));
    if (at === 3 && more > 0) shot.append(el("span", "chip film", `+${more}`));
    shot.addEventListener("click", () => zoom(pictures, at));
    box.append(shot);
  });
  return box;
}

function flags(post, note) {
  const rows = [];
  if (note) rows.push(flag("warn", t(`desk.note.${note}`)));
  if (post.card?.warning) rows.push(flag("warn", t("desk.warning", { text: post.card.warning })));
  if (post.edited) rows.push(flag("mark", t(post.state === "rejected" ? "desk.edited_since" : "desk.edited")));
  for (const reason of post.reasons ?? []) {
    if (reason.rule === "sensitive" && post.card?.warning) continue; // said just above, in the author's words
    rows.push(flag("warn", reasonText(reason)));
  }
  if (!rows.length) return [];
  const list = el("ul", "flags", ...rows);
  list.setAttribute("aria-label", t("desk.why"));
  return [list];
}

function flag(kind, text) {
  return el("li", `chip ${kind}`, text);
}

function textOf(content) {
  const nodes = [];
  // a space before "!" is French whether or not the network says so: it never begins a line
  const runs = runsOf(content.spans, content.lang || "fr");
  if (runs.length) {
    const text = el("p", "text");
    text.dir = "auto";
    text.lang = postLanguage(content) || "und";
    for (const run of runs) text.append(run.kind === "text" ? run.text : el("span", `run ${run.kind}`, run.text));
    const length = runs.reduce((sum, run) => sum + run.text.length, 0);
    const isEmoji = isEmojiOnly(runs.map((run) => run.text).join(""));
    text.dataset.size = isEmoji ? "emoji" : length < 70 ? "large" : length < 190 ? "middle" : "small";
    nodes.push(text);
  }
  if (content.quote) {
    const quoted = runsOf(content.quote.spans).map((run) => run.text).join("");
    const quote = el("blockquote", "quote", el("cite", "", content.quote.author ?? ""), el("p", "", quoted));
    quote.dir = "auto";
    nodes.push(quote);
  }
  return nodes;
}

function by(post) {
  const author = post.card?.author ?? { name: "" };
  const name = el("strong", "", nameOf(post));
  name.dir = "auto";
  const line = el("span", "soft");
  const network = networkName(post.card?.network ?? "");
  const isWaiting = post.state === "queued" || post.state === "held";
  line.append(network, network ? " · " : "", since(isWaiting ? post.arrived ?? post.at : post.at));
  if (author.handle && author.handle !== author.name) line.append(" · ", author.handle); // last: it may be cut
  return el("div", "by", face(author), el("span", "who", name, line));
}

function facts(post) {
  const row = el("div", "facts");
  if (post.by && post.state !== "queued") row.append(el("span", "soft", t("desk.decided", { by: personName(post), state: stateWord(post.state) })));
  if (post.pinned) row.append(el("span", "chip mark", t("desk.pinned")));
  const href = post.card?.url ?? "";
  if (/^https?:\/\//i.test(href)) {
    const original = el("a", "original", icon("link"), t("desk.original"));
    original.href = href;
    original.target = "_blank";
    original.rel = "noopener noreferrer";
    row.append(original);
  }
  return row;
}

/** Whoever decided: a person's name; the rules when nobody has touched it yet. */
function personName({ by, source }) {
  return by === "rules" || by === source ? t("desk.by_rules") : by;
}
