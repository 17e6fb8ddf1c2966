// The geometry of the wall: which post stands where. Pure; lengths are CSS pixels, posts are ids.
//
// A hero, a shelf of short cards under it, and justified stacks beside it. Text has the height it needs;
// pictures take up the slack, so that every stack ends exactly on the frame and no card is ever cut.
//
// measure(id, width) -> {text, ratio}: the height of the post's words at the smallest size in a card of that
// width (with its author line and margins), and the picture's width / height (0 without a picture).

const GAP = 2;
const LINE_EMS = 11; // a column holds at least this many ems: about twenty Latin letters, eleven Han
const COLUMNS_MAX = 6;
const STACK_MAX = 5;
export const WINDOW = 8; // candidates looked at when a gap is to be filled
const STRAINED = 1;
const LONELY = 0.3; // one card alone in a column is a waste of voices
const WORDS_MOST = 0.62;
const NEVER = Number.POSITIVE_INFINITY;

/** How many columns a frame {width, height, unit, text} carries at its message size. */
export function columnsOf({ width, unit, text }) {
  const gap = GAP * unit;
  return Math.max(1, Math.min(COLUMNS_MAX, Math.floor((width + gap) / (text * LINE_EMS + gap) + 0.3)));
}

/**
 * The regions for `count` posts. `tall` gives a long hero more room (in landscape the shelf's).
 * @returns {{key, gap, hero, slots: {kind: "shelf"|"stack", x, y, width, height, cell}[]}}
 */
export function plan(frame, count, tall = false) {
  const { width, height, unit } = frame;
  const gap = GAP * unit;
  const others = Math.max(0, count - 1);
  const most = columnsOf(frame);
  const across = width >= height;
  const hero = (w, h) => ({ x: 0, y: 0, width: w, height: h });
  if (others === 0 || (across && most === 1)) return { key: "solo", gap, hero: hero(width, height), slots: [] };

  if (!across) {
    const columns = Math.min(most, others, 3);
    const top = Math.round(height * (tall ? 0.63 : columns === 1 && most > 1 ? 0.56 : 0.43));
    const cell = (width - gap * (columns - 1)) / columns;
    const slots = Array.from({ length: columns }, (_, i) => ({
      kind: "stack", x: i * (cell + gap), y: top + gap, width: cell, height: height - top - gap, cell,
    }));
    return { key: `portrait-${columns}`, gap, hero: hero(width, top), slots };
  }

  const wanted = others === 1 ? 2 : others <= 5 ? 3 : others <= 8 ? 4 : others <= 12 ? 5 : 6;
  const columns = Math.min(most, wanted);
  const span = columns === 2 ? 1 : Math.max(2, Math.floor(columns / 2));
  const share = columns === 2 ? 0.56 : null;
  const cell = share ? (width - gap) * (1 - share) : (width - gap * (columns - 1)) / columns;
  const heroWidth = width - (columns - span) * (cell + gap);
  const hasShelf = columns > 2 && others >= columns - span + 2;
  const heroHeight = hasShelf && !tall ? Math.round(height * 0.565) : height;
  const slots = [];
  if (hasShelf) {
    slots.push({ kind: "shelf", x: 0, y: heroHeight + gap, width: heroWidth, height: Math.max(0, height - heroHeight - gap), cell });
  }
  for (let i = span; i < columns; i++) {
    slots.push({ kind: "stack", x: width - (columns - i) * (cell + gap) + gap, y: 0, width: cell, height, cell });
  }
  return { key: `across-${columns}${hasShelf ? "-shelf" : ""}`, gap, hero: hero(heroWidth, heroHeight), slots };
}

/** Least, natural and greatest height of a card in a stack of `width` and `room`. */
export function heights({ text, ratio }, width, room) {
  if (!ratio) {
    const least = Math.min(text, room * WORDS_MOST); // longer words are cut here and stand whole when they are the hero
    return [least, least * 1.1, least * 2];
  }
  const words = Math.min(text, room * 0.55);
  const picture = width / Math.min(1.9, Math.max(0.72, ratio));
  const smallest = Math.min(width * 0.46, room - words);
  return [words + smallest, words + Math.max(smallest, picture), words + Math.max(width * 1.4, smallest)];
}

/**
 * Heights that fill `room` exactly, and what they cost (0 natural, above 1 strained); null when they cannot fit.
 */
export function justify(ranges, room, gap) {
  const sum = (i) => ranges.reduce((total, range) => total + range[i], gap * (ranges.length - 1));
  const [least, natural, most] = [sum(0), sum(1), sum(2)];
  if (ranges.length === 0 || least > room + 0.5) return null;
  const end = room < natural ? 0 : 2;
  const reach = Math.abs((end ? most : least) - natural);
  const part = reach ? Math.min(1, Math.abs(room - natural) / reach) : 0;
  const beyond = Math.max(0, room - most);
  const tall = ranges.map((range) => range[1] + (range[end] - range[1]) * part + beyond / ranges.length);
  return { heights: tall, cost: part * (end ? 1 : 0.8) + (beyond / room) * 6 };
}

