// What the photos make together: an organiser's picture, or words that shine. It gives each block the colour that a
// photo there should have, and draws the light that lies over the tiles.

import { lab } from "./matching.js";

const SAMPLES = { width: 240, height: 160 };
const SHOWS_FROM = 40; // photos; fewer are pictures of their own, with nothing over them
const SHOWS_WHOLLY = 120;
const FINE_FROM = 900; // so many photos draw the letters by themselves; fewer need a clearer edge
const LINES_MOST = 4;
const LEADING = 0.92;
const HALO = 28;
const WORDS_MOST = 40; // letters; a longer name gives its initials

/** How far the motif shows, from 0 to 1, with so many photos. Pure. */
export function shareOf(photos) {
  return Math.min(1, Math.max(0, (photos - SHOWS_FROM) / (SHOWS_WHOLLY - SHOWS_FROM)));
}

export class Motif {
  #image = null;
  #broken = null; // the words in lines, for a shape of the frame
  #samples = null; // OKLab of what the photos should look like together

  /** `words` shine when there is no picture; `colours()` gives {ground, accent, isDay}, as canvas understands them. */
  constructor({ words, colours, strength }) {
    Object.assign(this, { words, colours, strength });
  }

  /** Loads the organiser's picture; words stand in for one that cannot be had. */
  async load(url) {
    if (!url) return;
    const image = new Image();
    image.src = url;
    try {
      await image.decode();
      this.#image = image;
    } catch {
      this.#image = null;
    }
  }

  get isPicture() {
    return this.#image !== null;
  }

  /** Takes the shape of the frame {width, height}: samples are made anew. */
  shape({ width, height }) {
    const canvas = document.createElement("canvas");
    const scale = Math.sqrt((SAMPLES.width * SAMPLES.height) / Math.max(1, width * height));
    canvas.width = Math.max(8, Math.round(width * scale));
    canvas.height = Math.max(8, Math.round(height * scale));
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    if (this.#image) {
      this.#cover(pen, canvas);
    } else {
      const glow = pen.createRadialGradient(canvas.width / 2, canvas.height / 2, 0, canvas.width / 2, canvas.height / 2, canvas.width * 0.62);
      const { isDay } = this.colours();
      glow.addColorStop(0, isDay ? "#d9d2c4" : "#4a4470");
      glow.addColorStop(1, isDay ? "#f4f0e8" : "#12101f");
      pen.fillStyle = glow;
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = isDay ? "#3a2140" : "#ffe2a0";
      this.#write(pen, canvas);
    }
    const { width: w, height: h, data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const labs = new Float32Array(w * h * 3);
    for (let i = 0; i < w * h; i++) labs.set(lab(data[4 * i], data[4 * i + 1], data[4 * i + 2]), 3 * i);
    this.#samples = { width: w, height: h, labs };
  }

  /** OKLab of the motif in a block of the grid. */
  lab(block, grid) {
    return this.#measure(block, grid).mean;
  }

  /** How uneven the motif is in a block. */
  uneven(block, grid) {
    return this.#measure(block, grid).spread;
  }

  #measure({ x, y, w, h }, { cols, rows }) {
    const { width, height, labs } = this.#samples;
    const mean = [0, 0, 0];
    let [count, low, high] = [0, 1, 0];
    const steps = 4;
    for (let j = 0; j < steps; j++) {
      for (let i = 0; i < steps; i++) {
        const px = Math.min(width - 1, Math.floor(((x + (w * (i + 0.5)) / steps) / cols) * width));
        const py = Math.min(height - 1, Math.floor(((y + (h * (j + 0.5)) / steps) / rows) * height));
        const at = 3 * (py * width + px);
        for (let k = 0; k < 3; k++) mean[k] += labs[at + k];
        low = Math.min(low, labs[at]);
        high = Math.max(high, labs[at]);
        count++;
      }
    }
    return { mean: mean.map((sum) => sum / count), spread: high - low };
  }

