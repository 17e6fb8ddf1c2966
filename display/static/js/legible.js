// The legibility contract: from the screen's diagonal and the farthest reader to the smallest text. Pure.
//
// ISO 9241-303 asks that a capital letter subtend at least 16 minutes of arc. Nothing a visitor wrote is ever set
// smaller than that; names and times keep the shares of stage.css (12.8 and 11.5 minutes, above the 10 that a
// road sign allows its last line).

const ARC_MINUTES = 16;
const CAP_HEIGHT_EM = 0.727; // Inter; Han glyphs fill more of their em
const MM_PER_INCH = 25.4;

/** Height in mm of a capital that subtends 16 minutes of arc at `distanceM` metres. */
export function capHeightMm(distanceM) {
  return distanceM * 1000 * Math.tan(((ARC_MINUTES / 60) * Math.PI) / 180);
}

/** Smallest font size in CSS pixels for a viewport that fills a screen of `diagonalIn` inches. */
export function smallestPx({ diagonalIn, distanceM, width, height }) {
  const mmPerPx = (diagonalIn * MM_PER_INCH) / Math.hypot(width, height);
  return capHeightMm(distanceM) / CAP_HEIGHT_EM / mmPerPx;
}

/** One unit in pixels: 1/108 of the short side of a 16:9 picture that fits, so every size draws one composition. */
export function unitPx(width, height) {
  return width >= height ? Math.min(width / 192, height / 108) : Math.min(width / 108, height / 192);
}

/**
 * Message size in units, kept between what looks right and what leaves room for a sentence.
 * Beyond `most` the screen is too small for its reader and the page says the largest thing it can.
 */
export function messageUnits(screen, { least = 2.6, most = 9 } = {}) {
  const wanted = smallestPx(screen) / unitPx(screen.width, screen.height);
  return Math.min(most, Math.max(least, Number.isFinite(wanted) ? wanted : 4.3));
}