/** The ids of `list` that stand in `slot` with their rectangles: the longest beginning that fits. */
export function fillSlot(slot, list, measure, gap) {
  return slot.kind === "shelf" ? fillShelf(slot, list, measure, gap) : fillStack(slot, list, measure, gap);
}

function fillStack(slot, list, measure, gap) {
  for (let n = Math.min(list.length, STACK_MAX); n > 0; n--) {
    const ids = list.slice(0, n);
    const ranges = ids.map((id) => heights(measure(id, slot.width), slot.width, slot.height));
    const fit = justify(ranges, slot.height, gap);
    if (!fit) continue;
    let y = slot.y;
    const cards = ids.map((id, i) => {
      const card = { id, x: slot.x, y, width: slot.width, height: fit.heights[i], role: "stack" };
      y += fit.heights[i] + gap;
      return card;
    });
    return { cards, cost: fit.cost };
  }
  return { cards: [], cost: list.length ? 9 : 12 };
}

function fillShelf(slot, list, measure, gap) {
  if (slot.height <= 0) return { cards: [], cost: 0 };
  const cells = Math.round((slot.width + gap) / (slot.cell + gap));
  for (let n = Math.min(list.length, cells); n > 0; n--) {
    const width = (slot.width - gap * (n - 1)) / n;
    const ids = list.slice(0, n);
    if (n > 1 && !ids.every((id) => standsOnShelf(measure(id, width), width, slot.height))) continue;
    const cards = ids.map((id, i) => ({
      id, x: slot.x + i * (width + gap), y: slot.y, width, height: slot.height, role: "shelf",
    }));
    return { cards, cost: (cells - n) * 0.3 };
  }
  return { cards: [], cost: 12 };
}

/** Words over a picture may take most of it, they have a shade behind them; words alone the whole card. */
function standsOnShelf({ text, ratio }, width, height) {
  return ratio ? text <= height * 0.7 || text + width * 0.46 <= height : text <= height;
}

/** An empty scene: {key, hero, tall, slots: ids per region, seats: order of arrival by id}. */
export const EMPTY = Object.freeze({ key: "", hero: null, tall: false, slots: [], seats: {}, seat: 0 });

/** Where everything stands: [{id, x, y, width, height, role}], the hero first. */
export function place(frame, count, scene, measure) {
  if (scene.hero === null) return [];
  const shape = plan(frame, count, scene.tall);
  const cards = [{ id: scene.hero, ...shape.hero, role: "hero" }];
  shape.slots.forEach((slot, i) => cards.push(...fillSlot(slot, scene.slots[i] ?? [], measure, shape.gap).cards));
  return cards;
}

/** A scene from the newest ids first: the hero, then the stacks, then the shelf, each filled as well as they allow. */
export function compose(frame, ids, measure, { hero = ids[0], tall = false } = {}) {
  if (!ids.length) return EMPTY;
  const shape = plan(frame, ids.length);
  let rest = ids.filter((id) => id !== hero);
  const slots = shape.slots.map(() => []);
  const order = shape.slots.map((slot, i) => ({ slot, i })).sort((a, b) => (a.slot.kind < b.slot.kind ? 1 : -1));
  order.forEach(({ slot, i }, turn) => {
    const spare = rest.length - (order.length - turn - 1);
    slots[i] = choose(slot, [], rest, measure, shape.gap, Math.max(1, spare)).slice(0, Math.max(0, spare));
    rest = rest.filter((id) => !slots[i].includes(id));
  });
  const scene = { key: shape.key, hero, tall, slots, seats: {}, seat: 0 };
  return seated(scene, [...slots.flat().reverse(), hero]);
}

/**
 * `id` becomes the hero. If it stood in a region the former hero takes its place there; otherwise the former
 * hero joins the region that holds the oldest card. One region changes, nothing else moves.
 */
export function crown(frame, count, scene, id, measure, { reserve = [], keep = () => false, tall = false } = {}) {
  const former = scene.hero;
  const next = seated({ ...scene, hero: id, tall }, [id]);
  if (former === id) return next;
  const from = regionOf(next, id);
  if (former === null) {
    const slots = next.slots.map((list) => list.filter((other) => other !== id));
    return from < 0 ? next : refit(frame, count, { ...next, slots }, from, measure, reserve, keep);
  }
  if (from < 0) return seat(frame, count, next, former, measure, { reserve, keep });
  const slots = next.slots.map((slot) => slot.map((other) => (other === id ? former : other)));
  const moved = seated({ ...next, slots }, [former]);
  return refit(frame, count, moved, from, measure, reserve, keep);
}

