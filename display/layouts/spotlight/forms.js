// How one post fills the page: where its picture stands and where its words. Pure; lengths are CSS pixels.

const PAD = { across: 5, down: 4.4 }; // units around words
const LARGEST = { field: 13.5, side: 12, over: 9.4, above: 11.5 }; // units: letters this large are read across a square
const FEW = { field: [[12, 26], [40, 17]], side: [[12, 19], [40, 14]] }; // up to so many letters may be larger still
const EMOJI = 40;
const SHORT = 150; // letters that may stand on a picture
const SHOWN_LEAST = 0.6; // of a picture that fills the page

/** The part of a picture of `ratio` that is seen when it fills a place of another shape. */
export function shownOf(ratio, { width, height }) {
  const shape = width / height;
  return Math.min(ratio / shape, shape / ratio);
}

/**
 * The compositions that a post may have in `page` {width, height, unit, text}, the most natural first:
 * [{form, shot: rect|null, words: rect, most}]; `most` is the largest size of its letters in pixels.
 * @param {{ratio: number, letters: number, count: number, isEmoji: boolean}} reading ratio 0: words alone
 */
export function formsOf({ ratio, letters, count, isEmoji }, page) {
  const { width, height, unit } = page;
  const few = (form) => FEW[form]?.find(([limit]) => letters <= limit)?.[1];
  const most = (form) => (isEmoji ? EMOJI : (few(form) ?? LARGEST[form])) * unit;
  const pad = { x: PAD.across * unit, y: PAD.down * unit };
  const inset = (rect) => ({ x: rect.x + pad.x, y: rect.y + pad.y, width: rect.width - 2 * pad.x, height: rect.height - 2 * pad.y });
  const whole = { x: 0, y: 0, width, height };
  if (!ratio) return [{ form: "field", shot: null, words: inset(whole), most: most("field") }];

  const side = (part) => ({
    form: "side", shot: { ...whole, width: part }, words: inset({ ...whole, x: part - pad.x * 0.25, width: width - part + pad.x * 0.25 }), most: most("side"),
  });
  const above = (part) => ({
    form: "above", shot: { ...whole, height: part }, words: inset({ ...whole, y: part - pad.y * 0.5, height: height - part + pad.y * 0.5 }), most: most("above"),
  });
  const over = () => ({
    form: "over", shot: whole, words: { ...inset(whole), y: height * 0.36, height: height * 0.64 - pad.y }, most: most("over"),
  });
  const isAcross = width >= height * 0.9;
  const own = { across: height * ratio, down: width / ratio };
  const clamp = (least, value, limit) => Math.min(limit, Math.max(least, value));
  const forms = [];
  if (shownOf(ratio, whole) >= SHOWN_LEAST && letters <= SHORT && count === 1) forms.push(over());
  if (letters === 0) {
    if (isAcross && ratio < 1.5) forms.push(side(clamp(width * 0.42, own.across * 1.2, width * 0.7)));
    else if (ratio < 0.5) forms.push(side(width * 0.52));
    else forms.push(above(clamp(height * 0.3, own.down, height - byline(page))));
    return forms;
  }
  if (isAcross) {
    forms.push(side(clamp(width * 0.26, own.across, width * 0.52)));
    if (ratio > 1.7) forms.push(above(clamp(height * 0.34, own.down, height * 0.56)));
    forms.push(side(clamp(width * 0.24, own.across, width * 0.36)));
  } else {
    forms.push(above(clamp(height * 0.3, own.down, height * 0.58)));
    if (ratio < 0.62) forms.push(side(width * 0.4));
    forms.push(above(height * 0.3), above(height * 0.22));
  }
  return forms;
}

function byline({ unit, text }) {
  return 2.2 * text + 2 * PAD.down * unit;
}

/** How good a composition is, with its letters set: large letters and much of the picture; words that are cut last. */
export function worthOf({ form, shot }, fit, { ratio }, page) {
  const letters = Math.log(fit.px / page.text) * 0.9;
  const seen = shot ? Math.sqrt((shot.width * shot.height) / (page.width * page.height)) * shownOf(ratio, shot) ** 2 * 1.2 : 0;
  return letters + seen - (form === "over" ? 0.22 : 0) - (fit.lines ? 6 - fit.lines / 50 : 0);
}
