// The tiles on their canvas. A photo's pixels are nowhere but in its tile: whatever is moved is copied from there, so
// that two thousand photos need no more memory than the picture has pixels.

import { breathe, el } from "../../js/dom.js";
import { Pictures, variantFor } from "../../js/stage/pictures.js";
import { cover, gridFor, halves, pixels, quilt, union } from "./grid.js";
import { apart, labOf, match } from "./matching.js";

const SLICE_MS = 7; // work without giving way to the browser
const AT_ONCE = 4; // pictures on their way
const PATIENCE_MS = 6000;
const FADE_MS = 1100;
const LIGHT_MOST = 1600; // pixels: the light is soft and is enlarged
const GAPS_FROM = 5; // units: smaller cells touch each other
const GAP = 0.34;

export class Tiles {
  #grid = { cols: 1, rows: 1 };
  #size = { width: 0, height: 0 }; // device pixels
  #places = new Map(); // id -> {photo, block, isSharp}
  #cells = []; // id of each cell
  #edition = 0;
  #fading = null;
  #isFilling = false;
  #isStopped = false;

  /** parts: {motif, motion, unit() -> CSS pixels, failed(id, error), drawn() is called when a tile has got its photo}. */
  constructor(parts) {
    Object.assign(this, parts);
    this.canvas = el("canvas", "tiles");
    this.light = el("canvas", "light");
    this.gaps = el("canvas", "gaps");
    this.node = el("div", "picture", this.canvas, this.gaps, this.light);
  }

