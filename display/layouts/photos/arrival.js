// The newest photo, large in the middle of the wall, before it settles into its tile.

import { Byline } from "../../js/stage/byline.js";
import { Pictures } from "../../js/stage/pictures.js";
import { el, style } from "../../js/dom.js";

const EASE = "cubic-bezier(.5,0,.12,1)";
const SHARE = { across: 0.74, down: 0.8 }; // of the wall, at most
const COVERED = 0.5;

/** Where a photo of `ratio` stands large in `frame`: its own shape, in the middle. Pure. */
export function large(ratio, { width, height }) {
  const w = Math.min(width * SHARE.across, height * SHARE.down * ratio);
  const h = Math.min(height * SHARE.down, w / ratio);
  return { x: (width - w) / 2, y: (height - h) / 2, width: w, height: h };
}

export class Arrival {
  shot = null;
  rect = null;

  /** parts: {root, brands, words, motion}. */
  constructor({ root, brands, words, motion }) {
    this.motion = motion;
    this.shade = el("i", "shade");
    this.image = el("img");
    this.image.decoding = "sync";
    this.flag = el("span", "flag");
    this.byline = new Byline(brands, words);
    this.node = el("figure", "arrival", this.image, this.flag, this.byline.node);
    this.node.hidden = true;
    root.append(this.shade, this.node);
  }

  /** Shows `shot` large; its picture in that variant must be decoded. */
  show(shot, variant, frame, { text, hasFace, now }) {
    this.shot = shot;
    this.rect = large(shot.ratio, frame);
    const { post, picture } = shot;
    this.image.src = Pictures.url(picture.digest, variant);
    this.image.alt = picture.alt ?? "";
    this.flag.textContent = text;
    this.byline.show(post, { hasFace });
    this.byline.tick(now);
    this.node.dataset.post = post.id;
    const { x, y, width, height } = this.rect;
    style(this.node, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px`, "--tint": picture.colour || "#3a3f58" });
    this.node.hidden = false;
    this.#dim(true);
    this.motion.enterHero({ node: this.node, message: this.image, byline: this.byline.node }, { isNew: false });
  }

  /** Whether a tile is hidden behind the large photo for the most part. */
  covers({ x, y, width, height }) {
    if (!this.shot) return false;
    const { rect } = this;
    const across = Math.min(x + width, rect.x + rect.width) - Math.max(x, rect.x);
    const down = Math.min(y + height, rect.y + rect.height) - Math.max(y, rect.y);
    return across > 0 && down > 0 && across * down > COVERED * width * height;
  }

  /** The large photo flies onto its tile, which stands there already, and is gone. */
  settle(to) {
    if (!this.shot) return;
    const { rect, node } = this;
    const former = this.shot;
    this.#dim(false);
    node.removeAttribute("data-post");
    if (this.motion.isOff || this.motion.isReduced || !to) {
      this.motion.leave(node, () => this.shot === former && this.clear());
      return;
    }
    const [dx, dy] = [to.x + to.width / 2 - rect.x - rect.width / 2, to.y + to.height / 2 - rect.y - rect.height / 2];
    const scale = Math.max(to.width / rect.width, to.height / rect.height);
    const end = `translate(${dx.toFixed(1)}px, ${dy.toFixed(1)}px) scale(${scale.toFixed(4)})`;
    for (const part of [this.flag, this.byline.node]) part.animate([{ opacity: 1 }, { opacity: 0 }], { duration: 240, fill: "forwards" });
    const flight = node.animate(
      [{ transform: "none", opacity: 1 }, { transform: end, opacity: 1, offset: 0.78 }, { transform: end, opacity: 0 }],
      { duration: 1250 * this.motion.amount, easing: EASE, fill: "forwards" },
    );
    const gone = () => this.shot === former && this.clear();
    flight.finished.then(gone, gone);
  }

  /** A withdrawn post: off the glass in this very moment. True when it stood here. */
  remove(id) {
    if (this.shot?.post.id !== id) return false;
    this.clear();
    return true;
  }

  clear() {
    this.node.hidden = true;
    this.shot = null;
    this.rect = null;
    for (const animation of this.node.getAnimations({ subtree: true })) animation.cancel();
    this.node.removeAttribute("data-post");
    this.image.removeAttribute("src");
    this.image.alt = "";
    this.byline.clear();
    this.#dim(false);
  }

  #dim(isOn) {
    this.shade.classList.toggle("on", isOn);
  }
}
