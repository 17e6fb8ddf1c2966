// Those who made it possible: their logos on a calm field, all of one weight, each on the ground that it needs.
//
// mount(root, options, feed) -> unmount.

import { el, style } from "../../js/dom.js";
import { Motion } from "../../js/motion.js";
import { toneOf } from "../../js/stage/marks.js";
import { Plate, fit, grid, holds, pictureAt, ratioOf, rise, say } from "../../js/stage/plate.js";

const LOGOS = ["logo", "logo_2", "logo_3", "logo_4", "logo_5", "logo_6"];
const TITLE_UNITS = { most: 9.5, least: 3.4 };
const NAME_UNITS = { most: 14, least: 2.4 };
const CELL_SHAPE = { least: 1.3, usual: 1.7, most: 2.6 }; // width by height, where several stand together
const OF_LOGO = 0.62; // of a logo's own shape is its cell's: wide logos want wide cells
const ALONE_SHAPE = [1.15, 2.4]; // where one stands alone
const ROOM = 0.76; // of a cell's sides that a logo may take
const WEIGHT = 0.34; // of a cell's area that a logo of any shape takes
const PAD_UNITS = 3.4; // of paper around all logos
const TILE_ROOM = 0.62; // of a cell, for a logo that stands on a tile of its own

export function mount(root, options, feed) {
  const plate = new Plate(root, "sponsor");
  void new Sponsors(plate, options, feed).show();
  return () => plate.stop();
}

/** {width, height} of a logo of `ratio` in a cell: of equal area, so that a wide one is no louder than a tall one. Pure. */
export function sizeOf(ratio, { width, height }, share = 1) {
  const area = width * height * WEIGHT * share;
  const side = Math.sqrt(area * ratio);
  const scale = Math.min(1, (width * ROOM * share) / side, (height * ROOM * share) / (side / ratio));
  return { width: side * scale, height: (side / ratio) * scale };
}

/**
 * The ground for all logos, and for each what it needs on it. Pure.
 * @param {{ink: string[], paper: string[]}} tones what each logo needs (see marks.js) on either ground
 * @param {"ink"|"paper"} own the ground of the scene
 * @returns {{sheet: "none"|"ink"|"paper", tones: string[]}} sheet: none, or one that all stand on
 */
export function groundOf(tones, own) {
  const isCalm = (list) => list.every((tone) => tone === "none" || tone === "picture");
  if (isCalm(tones[own])) return { sheet: "none", tones: tones[own] };
  // white grounds melt into paper
  if (tones.paper.every((tone) => tone !== "ink")) return { sheet: own === "paper" && tones.paper.every((tone) => tone === "none") ? "none" : "paper", tones: tones.paper };
  if (isCalm(tones.ink)) return { sheet: "ink", tones: tones.ink };
  return { sheet: "none", tones: tones[own] };
}

/** The place of one that stands alone. */
function alone({ width, height }) {
  const [least, most] = ALONE_SHAPE;
  return { width: Math.min(width, height * most), height: Math.min(height, width / least) };
}

class Sponsors {
  #turn = 0;
  #timer = 0;

  constructor(plate, { settings = {}, words, lang = "", metrics }, feed) {
    Object.assign(this, { plate, settings, metrics, feed, lang, words, motion: new Motion(settings.motion ?? 1) });
    this.title = el("h2", "plate-title");
    this.text = el("p", "plate-text");
    this.thanks = el("header", "", this.title, this.text);
    this.sheet = el("div", "sponsor-sheet");
    this.field = el("div", "sponsor-field", this.sheet);
    say(this.text, settings.text, lang);
  }

  get isOne() {
    return this.settings.arrangement === "one" || this.tiles.length === 1;
  }