  /** Draws the light over the tiles into `pen`, whose canvas has the size of the frame; `photos` how many there are. */
  shine(pen, photos) {
    const { canvas } = pen;
    const { ground, accent } = this.colours();
    const share = shareOf(photos) * Math.min(1, this.strength / 100);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    if (!share) return;
    if (this.#image) {
      pen.globalAlpha = share * 0.72;
      this.#cover(pen, canvas);
      pen.globalAlpha = 1;
      return;
    }
    pen.globalAlpha = Math.min(0.86, share * 1.16);
    pen.fillStyle = ground;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.globalCompositeOperation = "destination-out";
    pen.globalAlpha = 0.42;
    pen.drawImage(this.#halo(canvas), 0, 0, canvas.width, canvas.height);
    pen.globalAlpha = 1;
    this.#write(pen, canvas);
    pen.globalCompositeOperation = "source-over";
    const coarse = 1 - Math.min(1, photos / FINE_FROM);
    pen.globalAlpha = (0.1 + 0.18 * coarse) * share;
    pen.fillStyle = accent;
    this.#write(pen, canvas);
    pen.globalAlpha = (0.25 + 0.5 * coarse) * share;
    pen.strokeStyle = accent;
    pen.lineWidth = canvas.height / 420;
    this.#write(pen, canvas, "strokeText");
    pen.globalAlpha = 1;
  }

  /** The words drawn very small: enlarged, they are a soft light. */
  #halo({ width, height }) {
    const small = document.createElement("canvas");
    small.width = Math.max(8, Math.round(width / HALO));
    small.height = Math.max(8, Math.round(height / HALO));
    this.#write(small.getContext("2d"), small);
    return small;
  }

  #cover(pen, { width, height }) {
    const { naturalWidth, naturalHeight } = this.#image;
    const scale = Math.max(width / naturalWidth, height / naturalHeight);
    const [w, h] = [naturalWidth * scale, naturalHeight * scale];
    pen.drawImage(this.#image, (width - w) / 2, (height - h) / 2, w, h);
  }

  /** The words, as large as they stand in lines. */
  #write(pen, { width, height }, how = "fillText") {
    const { lines, size, font, leading } = this.#lines(pen, width * 0.93, height * 0.9);
    pen.font = `900 ${size}px ${font}`;
    pen.letterSpacing = `${(-0.035 * size).toFixed(2)}px`;
    pen.textAlign = "center";
    pen.textBaseline = "alphabetic";
    const cap = pen.measureText("H").actualBoundingBoxAscent;
    const first = height / 2 - ((lines.length - 1) * leading * size - cap) / 2;
    lines.forEach((line, i) => pen[how](line, width / 2, first + i * leading * size));
    pen.letterSpacing = "0px";
  }

  #lines(pen, width, height) {
    const shape = (width / height).toFixed(3);
    if (this.#broken?.shape !== shape) this.#broken = { shape, ...this.#breakFor(pen, width / height) };
    const { lines, ems, leading, font } = this.#broken;
    return { lines, leading, font, size: Math.min(width / ems, height / ((lines.length - 1) * leading + 0.8)) };
  }

  #breakFor(pen, shape) {
    const font = getComputedStyle(document.documentElement).getPropertyValue("--sans") || "sans-serif";
    const isWide = /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Arabic}/u.test(this.words);
    const leading = isWide ? 1.12 : LEADING;
    pen.font = `900 100px ${font}`;
    pen.letterSpacing = "-3.5px";
    const widths = new Map();
    const emsOf = (line) => {
      if (!widths.has(line)) widths.set(line, pen.measureText(line).width / 100);
      return widths.get(line);
    };
    let best = null;
    for (let count = 1; count <= LINES_MOST; count++) {
      for (const lines of breaks(this.words, count)) {
        const ems = Math.max(0.1, ...lines.map(emsOf));
        const size = Math.min(shape / ems, 1 / ((lines.length - 1) * leading + 0.8));
        if (!best || size > best.size) best = { lines, ems, size };
      }
    }
    pen.letterSpacing = "0px";
    return { ...best, font, leading };
  }
}

/** Ways to break words into `count` lines: between words, or between Han characters. Pure. */
export function breaks(words, count) {
  const joint = /\s/.test(words) ? " " : "";
  const parts = joint ? words.split(/\s+/) : /\p{Script=Han}/u.test(words) ? [...words] : [words];
  if (count > parts.length) return [];
  const found = [];
  const walk = (from, lines) => {
    if (lines.length === count - 1) {
      found.push([...lines, parts.slice(from).join(joint)]);
      return;
    }
    for (let to = from + 1; to <= parts.length - (count - 1 - lines.length); to++) walk(to, [...lines, parts.slice(from, to).join(joint)]);
  };
  walk(0, []);
  return found.slice(0, 200);
}

/** What shines when nobody has said: the event's name, or its initials when it is long. Pure. */
export function shining(words, name) {
  const text = (words || name || "").trim().replace(/\s+/g, " ");
  if ([...text].length <= WORDS_MOST) return text || "✦";
  return text.split(" ").map((word) => [...word][0]).join("").slice(0, 5).toLocaleUpperCase();
}
