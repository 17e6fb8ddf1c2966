// How large the words may be: the largest size at which all of them stand in their place, never below the
// legible one. Reckoned (typeset.js), then checked once on a hidden card and remembered, so that a change on
// the stage only writes styles.

import { Recent, style } from "../../js/dom.js";
import { CALM_BELOW, Card, formOf, partOf, roomOf, styleOf } from "./card.js";
import { largestScale, lines, pieces } from "./typeset.js";

const LARGEST = {
  hero: { field: 3.2, over: 2.1, side: 2.7, above: 2.1 },
  stack: { field: 1.75, over: 1.25, side: 1.5, above: 1.1 },
  shelf: { field: 1.75, over: 1.35, side: 1.6, above: 1.2 },
};
const EMOJI = 2.4; // a post of a few emoji is a picture of its own
const BROKEN_LARGEST = 1.4;
const CAUTION = 0.985; // of the width: canvas and page differ by a hair
const STEP_BACK = 0.955;
const CHECKS = 4;
const EM_PX = 100;

export class Fitter {
  #heights = new Recent(600);
  #fits = new Recent(600);
  #pieces = new Recent(200);
  #pen = document.createElement("canvas").getContext("2d");

  constructor(root, brands, sizes, words) {
    this.words = words;
    this.card = new Card(brands, sizes);
    this.card.node.hidden = false;
    this.card.node.classList.add("probe");
    this.card.node.setAttribute("aria-hidden", "true");
    root.append(this.card.node);
  }

  /** The frame has changed: every measure is void. */
  reset() {
    this.#heights.clear();
    this.#fits.clear();
    this.#pieces.clear();
  }

  /** A withdrawn post leaves no words behind, not even out of sight. */
  forget(id) {
    if (this.card.id !== id) return;
    this.card.clear();
    this.card.node.hidden = false;
  }

  /** Whether `measure` would have to look at the card. */
  isNew(reading, width) {
    return !this.#heights.has(`${reading.key} ${Math.round(width)}`);
  }

  /** {text, ratio} of a post in a stack card of `width` (see columns.js). */
  measure(reading, width) {
    const key = `${reading.key} ${Math.round(width)}`;
    let text = this.#heights.get(key);
    if (text === undefined) {
      this.#pose(reading, { role: "stack", width, height: width * 8 }, reading.ratio ? "above" : "field");
      this.card.node.classList.add("natural");
      this.#set({ scale: reading.isEmoji ? EMOJI : 1, lines: 0, room: width * 8, part: 0 });
      text = this.card.words.offsetHeight;
      this.card.node.classList.remove("natural");
      this.#heights.set(key, text);
    }
    return { text, ratio: reading.ratio };
  }

  /** Whether `fit` would have to look at the card. */
  isUnfit(reading, rect, form) {
    return !this.#fits.has(keyOf(reading, rect, form));
  }

  /** {scale, lines, room, part}; `lines` above 0 means that even the legible size is cut after so many lines. */
  fit(reading, rect, form) {
    const key = keyOf(reading, rect, form);
    let fit = this.#fits.get(key);
    if (!fit) {
      fit = this.#search(reading, rect, form);
      this.#fits.set(key, fit);
    }
    return fit;
  }

  /** The form for a card that is not the hero. */
  form(reading, rect) {
    return formOf(reading, rect, this.measure(reading, rect.width).text);
  }

  remove() {
    this.card.node.remove();
  }

  #search(reading, rect, form) {
    const room = roomOf(form, rect);
    const part = form === "side" ? partOf(reading, rect) : 0;
    const at = (scale, cut = 0) => ({ scale, lines: cut, room, part });
    if (reading.letters === 0) return at(1);
    this.#pose(reading, rect, form);
    this.#set(at(1));
    const type = this.#type();
    const list = this.#piecesOf(reading, type);
    const width = type.width * CAUTION;
    const mayBreak = lines(list, width / type.sizePx) === Infinity; // a word longer than the line breaks at any size
    if (this.#excess() > 1) return at(1, this.#standing(type));
    const most = LARGEST[rect.role][form] * (reading.isEmoji ? EMOJI : 1);
    const limits = { width, height: type.height, sizePx: type.sizePx, leading: type.leading, mayBreak };
    let scale = largestScale(list, { ...limits, most: mayBreak ? Math.min(most, BROKEN_LARGEST) : most }) ?? 1;
    for (let check = 0; scale > 1 && check < CHECKS; check++) {
      this.#set(at(scale));
      if (this.#excess() <= 1) return at(scale);
      scale = check === CHECKS - 2 ? 1 : Math.max(1, scale * STEP_BACK);
    }
    return at(1);
  }

  /** What the posed card offers: the message's type, the width of its lines, the height it may take. */
  #type() {
    const { message } = this.card;
    const type = getComputedStyle(message);
    const sizePx = parseFloat(type.fontSize);
    return {
      sizePx,
      width: message.clientWidth,
      height: message.offsetHeight - this.#excess(),
      leading: parseFloat(type.lineHeight) / sizePx,
      spacing: (parseFloat(type.letterSpacing) || 0) / sizePx,
      font: `${type.fontWeight} ${EM_PX}px ${type.fontFamily}`,
    };
  }

  #piecesOf(reading, { font, spacing }) {
    const key = `${reading.key} ${font} ${spacing}`;
    let list = this.#pieces.get(key);
    if (!list) {
      this.#pen.font = font;
      this.#pen.letterSpacing = `${spacing * EM_PX}px`;
      list = pieces(reading.text, (text) => this.#pen.measureText(text).width / EM_PX);
      this.#pieces.set(key, list);
    }
    return list;
  }

  /** Lines of the message that stand, with the card at the smallest size. */
  #standing({ sizePx, leading }) {
    return Math.max(1, Math.floor((this.card.message.offsetHeight - this.#excess() + 1) / (sizePx * leading)));
  }

  /** By how many pixels the words are higher than their place (below 0: room left). */
  #excess() {
    const { words, inner } = this.card;
    const { paddingTop, paddingBottom, maxHeight } = getComputedStyle(words);
    return inner.offsetHeight + parseFloat(paddingTop) + parseFloat(paddingBottom) - parseFloat(maxHeight);
  }

  #pose(reading, rect, form) {
    const { card } = this;
    if (card.id !== reading.id || card.rev !== reading.rev) card.paint(reading, { words: this.words });
    card.when.textContent = "00 min";
    card.dress(rect, form, form === "side" ? partOf(reading, rect) : 0);
    style(card.node, { width: `${rect.width}px`, height: `${rect.height}px` });
  }

  #set(fit) {
    style(this.card.node, styleOf(fit));
    this.card.node.classList.toggle("calm", fit.scale < CALM_BELOW);
  }
}

function keyOf(reading, { role, width, height, isSlim, isNew }, form) {
  return `${reading.key} ${role} ${form} ${Boolean(isSlim)} ${Boolean(isNew)} ${Math.round(width)}x${Math.round(height)}`;
}