/** `id` enters the region in sight that holds the oldest card, first in it; the last ones there leave. */
export function seat(frame, count, scene, id, measure, { reserve = [], keep = () => false, not = [] } = {}) {
  if (!scene.slots.length || id === scene.hero) return scene;
  const age = (list) => (list.length ? Math.min(...list.map((other) => (keep(other) ? NEVER : scene.seats[other] ?? 0))) : -1);
  const { slots: regions } = plan(frame, count, scene.tall); // a tall hero covers the shelf
  const open = scene.slots.map((list, i) => ({ i, age: age(list) })).filter(({ i }) => !not.includes(i) && regions[i]?.height > 0);
  if (!open.length) return scene;
  const { i } = open.reduce((best, slot) => (slot.age < best.age ? slot : best));
  const slots = scene.slots.map((list, j) => (j === i ? [id, ...list.filter((other) => other !== id)] : list.filter((other) => other !== id)));
  return refit(frame, count, seated({ ...scene, slots }, [id]), i, measure, reserve, keep);
}

/** The scene without `id`, at once and without looking for a successor: `mend` and `crown` do that. */
export function drop(scene, id) {
  const { [id]: _, ...seats } = scene.seats;
  const slots = scene.slots.map((list) => list.filter((other) => other !== id));
  return { ...scene, seats, slots, hero: scene.hero === id ? null : scene.hero };
}

/** The scene with empty or badly strained regions filled again from `reserve`. */
export function mend(frame, count, scene, measure, { reserve = [], keep = () => false } = {}) {
  const shape = plan(frame, count);
  return shape.slots.reduce((mended, slot, i) => {
    const list = mended.slots[i] ?? [];
    const { cards, cost } = fillSlot(slot, list, measure, shape.gap);
    const isSound = cards.length && cards.length === list.length && cost < STRAINED;
    return isSound ? mended : refit(frame, count, mended, i, measure, reserve, keep);
  }, scene);
}

/** Index of the region that holds `id`, or -1. */
function regionOf(scene, id) {
  return scene.slots.findIndex((list) => list.includes(id));
}

function seated(scene, ids) {
  const seats = { ...scene.seats };
  let order = scene.seat;
  for (const id of ids) seats[id] = ++order;
  const standing = new Set([scene.hero, ...scene.slots.flat()]);
  for (const id of Object.keys(seats)) if (!standing.has(id)) delete seats[id];
  return { ...scene, seats, seat: order };
}

/** Trims and completes one region: what stands first stays; the last may leave, one from the reserve may enter. */
function refit(frame, count, scene, index, measure, reserve, keep) {
  const shape = plan(frame, count);
  const slot = shape.slots[index];
  if (!slot) return scene;
  const list = [...scene.slots[index]];
  // Pinned cards stand before those that may leave, but never before the one that just came.
  const [first, ...others] = list;
  const ordered = first === undefined ? [] : [first, ...others.filter(keep), ...others.filter((id) => !keep(id))];
  const standing = new Set([scene.hero, ...scene.slots.flat()]);
  const spare = reserve.filter((id) => !standing.has(id)).slice(0, WINDOW);
  const held = Math.min(ordered.length, 1 + others.filter(keep).length);
  let best = null;
  for (let n = Math.min(ordered.length, STACK_MAX); n >= held; n--) {
    const base = ordered.slice(0, n);
    for (const ids of [base, ...spare.map((id) => [...base, id])]) {
      const { cards, cost } = fillSlot(slot, ids, measure, shape.gap);
      if (!ids.length || cards.length < ids.length) continue;
      const moved = (ordered.length - n) * 0.12 + (ids.length - n) * 0.3;
      const strain = cost + moved + twins(ids, measure, slot.width) * 0.25 + (ids.length === 1 ? LONELY : 0);
      if (!best || strain < best.strain) best = { ids, strain };
    }
  }
  const ids = best?.ids ?? ordered.slice(0, 1);
  const slots = scene.slots.map((other, i) => (i === index ? ids : other));
  return seated({ ...scene, slots }, ids.filter((id) => !(id in scene.seats)));
}

/** The best filling of a region that starts with `first`, from the newest few candidates. */
function choose(slot, first, candidates, measure, gap, most) {
  const near = candidates.slice(0, WINDOW);
  let best = null;
  const extend = (from, picked) => {
    if (picked.length) {
      const { cards, cost } = fillSlot(slot, picked, measure, gap);
      if (cards.length < picked.length) return;
      const late = picked.reduce((sum, id) => sum + Math.max(0, near.indexOf(id)), 0) / WINDOW / 3;
      const strain = cost + late + twins(picked, measure, slot.width) * 0.4 + (picked.length === 1 ? LONELY : 0);
      if (!best || strain < best.strain) best = { ids: [...picked], strain };
    }
    if (picked.length >= Math.min(STACK_MAX, most)) return;
    for (let i = from; i < near.length; i++) extend(i + 1, [...picked, near[i]]);
  };
  extend(0, first);
  return best?.ids ?? near.slice(0, 1);
}

/** Neighbours of words only: a wall of pictures and fields in turn reads better. */
function twins(ids, measure, width) {
  return ids.slice(1).filter((id, i) => !measure(id, width).ratio && !measure(ids[i], width).ratio).length;
}
