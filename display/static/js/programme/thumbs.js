// A drawn picture of each layout, sixteen to nine: enough to tell them apart at a glance.

const SVG = "http://www.w3.org/2000/svg";
const RAIL = "r 4 8 34 6 2 b|r 4 18 26 4 2 c|q 4 56 26 26";

// One stroke a word: r(ect) x y w h radius tone, q(r) x y w h, t(ext lines) x y w n, c(ircle) x y radius tone.
// Tones: a the accent, b and c ink, d e f colours of pictures.
const DRAWN = {
  bento: `${RAIL}|r 46 8 56 46 4 d|t 52 40 34 1|r 46 58 26 24 4 c|r 76 58 26 24 4 e|r 106 8 46 30 4 f|r 106 42 46 18 4 c|r 106 64 46 18 4 d`,
  spotlight: "c 80 45 62 g|r 26 16 44 58 5 d|t 80 30 54 3|c 84 68 5 e|r 94 65 30 6 3 c",
  photos: "r 2 2 50 40 2 d|r 54 2 34 26 2 e|r 90 2 68 40 2 f|r 2 44 32 44 2 e|r 36 44 16 44 2 f|r 54 30 34 58 2 d|r 90 44 36 44 2 e|r 128 44 30 44 2 d",
  masonry: "r 6 6 46 40 4 d|r 6 50 46 34 4 c|r 57 6 46 24 4 c|r 57 34 46 50 4 e|r 108 6 46 52 4 f|r 108 62 46 22 4 c",
  ticker: "r 6 8 148 52 5 c|t 18 24 96 3|r 0 68 160 22 0 g|r 6 75 40 8 4 a|r 54 75 60 8 4 b|r 122 75 34 8 4 b",
  mosaic: "grid",
  words: "r 18 30 58 18 5 a|r 82 22 46 12 4 b|r 82 40 60 10 4 c|r 30 54 36 10 4 c|r 72 56 48 14 5 b|r 46 74 30 8 3 c|r 40 14 34 9 4 c",
  numbers: "n 18 20|n 90 20|n 18 54|n 90 54",
  notice: "r 20 18 10 54 4 a|r 40 22 92 14 5 b|t 40 46 84 3",
  sponsor: "r 30 22 100 46 10 g|c 62 45 13 a|r 82 38 34 7 3 b|r 82 50 22 5 2 c",
  countdown: "r 18 26 26 34 5 b|r 49 26 26 34 5 b|c 80 38 2.5 a|c 80 50 2.5 a|r 85 26 26 34 5 b|r 116 26 26 34 5 b|r 50 70 60 6 3 c",
  join: "q 88 18 54 54|r 18 24 56 12 4 b|r 18 42 44 7 3 c|r 18 54 50 7 3 c|r 18 66 30 7 3 a",
  film: "r 10 8 140 74 6 g|p 66 28|r 40 68 80 6 3 b",
};
const OTHER = "r 10 10 140 70 8 c|t 26 34 100 3";

function shape(tag, attributes, tone) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (tone) node.setAttribute("class", `tone-${tone}`);
  return node;
}

function* strokes(drawing) {
  if (drawing === "grid") return yield* mosaic();
  for (const stroke of drawing.split("|")) {
    const [kind, ...rest] = stroke.split(" ");
    const [x, y, w, h, radius, tone] = rest;
    if (kind === "r") yield shape("rect", { x, y, width: w, height: h, rx: radius }, tone);
    if (kind === "c") yield shape("circle", { cx: x, cy: y, r: w }, h);
    if (kind === "p") yield shape("path", { d: `M${x} ${y}l32 17l-32 17z` }, "a");
    if (kind === "t") {
      for (let n = 0; n < Number(h); n++) {
        const width = n + 1 === Number(h) && n ? w * 0.62 : w;
        yield shape("rect", { x, y: Number(y) + n * 11, width, height: 6, rx: 3 }, "b");
      }
    }
    if (kind === "n") {
      yield shape("rect", { x, y, width: 36, height: 16, rx: 4 }, "a");
      yield shape("rect", { x, y: Number(y) + 20, width: 48, height: 5, rx: 2.5 }, "c");
    }
    if (kind === "q") yield* code(Number(x), Number(y), Number(w));
  }
}

function* code(x, y, side) {
  yield shape("rect", { x, y, width: side, height: side, rx: side / 9 }, "tile");
  const cell = side / 9;
  const eye = (ex, ey) => shape("rect", { x: x + ex * cell, y: y + ey * cell, width: 2.4 * cell, height: 2.4 * cell, rx: cell / 3 }, "ink");
  yield eye(1, 1);
  yield eye(5.6, 1);
  yield eye(1, 5.6);
  for (const [cx, cy] of [[4, 2], [5, 4], [2, 4], [7, 5], [5, 6], [6.6, 7], [4, 7.2], [7.4, 3.9]]) {
    yield shape("rect", { x: x + cx * cell, y: y + cy * cell, width: cell, height: cell }, "ink");
  }
}

/** A face of tiles: the portrait that the visitors' photos make. */
function* mosaic() {
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 15; column++) {
      const [dx, dy] = [(column - 7) / 3.6, (row - 3.6) / 3.7];
      const inside = dx * dx + dy * dy < 1;
      const dark = inside && ((row === 2 && (column === 5 || column === 9)) || (row === 5 && column > 5 && column < 9));
      const tone = dark ? "ink" : inside ? ["d", "e", "a"][(row * 5 + column * 3) % 3] : "c";
      yield shape("rect", { x: 5 + column * 10.1, y: 5 + row * 10.1, width: 9, height: 9, rx: 1 }, tone);
    }
  }
}

/** The picture of a layout as an SVG element, hidden from assistive technology: the name beside it speaks. */
export function thumb(layout) {
  const svg = shape("svg", { viewBox: "0 0 160 90", "aria-hidden": "true", class: "thumb" });
  svg.append(shape("rect", { x: 0, y: 0, width: 160, height: 90, rx: 8 }, "ground"), ...strokes(DRAWN[layout] ?? OTHER));
  return svg;
}
