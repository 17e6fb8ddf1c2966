// A logo and the ground it needs: dark ones vanish on a dark wall, light ones on paper. Its own pixels tell.

const SIDE = 64;
const LOST = 0.2; // a part this near to its ground in lightness cannot be made out
const MOST_LOST = 0.14; // of the drawing
const SOLID = 0.96; // of the edge: no transparency there, the logo brings its ground along
const EVEN = 0.05; // lightness by which an even edge may differ
const GROUNDS = { ink: 0.2, paper: 0.965 }; // lightness (OKLab) of ours

/**
 * What a logo must stand on when the scene's own ground is `ground` ("ink" or "paper"):
 * "none" (it is readable as it is), "ink", "paper", "white" (paper; its own white ground melts into it) or
 * "picture" (it brings a ground of its own).
 */
export function toneOf(image, ground) {
  const pixels = pixelsOf(image);
  return pixels ? toneOfPixels(pixels, ground) : "none";
}

/** `toneOf` for rows of RGBA bytes {data, width, height}. Pure. */
export function toneOfPixels({ data, width, height }, ground) {
  const edge = [];
  const drawn = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const pixel = { alpha: data[at + 3] / 255, light: lightness(data[at], data[at + 1], data[at + 2]) };
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) edge.push(pixel);
      if (pixel.alpha > 0.3) drawn.push(pixel.light);
    }
  }
  if (!drawn.length) return "none";
  if (edge.filter((pixel) => pixel.alpha > 0.98).length >= SOLID * edge.length) {
    const lights = edge.map((pixel) => pixel.light).sort((a, b) => a - b);
    const [low, high] = [lights[Math.floor(lights.length * 0.05)], lights[Math.floor(lights.length * 0.95)]];
    return high - low <= EVEN && low > 0.93 ? "white" : "picture";
  }
  const lost = (name) => drawn.filter((light) => Math.abs(light - GROUNDS[name]) < LOST).length / drawn.length;
  if (lost(ground) <= MOST_LOST) return "none";
  const other = ground === "ink" ? "paper" : "ink";
  return lost(other) < lost(ground) ? other : "none";
}

/** Lightness of OKLab, 0 to 1, of sRGB bytes. */
export function lightness(red, green, blue) {
  const [r, g, b] = [red, green, blue].map((byte) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
}

function pixelsOf(image) {
  const canvas = document.createElement("canvas");
  const ratio = image.naturalWidth && image.naturalHeight ? image.naturalWidth / image.naturalHeight : 1;
  canvas.width = Math.max(8, Math.round(ratio >= 1 ? SIDE : SIDE * ratio));
  canvas.height = Math.max(8, Math.round(ratio >= 1 ? SIDE / ratio : SIDE));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  try {
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return pen.getImageData(0, 0, canvas.width, canvas.height);
  } catch {
    return null;
  }
}
