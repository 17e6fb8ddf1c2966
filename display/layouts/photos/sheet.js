// The page of photos as it is cut: which photo has which rectangle, and how that changes. Pictures are not its business.

import { breathe } from "../../js/dom.js";
import { compose, exchange, insert, leavesOf, place, tame, without } from "../../js/stage/slicing.js";

const GAP = 0.7; // units
const LEAST_EMS = { width: 5.4, height: 3.8 }; // the smallest tile, in legible ems
const AREA_EMS = 34; // and what it takes on average
const CODE = { id: "code", ratio: 0.86, share: 1.1, pliant: true };
const CODE_UNITS = { width: 24, height: 32 }; // the least: a code of 18 units and two lines of words

const leafOf = (shot) => ({ id: shot.key, ratio: tame(shot.ratio) });

/** How many photos a frame {width, height, text} carries: as many as leave every name legible, at most `most`. Pure. */
export function capacityOf({ width, height, text }, most) {
  return Math.max(1, Math.min(most, Math.floor((width * height) / (text * text * AREA_EMS))));
}

export class Sheet {
  #tree = null;

  /** `frame()` gives {width, height, unit, text}; with `hasCode` one tile is kept for the code to scan. */
  constructor({ frame, hasCode }) {
    Object.assign(this, { frame, hasCode });
  }

  get isCut() {
    return this.#tree !== null;
  }

  /** Keys of the photos on the page. */
  get keys() {
    return leavesOf(this.#tree).map(({ id }) => id).filter((id) => id !== CODE.id);
  }

  /** Everything is void: the next step cuts anew. */
  clear() {
    this.#tree = null;
  }

  /** A new page of `shots`, each as near to its own shape as they allow; resolves to a function that puts it into force. */
  async cut(shots) {
    const leaves = shots.map(leafOf);
    if (this.hasCode) leaves.splice(Math.floor(leaves.length * Math.random()), 0, this.#code);
    const tree = await compose(leaves, this.#box, this.#gap, this.#least, breathe);
    return () => {
      this.#tree = tree;
    };
  }

  /** `shot` gets a tile of its own. */
  add(shot) {
    const leaves = this.#tree || !this.hasCode ? [leafOf(shot)] : [leafOf(shot), this.#code];
    for (const leaf of leaves) this.#tree = insert(this.#tree, leaf, this.#box, this.#gap, this.#least);
  }

  /** `shot` takes over the tile of `key`; without a shot the neighbours take the room. */
  replace(key, shot = null) {
    this.#tree = shot ? exchange(this.#tree, key, leafOf(shot)) : without(this.#tree, key);
  }

  /** {photos: [{key, x, y, width, height}], code: rect or undefined}. */
  get places() {
    const all = place(this.#tree, this.#box, this.#gap).map(({ leaf, ...rect }) => ({ key: leaf.id, ...rect }));
    return { photos: all.filter(({ key }) => key !== CODE.id), code: all.find(({ key }) => key === CODE.id) };
  }

  get #code() {
    const { unit } = this.frame();
    return { ...CODE, least: { width: CODE_UNITS.width * unit, height: CODE_UNITS.height * unit } };
  }

  get #box() {
    const { width, height } = this.frame();
    return { x: 0, y: 0, width, height };
  }

  get #gap() {
    return Math.max(2, Math.round(GAP * this.frame().unit));
  }

  get #least() {
    const { text } = this.frame();
    return { width: LEAST_EMS.width * text, height: LEAST_EMS.height * text };
  }
}
