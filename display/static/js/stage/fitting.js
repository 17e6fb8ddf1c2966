// The largest size at which a text stands in its place: reckoned (typeset.js), then checked on a hidden node.

import { largestScale, lines, pieces } from "../../layouts/bento/typeset.js";
import { Recent } from "../dom.js";

const EM_PX = 100;
const CAUTION = 0.985; // of the width: canvas and page differ by a hair
const STEP_BACK = 0.955;
const CHECKS = 4;
const BROKEN_MOST = 1.5; // a word longer than the line breaks at any size: it is not made large

export class Fitting {
  #pieces = new Recent(200);
  #pen = document.createElement("canvas").getContext("2d");

  /**
   * Sets `message` (in the page, its width given, holding `text`) in the largest size from `least` to `most` pixels at
   * which it is no higher than `height`. Returns {px, lines, isBroken}; `lines` above 0: even the least is cut after so many.
   */
  size(message, text, { height, least, most }) {
    const set = (px) => message.style.setProperty("font-size", `${px}px`);
    const excess = () => message.scrollHeight - height;
    set(least);
    const type = getComputedStyle(message);
    const leading = parseFloat(type.lineHeight) / least;
    if (excess() > 1) return { px: least, lines: Math.max(1, Math.floor((height + 1) / (least * leading))), isBroken: false };
    const list = this.#piecesOf(text, type, least);
    const width = message.clientWidth * CAUTION;
    const mayBreak = lines(list, width / least) === Infinity;
    const limit = Math.max(1, mayBreak ? Math.min(most / least, BROKEN_MOST) : most / least);
    let scale = largestScale(list, { width, height, sizePx: least, leading, most: limit, mayBreak }) ?? 1;
    for (let check = 0; scale > 1 && check < CHECKS; check++) {
      set(least * scale);
      if (excess() <= 1 && message.scrollWidth <= message.clientWidth + 1) break;
      scale = check === CHECKS - 1 ? 1 : Math.max(1, scale * STEP_BACK);
    }
    return { px: least * scale, lines: 0, isBroken: mayBreak };
  }

  #piecesOf(text, { fontWeight, fontFamily, letterSpacing }, sizePx) {
    const font = `${fontWeight} ${EM_PX}px ${fontFamily}`;
    const spacing = (parseFloat(letterSpacing) || 0) / sizePx;
    const key = `${font} ${spacing} ${text}`;
    let list = this.#pieces.get(key);
    if (!list) {
      this.#pen.font = font;
      this.#pen.letterSpacing = `${spacing * EM_PX}px`;
      list = pieces(text, (part) => this.#pen.measureText(part).width / EM_PX);
      this.#pieces.set(key, list);
    }
    return list;
  }
}
