// A picture page of any number of photos without a hole: rectangles cut in two again and again. Pure.
//
// A leaf is {id, ratio, share, pliant, least}: ratio width / height; share of the area against the others, 1 by default;
// pliant when its shape matters little; its own least {width, height}. A branch is {across, a, b}, its parts side by side or one above the other. Each part takes the room its shape asks for, so all
// leaves are out of shape by the same small factor, and the whole fills its frame exactly.

const SHAPE = 5; // what a photo out of shape costs, against one of unlike size
const SIZE = 0.55;
const SMALL = 30;
const PASSES = 2;
const MANY = 30;

/** A photo's shape as far as the page follows it: beyond, a panorama or a tower would leave its neighbours nothing. */
export function tame(ratio) {
  return Math.min(2.7, Math.max(0.44, ratio || 1));
}

/** Width / height at which no leaf is cropped. */
export function shapeOf(node) {
  if (!node.a) return node.ratio;
  const [a, b] = [shapeOf(node.a), shapeOf(node.b)];
  return node.across ? a + b : 1 / (1 / a + 1 / b);
}

/** All leaves, left to right and top to bottom as far as a tree has such an order. */
export function leavesOf(node, found = []) {
  if (!node) return found;
  if (!node.a) found.push(node);
  else leavesOf(node.b, leavesOf(node.a, found));
  return found;
}

/** Where everything stands in `frame` {x, y, width, height}: [{leaf, x, y, width, height}]. */
export function place(node, frame, gap, found = []) {
  if (!node) return found;
  if (!node.a) {
    found.push({ leaf: node, ...frame });
    return found;
  }
  const { x, y, width, height } = frame;
  const [a, b] = [shapeOf(node.a), shapeOf(node.b)];
  if (node.across) {
    const part = ((width - gap) * a) / (a + b);
    place(node.a, { x, y, width: part, height }, gap, found);
    place(node.b, { x: x + part + gap, y, width: width - part - gap, height }, gap, found);
  } else {
    const part = ((height - gap) * b) / (a + b); // the flatter one needs less height
    place(node.a, { x, y, width, height: part }, gap, found);
    place(node.b, { x, y: y + part + gap, width, height: height - part - gap }, gap, found);
  }
  return found;
}

/** How far a page is from photos of like size in their own shape; `least` {width, height} is the smallest tile. */
export function costOf(node, frame, gap, least) {
  const tiles = place(node, frame, gap);
  const whole = tiles.reduce((sum, { leaf }) => sum + (leaf.share ?? 1), 0);
  const mean = (frame.width * frame.height) / whole;
  return tiles.reduce((sum, { leaf, width, height }) => {
    if (width <= 1 || height <= 1) return sum + 1e6;
    const shape = Math.log(width / height / leaf.ratio) ** 2 * SHAPE * (leaf.pliant ? 0.2 : 1);
    const size = Math.log((width * height) / (mean * (leaf.share ?? 1))) ** 2 * SIZE;
    const { width: narrow, height: flat } = leaf.least ?? least;
    const small = Math.max(0, narrow / width - 1) ** 2 + Math.max(0, flat / height - 1) ** 2;
    return sum + shape + size + small * SMALL;
  }, 0) / tiles.length;
}

/** The page with `leaf` in the best place there is for it. */
export function insert(tree, leaf, frame, gap, least) {
  if (!tree) return leaf;
  let best = null;
  for (const path of pathsOf(tree)) {
    for (const across of [true, false]) {
      for (const isFirst of [false, true]) {
        const next = change(tree, path, (node) => (isFirst ? { across, a: leaf, b: node } : { across, a: node, b: leaf }));
        const cost = costOf(next, frame, gap, least);
        if (!best || cost < best.cost) best = { next, cost };
      }
    }
  }
  return best.next;
}

/** The page without `id`: its neighbour takes the room. Null when nothing is left. */
export function without(tree, id) {
  if (!tree?.a) return tree?.id === id ? null : tree;
  const [a, b] = [without(tree.a, id), without(tree.b, id)];
  if (!a || !b) return a ?? b;
  return a === tree.a && b === tree.b ? tree : { across: tree.across, a, b };
}

/** The page with the leaf `id` exchanged for `leaf`, which takes over its shape: nothing else moves. */
export function exchange(tree, id, leaf) {
  if (!tree.a) return tree.id === id ? { ...leaf, ratio: tree.ratio } : tree;
  return { across: tree.across, a: exchange(tree.a, id, leaf), b: exchange(tree.b, id, leaf) };
}

/**
 * A page of `leaves`: each put where it does best, then each taken out once more and put where it does better still.
 * Gives way between the steps through `breathe`, since sixty photos take longer than a frame of the film.
 */
export async function compose(leaves, frame, gap, least, breathe = async () => {}) {
  let tree = null;
  for (const [i, leaf] of leaves.entries()) {
    tree = insert(tree, leaf, frame, gap, least);
    if (i > MANY / 2 || i % 4 === 3) await breathe();
  }
  const passes = leaves.length > MANY ? 1 : PASSES;
  for (let pass = 0; pass < passes && leaves.length > 2; pass++) {
    for (const leaf of leaves) {
      const next = insert(without(tree, leaf.id), leaf, frame, gap, least);
      if (costOf(next, frame, gap, least) < costOf(tree, frame, gap, least) - 1e-6) tree = next;
      await breathe();
    }
  }
  return tree;
}

function pathsOf(node, path = "", found = []) {
  found.push(path);
  if (node.a) {
    pathsOf(node.a, `${path}a`, found);
    pathsOf(node.b, `${path}b`, found);
  }
  return found;
}

function change(node, path, make) {
  if (!path) return make(node);
  return { ...node, [path[0]]: change(node[path[0]], path.slice(1), make) };
}
