// How many cells, and which of them are joined so that every photo has exactly one place and none is empty. Pure.
//
// A grid has a few cells more than there are photos; the surplus is made up by larger blocks of 2 x 2 or two cells,
// put where the great picture is even. A photo that comes splits such a block: nothing else moves.

const EXACT_MOST = 60; // up to so many photos the grid is chosen anew for each number
const STEP = 1.3; // beyond: so many more cells at once, so that the whole is rarely laid anew
const SHAPES = { least: 0.7, most: 1.42 }; // of a cell

/** {cols, rows} for `n` photos in a frame of this shape. */
export function gridFor(n, { width, height }) {
  const shape = width / height || 1;
  if (n > EXACT_MOST) {
    let cells = EXACT_MOST;
    while (cells < n) cells = Math.ceil(cells * STEP);
    const rows = Math.max(1, Math.round(Math.sqrt(cells / shape)));
    return { cols: Math.ceil(cells / rows), rows };
  }
  let best = null;
  for (let rows = 1; rows <= Math.max(1, n); rows++) {
    const cols = Math.ceil(Math.max(1, n) / rows);
    const cell = shape * (rows / cols);
    const isOdd = cell < SHAPES.least || cell > SHAPES.most;
    const cost = (cols * rows - n) * 0.35 + Math.abs(Math.log(cell)) * 2.4 + (isOdd ? 20 * Math.abs(Math.log(cell)) : 0);
    if (!best || cost < best.cost) best = { cols, rows, cost };
  }
  return { cols: best.cols, rows: best.rows };
}

/**
 * `n` blocks {x, y, w, h} in cells that cover the grid. `uneven(block)` tells how much of the picture's drawing a block
 * would swallow; the evenest are joined first. Fewer than `n` when the grid is smaller than that.
 */
export function quilt(n, { cols, rows }, uneven = () => 0) {
  const taken = new Uint8Array(cols * rows);
  const joined = [];
  let surplus = Math.max(0, cols * rows - n);
  const isFree = ({ x, y, w, h }) => {
    for (let j = y; j < y + h; j++) for (let i = x; i < x + w; i++) if (taken[j * cols + i]) return false;
    return true;
  };
  const take = (block) => {
    for (let j = block.y; j < block.y + block.h; j++) for (let i = block.x; i < block.x + block.w; i++) taken[j * cols + i] = 1;
    joined.push(block);
    surplus -= block.w * block.h - 1;
  };
  for (const [w, h] of [[2, 2], [2, 1], [1, 2]]) {
    const worth = w * h - 1;
    if (surplus < worth) continue;
    for (const block of places(w, h, { cols, rows }, uneven)) {
      if (surplus < worth) break;
      if (isFree(block)) take(block);
    }
  }
  const single = [];
  for (let y = 0; y < rows; y++) for (let x = 0; x < cols; x++) if (!taken[y * cols + x]) single.push({ x, y, w: 1, h: 1 });
  return [...joined, ...single];
}

/** Where a block of w x h may lie: evenest first, equals scattered. */
function places(w, h, { cols, rows }, uneven) {
  const found = [];
  for (let y = 0; y + h <= rows; y++) {
    for (let x = 0; x + w <= cols; x++) {
      const block = { x, y, w, h };
      found.push({ block, at: uneven(block) + 0.04 * scatter(x, y) + ((x % w) + (y % h)) * 0.01 });
    }
  }
  return found.sort((a, b) => a.at - b.at).map(({ block }) => block);
}

/** A number in [0, 1) that belongs to a place: the same at each laying. */
export function scatter(x, y) {
  const mixed = Math.sin(x * 127.1 + y * 311.7) * 43758.5453;
  return mixed - Math.floor(mixed);
}

/** The two halves of a block of more than one cell. */
export function halves({ x, y, w, h }) {
  if (w >= h) return [{ x, y, w: w / 2, h }, { x: x + w / 2, y, w: w / 2, h }];
  return [{ x, y, w, h: h / 2 }, { x, y: y + h / 2, w, h: h / 2 }];
}

/** The block that two neighbours make together, or null when they make none of at most two by two cells. */
export function union(a, b) {
  const isRow = a.y === b.y && a.h === b.h && (a.x + a.w === b.x || b.x + b.w === a.x);
  const isColumn = a.x === b.x && a.w === b.w && (a.y + a.h === b.y || b.y + b.h === a.y);
  const whole = isRow ? { x: Math.min(a.x, b.x), y: a.y, w: a.w + b.w, h: a.h } : isColumn ? { x: a.x, y: Math.min(a.y, b.y), w: a.w, h: a.h + b.h } : null;
  return whole && whole.w <= 2 && whole.h <= 2 ? whole : null;
}

/** Pixels of a block in a canvas of this size: neighbours share their edge, nothing is left over. */
export function pixels({ x, y, w, h }, { cols, rows }, { width, height }) {
  const at = (i, n, side) => Math.round((i * side) / n);
  const [left, top] = [at(x, cols, width), at(y, rows, height)];
  return { x: left, y: top, width: at(x + w, cols, width) - left, height: at(y + h, rows, height) - top };
}

/** The part of a picture of `from` that fills a place of `to`'s shape; a little above the middle, where faces are. */
export function cover(from, to) {
  const scale = Math.max(to.width / from.width, to.height / from.height);
  const [width, height] = [to.width / scale, to.height / scale];
  return { x: (from.x ?? 0) + (from.width - width) / 2, y: (from.y ?? 0) + (from.height - height) * 0.38, width, height };
}
