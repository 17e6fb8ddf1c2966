// Colours of cards without a picture, [hue, chroma]; the lightness is the theme's. Pure.

/** Apricot, sage, lilac, butter, sky, rose, linen. */
export const FIELDS = [[62, 0.078], [152, 0.062], [300, 0.062], [95, 0.088], [240, 0.056], [18, 0.064], [80, 0.03]];

/** The colour that belongs to `id`: always the same one, or the next that is not among those `used` beside it. */
export function fieldOf(id, used = new Set()) {
  const start = [...id].reduce((sum, sign) => sum + sign.codePointAt(0), 0) % FIELDS.length;
  const order = [...FIELDS.slice(start), ...FIELDS.slice(0, start)];
  return order.find((field) => !used.has(field)) ?? order[0];
}
