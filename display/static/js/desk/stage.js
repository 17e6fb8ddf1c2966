// The card under judgement, large: exactly the words and pictures that the screens would show, and why to look twice.

import { el, style } from "../dom.js";
import { t } from "../page.js";
import { isEmojiOnly, postLanguage, runsOf } from "../words.js";
import { authorOf, factsOf, tellPast } from "./dossier.js";
import { clusterOf, flagsOf, labelsOf, lookersOf, memoOf } from "./flags.js";
import { hueOf, nameOf, networkName, picture, tick } from "./pieces.js";
import { veilOf, whyVeiled } from "./veil.js";

const AHEAD = 2;

export class Stage {
  #shown = "";
  #id = "";
  #looking = "";
  #past = "";
  #ahead = [];

  /**
   * @param veils which pictures are hidden
   * @param does {zoom(pictures, at), open(name), keep(), apart(), veil()} what the card's own buttons ask for
   */
  constructor(root, { veils, does }) {
    Object.assign(this, { root, veils, does });
    this.card = null;
  }

  /**
   * Shows a card, or nothing. A card that did not change keeps its element, its scroll and its focus.
   * @param seen {note, size, me, mayDecide, lookers: [names], titles: Map} what is known beside the card
   */
  show(post, seen) {
    if (post && post.id === this.#id && this.card?.classList.contains("is-dragged")) return; // never under the thumb
    const sign = post ? JSON.stringify([post.id, post.rev, post.mrev, post.state, post.eyes, post.labels, post.memo, seen.note, seen.size, seen.mayDecide, this.veils.isOn(post)]) : "";
    if (sign !== this.#shown) {
      const isSame = post && post.id === this.#id;
      const scroll = isSame ? this.card?.querySelector(".words")?.scrollTop : 0;
      const focused = isSame && this.card?.contains(document.activeElement) ? document.activeElement.dataset.do : "";
      this.#shown = sign;
      this.#id = post?.id ?? "";
      this.#looking = "";
      this.#past = post ? JSON.stringify(post.author) : "";
      this.card = post ? cardOf(post, { ...seen, isVeiled: this.veils.isOn(post), does: this.does }) : null;
      this.root.replaceChildren(...(this.card ? [this.card] : []));
      if (scroll) this.card.querySelector(".words").scrollTop = scroll;
      if (focused) (this.card.querySelector(`[data-do="${focused}"]`) ?? this.card).focus({ preventScroll: true });
    }
    const past = post ? JSON.stringify(post.author) : "";
    if (this.card && past !== this.#past) {
      this.#past = past;
      tellPast(this.card, post);
    }
    const looking = post ? seen.lookers.join("\n") : "";
    if (!this.card || looking === this.#looking) return;
    this.#looking = looking;
    this.card.querySelector(".lookers").replaceChildren(...lookersOf(seen.lookers));
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

function cardOf(post, { note, size, me, mayDecide, titles, isVeiled, does }) {
  const card = el("article", "card");
  card.dataset.id = post.id;
  card.dataset.state = post.state;
  card.tabIndex = -1;
  const content = post.card;
  const pictures = content?.pictures ?? [];
  card.classList.add(pictures.length ? "has-picture" : "is-text");
  if (size > 1) card.classList.add("is-cluster");
  const [first] = pictures;
  if (pictures.length === 1 && first.width_px > first.height_px * 1.1) card.classList.add("is-wide");
  if (first?.colour) style(card, { "--colour": first.colour });
  else style(card, { "--h": hueOf(content?.author?.name ?? post.id) });
  if (pictures.length) card.append(shots(post, isVeiled, does));
  const words = el("div", "words");
  const heart = el("div", "heart", ...flagsOf(post, { note, me }));
  heart.append(...(content ? textOf(content) : [el("p", "text soft", t("desk.preparing"))]), ...memoOf(post), ...labelsOf(post, titles));
  if (size > 1) words.append(clusterOf(post, size, { keep: does.keep, apart: does.apart, mayDecide }));
  words.append(heart, el("footer", "foot", authorOf(post, () => does.open("author")), factsOf(post, { open: does.open, mayDecide })));
  const heading = el("h2", "unseen", t("desk.card_of", { name: nameOf(post), network: networkName(content?.network ?? "") }));
  heading.id = "card-title";
  card.prepend(heading);
  card.setAttribute("aria-labelledby", heading.id);
  if (pictures.length) card.append(words, el("p", "lookers"));
  else {
    words.prepend(el("p", "lookers"));
    card.append(words);
  }
  return card;
}

function shots(post, isVeiled, does) {
  const { pictures, is_film: isFilm } = post.card;
  const box = el("div", "shots");
  box.dataset.count = String(Math.min(4, pictures.length));
  box.classList.toggle("is-veiled", isVeiled);
  pictures.slice(0, 4).forEach((one, at) => {
    const shot = el("button", "shot", picture(one, "medium"));
    shot.type = "button";
    const more = pictures.length - 4;
    shot.inert = isVeiled;
    shot.setAttribute("aria-label", t("desk.zoom", { n: at + 1, alt: one.alt || t("desk.no_alt") }));
    if (at === 0 && isFilm) shot.append(el("span", "chip film", t("desk.film")));
    if (at === 3 && more > 0) shot.append(el("span", "chip film", `+${more}`));
    shot.addEventListener("click", () => does.zoom(pictures, at));
    box.append(shot);
  });
  if (isVeiled) box.append(veilOf(post, does.veil));
  else if (whyVeiled(post)) {
    const hide = el("button", "button unveiled", t("desk.veil_drop"));
    hide.type = "button";
    hide.dataset.do = "veil";
    hide.addEventListener("click", does.veil);
    box.append(hide);
  }
  return box;
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