  get ids() {
    return [...this.#places.keys()];
  }

  get count() {
    return this.#places.size;
  }

  has(id) {
    return this.#places.has(id);
  }

  /** Tiles that show their photo. */
  get sharp() {
    let count = 0;
    for (const place of this.#places.values()) if (place.isSharp) count++;
    return count;
  }

  /** The shorter side of a cell in CSS pixels. */
  get cellPx() {
    return Math.min(this.#size.width / this.#grid.cols, this.#size.height / this.#grid.rows) / devicePixelRatio;
  }

  /** A photo's tile in CSS pixels, or null. */
  rect(id) {
    const place = this.#places.get(id);
    if (!place) return null;
    const { x, y, width, height } = this.#pixels(place.block);
    return { x: x / devicePixelRatio, y: y / devicePixelRatio, width: width / devicePixelRatio, height: height / devicePixelRatio };
  }

  /** Lays the whole anew for these photos in a frame of CSS pixels; false when something else has been asked since. */
  async lay(photos, frame) {
    const edition = ++this.#edition;
    const size = { width: Math.max(1, Math.round(frame.width * devicePixelRatio)), height: Math.max(1, Math.round(frame.height * devicePixelRatio)) };
    this.motif.shape(size);
    await breathe();
    const grid = gridFor(photos.length, size);
    const blocks = quilt(photos.length, grid, (block) => this.motif.uneven(block, grid)).map((block) => ({ ...block, lab: this.motif.lab(block, grid) }));
    await breathe();
    const matching = match(photos.map((photo) => ({ ...photo, lab: labOf(photo.colour) })), blocks);
    let step = matching.next();
    while (!step.done) {
      await breathe();
      if (edition !== this.#edition) return false;
      step = matching.next();
    }
    const canvas = el("canvas", "tiles");
    Object.assign(canvas, size);
    const pen = brush(canvas);
    const places = new Map();
    let since = performance.now();
    for (const [photo, block] of step.value) {
      const known = this.#places.get(photo.id);
      const to = pixels(block, grid, size);
      const isSame = known?.photo.digest === photo.digest;
      places.set(photo.id, { photo, block, isSharp: isSame && this.#copy(pen, known, to) });
      if (!isSame) fill(pen, photo, to);
      if (performance.now() - since > SLICE_MS) {
        await breathe();
        if (edition !== this.#edition) return false;
        since = performance.now();
      }
    }
    if (edition !== this.#edition || this.#isStopped) return false;
    Object.assign(this, { canvas: this.#swap(canvas) });
    this.#grid = grid;
    this.#size = size;
    this.#places = places;
    this.#count();
    this.#shine();
    this.#outline();
    this.#fill();
    return true;
  }

  /**
   * A new photo splits the larger block that fits it best. False when there is none: everything is to be laid anew.
   * `isWanted()` is asked once its picture is there: it may have been withdrawn meanwhile.
   */
  async add(photo, isWanted) {
    if (this.has(photo.id)) return true;
    const bitmap = await this.#load(photo, this.cellPx * devicePixelRatio);
    if (!bitmap) {
      this.failed(photo.id, new Error("a picture could not be shown"));
      return true;
    }
    const isDone = this.#isStopped || this.has(photo.id) || !isWanted();
    const found = isDone ? null : this.#roomFor(photo);
    if (!found) {
      bitmap.close();
      return isDone;
    }
    const { place, mine, rest } = found;
    const from = this.#pixels(place.block);
    place.block = rest;
    this.#draw(this.canvas, cover(from, this.#pixels(rest)), this.#pixels(rest));
    place.isSharp = place.isSharp && from.width >= this.#pixels(rest).width;
    this.#places.set(photo.id, { photo, block: mine, isSharp: true });
    this.#draw(bitmap, cover(bitmap, this.#pixels(mine)), this.#pixels(mine));
    bitmap.close();
    this.#count();
    this.#outline();
    this.drawn();
    return true;
  }

  /** A withdrawn photo: out of the picture in this moment, its place taken by another. True when all is to be laid anew. */
  remove(id) {
    const gone = this.#places.get(id);
    if (!gone) return false;
    this.#edition++; // what is being laid may still have it
    this.#unfade();
    this.#places.delete(id);
    const hole = this.#pixels(gone.block);
    brush(this.canvas).clearRect(hole.x, hole.y, hole.width, hole.height);
    const done = this.#widen(gone.block, gone.photo) || this.#move(gone.block);
    if (!done && this.#places.size) {
      const other = [...this.#places.values()].sort((a, b) => apart(labOf(a.photo.colour), labOf(gone.photo.colour)) - apart(labOf(b.photo.colour), labOf(gone.photo.colour)))[0];
      const from = this.#pixels(other.block);
      this.#draw(this.canvas, cover(from, hole), hole);
    }
    this.#count();
    this.#outline();
    this.#fill();
    return !done;
  }

  stop() {
    this.#isStopped = true;
    this.#edition++;
    this.#unfade();
    for (const canvas of [this.canvas, this.light, this.gaps]) Object.assign(canvas, { width: 0, height: 0 });
    this.node.remove();
  }

  // Places

  #pixels(block) {
    return pixels(block, this.#grid, this.#size);
  }

  #count() {
    const { cols, rows } = this.#grid;
    this.#cells = new Array(cols * rows).fill(null);
    for (const [id, { block }] of this.#places) {
      for (let y = block.y; y < block.y + block.h; y++) for (let x = block.x; x < block.x + block.w; x++) this.#cells[y * cols + x] = id;
    }
  }

  #roomFor(photo) {
    const wanted = labOf(photo.colour);
    let best = null;
    for (const place of this.#places.values()) {
      if (place.block.w * place.block.h < 2) continue;
      const [a, b] = halves(place.block);
      for (const [mine, rest] of [[a, b], [b, a]]) {
        const far = apart(this.motif.lab(mine, this.#grid), wanted);
        if (!best || far < best.far) best = { place, mine, rest, far };
      }
    }
    return best;
  }

  /** Ids of the tiles that touch a block. */
  *#around({ x, y, w, h }) {
    const { cols, rows } = this.#grid;
    const seen = new Set();
    const edge = [];
    for (let i = x; i < x + w; i++) edge.push([i, y - 1], [i, y + h]);
    for (let j = y; j < y + h; j++) edge.push([x - 1, j], [x + w, j]);
    for (const [i, j] of edge) {
      const id = i >= 0 && j >= 0 && i < cols && j < rows ? this.#cells[j * cols + i] : null;
      if (id !== null && !seen.has(id) && this.#places.has(id)) {
        seen.add(id);
        yield id;
      }
    }
  }

  /** A neighbour takes the free block to its own. */
  #widen(block, photo) {
    const wanted = labOf(photo.colour);
    let best = null;
    for (const id of this.#around(block)) {
      const place = this.#places.get(id);
      const whole = union(block, place.block);
      const far = whole && apart(labOf(place.photo.colour), wanted);
      if (whole && (!best || far < best.far)) best = { place, whole, far };
    }
    if (!best) return false;
    this.#grow(best.place, best.whole);
    return true;
  }

  /** Somebody moves into the free block from where a neighbour can take his. */
  #move(block) {
    for (const place of this.#places.values()) {
      if (place.block.w * place.block.h > block.w * block.h) continue;
      for (const id of this.#around(place.block)) {
        const other = this.#places.get(id);
        const whole = other !== place && union(place.block, other.block);
        if (!whole) continue;
        const from = this.#pixels(place.block);
        const to = this.#pixels(block);
        this.#draw(this.canvas, cover(from, to), to);
        Object.assign(place, { block, isSharp: false });
        this.#grow(other, whole);
        return true;
      }
    }
    return false;
  }

  #grow(place, whole) {
    const [from, to] = [this.#pixels(place.block), this.#pixels(whole)];
    this.#draw(this.canvas, cover(from, to), to);
    Object.assign(place, { block: whole, isSharp: false });
  }

  // Drawing

  #draw(source, from, to) {
    const pen = brush(this.canvas);
    pen.drawImage(source, from.x, from.y, from.width, from.height, to.x, to.y, to.width, to.height);
  }

  /** Copies a tile into another canvas; true when it is as sharp there. */
  #copy(pen, { block, photo, isSharp }, to) {
    const from = this.#pixels(block);
    const part = cover(from, to);
    if (!isSharp) fill(pen, photo, to);
    pen.drawImage(this.canvas, part.x, part.y, part.width, part.height, to.x, to.y, to.width, to.height);
    return isSharp && part.width >= to.width * 0.9;
  }

  /** The new canvas under the old one, which fades. */
  #swap(canvas) {
    this.#unfade();
    const former = this.canvas;
    former.before(canvas);
    if (!former.width || this.motion.isOff || this.#places.size === 0) {
      former.remove();
      Object.assign(former, { width: 0, height: 0 });
      return canvas;
    }
    const fade = former.animate([{ opacity: 1 }, { opacity: 0 }], { duration: FADE_MS, easing: "ease-in-out", fill: "forwards" });
    this.#fading = { former, fade };
    const gone = () => this.#fading?.former === former && this.#unfade();
    fade.finished.then(gone, gone);
    return canvas;
  }

  #unfade() {
    if (!this.#fading) return;
    const { former, fade } = this.#fading;
    this.#fading = null;
    fade.cancel();
    former.remove();
    Object.assign(former, { width: 0, height: 0 });
  }

  #shine() {
    const scale = Math.min(1, LIGHT_MOST / Math.max(this.#size.width, this.#size.height));
    const [width, height] = [Math.round(this.#size.width * scale), Math.round(this.#size.height * scale)];
    if (this.light.width !== width || this.light.height !== height) Object.assign(this.light, { width, height });
    this.motif.shine(this.light.getContext("2d"), this.count);
  }

  /** The light once more: the theme has changed. */
  relight() {
    if (!this.count) return;
    this.#shine();
    this.#outline();
  }

  /** Fine joints between large tiles. */
  #outline() {
    const hasGaps = this.cellPx >= GAPS_FROM * this.unit();
    const { width, height } = hasGaps ? this.#size : { width: 0, height: 0 };
    if (this.gaps.width !== width || this.gaps.height !== height) Object.assign(this.gaps, { width, height });
    if (!hasGaps) return;
    const pen = this.gaps.getContext("2d");
    const gap = GAP * this.unit() * devicePixelRatio;
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = this.motif.colours().ground;
    pen.beginPath();
    pen.rect(0, 0, width, height);
    for (const { block } of this.#places.values()) {
      const { x, y, width: w, height: h } = this.#pixels(block);
      pen.roundRect(x + gap / 2, y + gap / 2, w - gap, h - gap, gap * 1.6);
    }
    pen.fill("evenodd");
  }

  // Pictures

  /** Gives their photos to tiles that have none yet, or only an enlarged one. */
  async #fill() {
    if (this.#isFilling) return;
    this.#isFilling = true;
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, () => this.#fillSome()));
    } finally {
      this.#isFilling = false;
    }
    if (!this.#isStopped && this.#wanting()) this.#fill();
  }

  #wanting() {
    for (const place of this.#places.values()) if (!place.isSharp && !place.isAsked) return place;
    return null;
  }

  async #fillSome() {
    while (!this.#isStopped) {
      const place = this.#wanting();
      if (!place) return;
      const { id } = place.photo;
      place.isAsked = true;
      const { width, height } = this.#pixels(place.block);
      const bitmap = await this.#load(place.photo, Math.max(width, height));
      place.isAsked = false;
      const now = this.#places.get(id);
      const isMine = now && now.photo.digest === place.photo.digest && !this.#isStopped;
      if (isMine && bitmap) {
        const to = this.#pixels(now.block);
        this.#draw(bitmap, cover(bitmap, to), to);
        now.isSharp = true;
        this.drawn();
      } else if (isMine) {
        this.failed(id, new Error("a picture could not be shown"));
      }
      bitmap?.close();
      await breathe();
    }
  }

  /** The picture as a bitmap, decoded aside; null when it cannot be had in time. */
  async #load(photo, sidePx) {
    try {
      const reply = await fetch(Pictures.url(photo.digest, variantFor(sidePx)), { signal: AbortSignal.timeout(PATIENCE_MS) });
      return reply.ok ? await createImageBitmap(await reply.blob()) : null;
    } catch {
      return null;
    }
  }
}

function brush(canvas) {
  const pen = canvas.getContext("2d", { alpha: false });
  pen.imageSmoothingQuality = "high";
  return pen;
}

/** A tile whose picture is on its way has its mean colour. */
function fill(pen, { colour }, { x, y, width, height }) {
  pen.fillStyle = /^#[0-9a-f]{6}$/i.test(colour ?? "") ? colour : "#30323c";
  pen.fillRect(x, y, width, height);
}
