// How a text breaks into lines, reckoned without the page: widths of its pieces once, then arithmetic for any size.
// Pure; `widthOf(text)` gives a width in ems of the type in question.

const OPENING = /[(\[{«“‘（「『《〈【]$/u;
const CLOSING = /^[)\]}»”’!?,.;:…、。，！？：；）」』》〉】]/u;
const WIDE = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|\p{Extended_Pictographic}/u;
const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * The pieces between which a line may break: [{width, space, isEnd}], widths in ems; `space` is what follows
 * when the line goes on, `isEnd` a line break of the author's own.
 */
export function pieces(text, widthOf) {
  const space = widthOf(" ");
  const found = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (i && found.length) found.at(-1).isEnd = true;
    for (const word of line.split(" ")) {
      if (!word) continue;
      const parts = WIDE.test(word) ? wideParts(word) : word.split(/(?<=[-‐–—])(?=\p{L})/u);
      parts.forEach((part, j) => found.push({ width: widthOf(part), space: j === parts.length - 1 ? space : 0, isEnd: false }));
    }
  }
  return found;
}

/** Han, kana and emoji break anywhere, but a line never starts with closing nor ends with opening punctuation. */
function wideParts(word) {
  const parts = [];
  for (const { segment } of GRAPHEMES.segment(word)) {
    const last = parts.at(-1);
    const joins = last !== undefined && (CLOSING.test(segment) || OPENING.test(last) || (!WIDE.test(segment) && !WIDE.test(last.at(-1))));
    if (joins) parts[parts.length - 1] += segment;
    else parts.push(segment);
  }
  return parts;
}

/** Lines that `list` takes in a measure of `widthEms`; Infinity when a piece is wider and may not be broken. */
export function lines(list, widthEms, mayBreak = false) {
  let count = 1;
  let x = 0;
  for (const { width, space, isEnd } of list) {
    if (x > 0 && x + width > widthEms) {
      count++;
      x = 0;
    }
    if (width > widthEms) {
      if (!mayBreak) return Infinity;
      count += Math.floor(width / widthEms);
      x = width % widthEms;
    } else {
      x += width;
    }
    x += space;
    if (isEnd) {
      count++;
      x = 0;
    }
  }
  return count;
}

/**
 * The largest scale in [1, most] at which the text stands in `width` x `height` pixels, at `sizePx` times the
 * scale and `leading` lines of that; null when it does not even at 1.
 */
export function largestScale(list, { width, height, sizePx, leading, most, mayBreak = false }) {
  const stands = (scale) => {
    const size = sizePx * scale;
    return lines(list, width / size, mayBreak) * size * leading <= height;
  };
  if (!stands(1)) return null;
  for (let scale = most; scale > 1; scale -= 0.03) if (stands(scale)) return scale;
  return 1;
}
