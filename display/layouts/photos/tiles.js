// The photos on the glass: a fixed drawer of tiles, the one place where they are changed and set in motion.

import { Byline } from "../../js/stage/byline.js";
import { Pictures } from "../../js/stage/pictures.js";
import { el, style } from "../../js/dom.js";

const SPARE = 6; // tiles that fade out while others stand
const WHOLE_BELOW = 0.5; // a photo of which less would be seen is shown whole, on its own colour
const EASE = "cubic-bezier(.2,.78,.16,1)";

/** The part of a photo that is seen when it fills a place of another shape. Pure. */
export function shownOf(ratio, { width, height }) {
  const shape = width / height;
  return Math.min(ratio / shape, shape / ratio);
}

export class Tile {
  key = null;
  shot = null;
  rect = null;

  constructor(brands, words) {
    this.image = el("img");
    this.image.decoding = "sync";
    this.byline = new Byline(brands, words);
    this.byline.node.classList.add("one-line");
    this.film = el("i", "film");
    this.node = el("figure", "tile-photo", this.image, this.film, this.byline.node);
    this.node.hidden = true;
  }

  /** Shows `shot` {key, post, picture, ratio}; its picture in that variant must be decoded. */
  show(shot, variant) {
    this.key = shot.key;
    this.shot = shot;
    const { post, picture } = shot;
    this.image.alt = picture.alt ?? "";
    this.image.lang = post.lang ?? "";
    this.draw(variant);
    style(this.node, { "--tint": picture.colour || "#3a3f58" });
    this.film.hidden = !post.is_film;
    this.byline.show(post, { hasFace: false });
    this.node.dataset.post = post.id;
    this.node.hidden = false;
  }

  draw(variant) {
    const url = Pictures.url(this.shot.picture.digest, variant);
    if (this.image.getAttribute("src") !== url) this.image.src = url;
  }

  /** Puts the tile in its rectangle. */
  stand(rect) {
    this.rect = rect;
    style(this.node, { left: `${rect.x}px`, top: `${rect.y}px`, width: `${rect.width}px`, height: `${rect.height}px` });
    this.node.classList.toggle("whole", shownOf(this.shot.ratio, rect) < WHOLE_BELOW);
  }

  /** Back to the drawer: nothing of the post stays in the page. */
  clear() {
    this.node.hidden = true;
    for (const animation of this.node.getAnimations({ subtree: true })) animation.cancel();
    this.node.removeAttribute("data-post");
    this.image.removeAttribute("src");
    this.image.alt = "";
    this.byline.clear();
    this.key = null;
    this.shot = null;
    this.rect = null;
  }
}

export class Tiles {
  #standing = new Map(); // key -> Tile
  #leaving = new Set();
  #drawer = [];

  /** parts: {root, brands, words, motion}; `count` tiles may stand. */
  constructor(parts, count) {
    Object.assign(this, parts);
    while (this.#drawer.length < count + SPARE) this.#drawer.push(this.#newTile());
  }

  get all() {
    return [...this.#standing.values()];
  }

  get(key) {
    return this.#standing.get(key);
  }

  /**
   * Puts `places` [{shot, variant, x, y, width, height}] on the glass in one go. A tile that stands already glides,
   * `quiet` keys come without a movement of their own (the large photo settles upon them).
   */
  show(places, { quiet = new Set() } = {}) {
    const keys = new Set(places.map(({ shot }) => shot.key));
    for (const [key, tile] of this.#standing) if (!keys.has(key)) this.#retire(key, tile);
    for (const { shot, variant, ...rect } of places) {
      const known = this.#standing.get(shot.key);
      const tile = known ?? this.#take();
      const from = tile.rect;
      if (!known || tile.shot !== shot) tile.show(shot, variant);
      else tile.draw(variant);
      tile.stand(rect);
      this.#standing.set(shot.key, tile);
      if (known) this.#glide(tile.node, from, rect);
      else if (!quiet.has(shot.key)) this.motion.enter(tile.node);
    }
  }

  /** A withdrawn post: off the glass in this very moment, also where it is only fading. Returns the keys that stood. */
  remove(id) {
    const gone = [];
    for (const [key, tile] of this.#standing) {
      if (tile.shot.post.id !== id) continue;
      this.#standing.delete(key);
      this.#away(tile);
      gone.push(key);
    }
    for (const tile of [...this.#leaving]) if (tile.shot?.post.id === id) this.#away(tile);
    return gone;
  }

  clear() {
    for (const [key, tile] of this.#standing) this.#retire(key, tile);
  }

  /** Over its neighbours' edges for a moment, never out of shape: one scale for both directions. */
  #glide(node, from, to) {
    const [dx, dy] = [from.x + from.width / 2 - to.x - to.width / 2, from.y + from.height / 2 - to.y - to.height / 2];
    const scale = Math.sqrt((from.width / to.width) * (from.height / to.height));
    if (this.motion.isOff || this.motion.isReduced || (Math.hypot(dx, dy) < 0.5 && Math.abs(scale - 1) < 0.002)) return;
    node.animate([{ transform: `translate(${dx.toFixed(1)}px, ${dy.toFixed(1)}px) scale(${scale.toFixed(4)})` }, { transform: "none" }], {
      duration: 1000 * this.motion.amount, easing: EASE,
    });
  }

  #retire(key, tile) {
    this.#standing.delete(key);
    tile.node.removeAttribute("data-post");
    tile.node.classList.add("leaving");
    this.#leaving.add(tile);
    this.motion.leave(tile.node, () => this.#leaving.has(tile) && this.#away(tile));
  }

  #away(tile) {
    this.#leaving.delete(tile);
    tile.clear();
    tile.node.classList.remove("leaving");
    this.#drawer.push(tile);
  }

  #take() {
    if (!this.#drawer.length && this.#leaving.size) this.#away(this.#leaving.values().next().value);
    return this.#drawer.shift() ?? this.#newTile();
  }

  #newTile() {
    const tile = new Tile(this.brands, this.words);
    this.root.append(tile.node);
    return tile;
  }
}