  async show() {
    const names = [this.settings.names ?? []].flat();
    const pictures = await Promise.all(LOGOS.map((key) => pictureAt(this.settings[key], (error) => this.feed.failed("", error))));
    if (this.plate.isStopped) return;
    const wanted = LOGOS.map((_, i) => ({ picture: pictures[i], name: String(names[i] ?? "").trim() }));
    this.tiles = wanted.filter(({ picture, name }) => picture || name).map((one) => this.#tile(one));
    this.#thank();
    this.sheet.append(...this.tiles.map(({ node }) => node));
    this.plate.node.append(el("div", "sponsor-page", this.thanks, this.field));
    this.plate.follow((size) => this.#draw(size));
    this.feed.painted([]);
    rise([this.thanks, ...this.tiles.map(({ node }) => node)], this.motion);
    if (this.isOne && this.tiles.length > 1) this.#rotate();
  }

  #tile({ picture, name }) {
    const inner = el("div", "sponsor-mark");
    if (picture) {
      picture.alt = name;
      inner.append(picture);
    } else {
      const said = el("b", "sponsor-name");
      say(said, name, this.lang);
      inner.append(said);
    }
    return { node: el("figure", "sponsor-cell", inner), inner, picture, name };
  }

  #thank() {
    const usual = this.tiles.length === 1 ? "sponsor.thanks_one" : "sponsor.thanks";
    say(this.title, this.settings.title || this.words(usual), this.lang);
  }

  #draw({ width, height }) {
    const { unit } = this.metrics();
    const { node } = this.plate;
    node.classList.toggle("upright", width < height);
    node.classList.toggle("one", this.isOne);
    fit(this.plate.node, { least: TITLE_UNITS.least * unit, most: Math.min(TITLE_UNITS.most * unit, height * 0.12) }, () => holds(this.thanks));
    const ground = this.#ground();
    const pad = ground.sheet === "none" ? 0 : PAD_UNITS * unit;
    const box = { width: this.field.clientWidth - 2 * pad, height: this.field.clientHeight - 2 * pad };
    const cell = this.isOne ? alone(box) : grid({ count: this.tiles.length, ...box, gap: 0, shape: this.#shape() });
    style(this.sheet, { width: `${(cell.columns ?? 1) * cell.width + 2 * pad}px`, padding: `${pad}px` });
    this.sheet.dataset.ground = ground.sheet;
    this.tiles.forEach((tile, i) => this.#fill(tile, ground.tones[i], cell, unit, i));
  }

  /** Width by height of each cell. */
  #shape() {
    const ratios = this.tiles.filter(({ picture }) => picture).map(({ picture }) => Math.log(ratioOf(picture)));
    if (!ratios.length) return CELL_SHAPE.usual;
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length);
    return Math.min(CELL_SHAPE.most, Math.max(CELL_SHAPE.least, OF_LOGO * mean));
  }

  #ground() {
    const own = document.documentElement.dataset.theme === "day" ? "paper" : "ink";
    const on = (ground) => this.tiles.map(({ picture }) => (picture ? toneOf(picture, ground) : "none"));
    return groundOf({ ink: on("ink"), paper: on("paper") }, own);
  }

  #fill({ node, inner, picture }, tone, cell, unit, i) {
    style(node, { width: `${cell.width}px`, height: `${cell.height}px` });
    node.dataset.tone = tone;
    node.hidden = this.isOne && i !== this.#turn % this.tiles.length;
    const isOnTile = this.sheet.dataset.ground === "none" && ["ink", "paper", "white"].includes(tone);
    inner.classList.toggle("tiled", isOnTile);
    if (picture) {
      const { width, height } = sizeOf(ratioOf(picture), cell, isOnTile ? TILE_ROOM : 1);
      style(picture, { width: `${width.toFixed(1)}px`, height: `${height.toFixed(1)}px` });
      return;
    }
    const was = node.hidden;
    node.hidden = false;
    const most = Math.min(NAME_UNITS.most * unit, cell.height * 0.3);
    fit(node, { least: Math.min(NAME_UNITS.least * unit, most), most }, () => inner.scrollWidth <= inner.clientWidth + 1 && inner.offsetHeight <= cell.height * 0.8);
    node.hidden = was;
  }

  /** One after the other: the next fades in where the former fades out. */
  #rotate() {
    this.#timer = setTimeout(() => {
      const former = this.tiles[this.#turn % this.tiles.length].node;
      const next = this.tiles[++this.#turn % this.tiles.length].node;
      next.hidden = false;
      this.motion.appear(next, 900);
      this.motion.vanish(former, 900, () => { former.hidden = former !== this.tiles[this.#turn % this.tiles.length].node; });
      this.#rotate();
    }, Math.max(3, Number(this.settings.each_s) || 8) * 1000);
    this.plate.onStop(() => clearTimeout(this.#timer));
  }
}
