// Which photo goes where: colours as the eye sees them, and the nearest free place. Pure.

const NONE = [0.5, 0, 0];
const LINEAR = Float32Array.from({ length: 256 }, (_, byte) => (byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4));

/** OKLab [lightness, a, b] of "#rrggbb"; a middle grey for anything else. */
export function labOf(colour) {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour ?? "");
  return found ? lab(...found.slice(1).map((part) => parseInt(part, 16))) : NONE;
}

/** OKLab of sRGB bytes. */
export function lab(red, green, blue) {
  const [r, g, b] = [LINEAR[red], LINEAR[green], LINEAR[blue]];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

export function apart(a, b) {
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
}

/**
 * Gives every photo {id, lab} a block {…, lab}: [[photo, block]…]. The blocks that say most of the picture choose first.
 * A generator that yields now and then, so that thousands do not hold up a frame.
 */
export function* match(photos, blocks) {
  const left = spread(photos);
  const mean = NONE.map((_, i) => blocks.reduce((sum, block) => sum + block.lab[i], 0) / Math.max(1, blocks.length));
  const order = [...blocks].sort((a, b) => apart(b.lab, mean) - apart(a.lab, mean));
  const pairs = [];
  let steps = 0;
  for (const block of order) {
    if (!left.length) break;
    let best = 0;
    let least = Infinity;
    for (let i = 0; i < left.length; i++) {
      const far = apart(left[i].match, block.lab);
      if (far < least) [least, best] = [far, i];
    }
    pairs.push([left[best].photo, block]);
    left[best] = left.at(-1);
    left.pop();
    steps += left.length;
    if (steps > 40_000) {
      steps = 0;
      yield pairs;
    }
  }
  return pairs;
}

/** Photos are rarely black or white: their lightness is stretched to the whole range before it is compared. */
function spread(photos) {
  const order = photos.map((photo, i) => [photo.lab[0], i]).sort((a, b) => a[0] - b[0]);
  const rank = new Float32Array(photos.length);
  order.forEach(([, i], at) => { rank[i] = photos.length > 1 ? at / (photos.length - 1) : 0.5; });
  return photos.map((photo, i) => ({ photo, match: [0.5 * photo.lab[0] + 0.5 * rank[i], photo.lab[1], photo.lab[2]] }));
}
