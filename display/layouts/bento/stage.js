// The cards on the glass: a fixed drawer of nodes, the one place where they are changed and set in motion.

import { Recent } from "../../js/dom.js";
import { FIELDS, fieldOf } from "../../js/stage/fields.js";
import { Card } from "./card.js";

const CARDS_KEPT = 14;

export class Stage {
  #cards = new Map(); // id -> Card
  #leaving = new Set(); // cards that fade out
  #drawer = [];
  #fields = new Recent(300);

  /** parts: {root, brands, words, clock, motion, sizes, glow(colour), driftS, count: cards kept ready}. */
  constructor(parts) {
    Object.assign(this, parts);
    while (this.#drawer.length < (this.count ?? CARDS_KEPT)) this.#drawer.push(this.#newCard());
  }

  get ids() {
    return [...this.#cards.keys()];
  }

  has(id) {
    return this.#cards.has(id);
  }

  /** Whether the hero of that id stands with its flag up because it is new. */
  isFlagged(id) {
    const card = this.#cards.get(id);
    return card?.role === "hero" && card.rect.isNew === true && !card.rect.isLit;
  }

  /**
   * Puts the poses [{rect, reading, form, fit, variant}] on the glass in one go. `isNew`: the hero has just come.
   * `redraw` holds ids whose words changed. Returns the cards that could not be drawn: [{id, error}].
   */
  show(poses, { isNew = false, redraw = new Set() } = {}) {
    const before = new Map([...this.#cards].map(([id, card]) => [id, card.rect]));
    const staying = this.#part(poses);
    const failed = [];
    this.#cards = new Map();
    for (const pose of poses) {
      const { id } = pose.rect;
      const card = staying.get(id) ?? this.#take();
      try {
        this.#draw(card, pose, redraw.has(id));
        this.#cards.set(id, card);
        this.#move(card, { from: before.get(id), stays: staying.has(id), isNew });
      } catch (error) {
        this.#cards.delete(id);
        this.#away(card);
        failed.push({ id, error });
      }
    }
    return failed;
  }

  /** A withdrawn post: off the glass in this very moment, also where it is only fading. */
  remove(id) {
    const card = this.#cards.get(id);
    this.#cards.delete(id);
    if (card) this.#away(card);
    for (const other of [...this.#leaving]) if (other.id === id) this.#away(other);
  }

  /** Everything fades out. */
  clear() {
    for (const card of this.#cards.values()) this.#retire(card);
    this.#cards.clear();
  }

  /** Brings the times up to date. */
  tick() {
    for (const card of this.#cards.values()) card.tick(this.clock.now(), this.words);
  }

  /** Cards that stay in their part of the stage; the others begin to leave. */
  #part(poses) {
    const staying = new Map();
    for (const [id, card] of this.#cards) {
      const pose = poses.find((other) => other.rect.id === id);
      if (pose && (pose.rect.role === "hero") === (card.role === "hero")) staying.set(id, card);
      else this.#retire(card);
    }
    return staying;
  }

  #draw(card, { rect, reading, form, fit, variant }, isChanged) {
    if (card.reading !== reading || isChanged) card.paint(reading, { words: this.words, field: this.#field(reading) });
    card.tick(this.clock.now(), this.words);
    card.announce(rect, this.words);
    card.shape(rect, form, fit, variant);
    card.node.hidden = false;
  }

  #move(card, { from, stays, isNew }) {
    const { rect, node } = card;
    if (stays) this.motion.glide(node, from, rect);
    else if (rect.role === "hero") this.#enterHero(card, isNew);
    else if (from?.width > rect.width * 1.5) this.motion.glide(node, from, rect); // the former hero
    else this.motion.enter(node);
  }

  #enterHero(card, isNew) {
    this.motion.enterHero(card, { isNew });
    if (isNew && card.reading.shots.length === 1) this.motion.drift(card.images[0], this.driftS);
    this.glow(card.reading.tint || `oklch(.72 .11 ${this.#field(card.reading)[0]})`);
  }

  /** A card fades out under what takes its place, then goes back to the drawer. */
  #retire(card) {
    card.node.classList.add("leaving");
    card.node.removeAttribute("data-post");
    this.#leaving.add(card);
    // a card that was withdrawn while it faded is back in the drawer already, perhaps in use again
    this.motion.leave(card.node, () => this.#leaving.has(card) && this.#away(card));
  }

  #away(card) {
    this.#leaving.delete(card);
    card.clear();
    card.node.classList.remove("leaving");
    if (!this.#drawer.includes(card)) this.#drawer.push(card);
  }

  #take() {
    return this.#drawer.shift() ?? this.#newCard();
  }

  #newCard() {
    const card = new Card(this.brands, this.sizes);
    this.root.append(card.node);
    return card;
  }

  /** A colour for a card of words alone, unlike those beside it; kept for as long as the post is known. */
  #field(reading) {
    if (reading.ratio) return FIELDS[0];
    let field = this.#fields.get(reading.id);
    if (!field) {
      field = fieldOf(reading.id, new Set([...this.#cards.values()].map((card) => this.#fields.get(card.id))));
      this.#fields.set(reading.id, field);
    }
    return field;
  }
}
