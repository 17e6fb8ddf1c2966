// The geometry of the masonry: even columns of cards, each filled exactly. Pure; lengths are CSS pixels, posts are ids.
//
// measure(id, width) -> {text, ratio} as in bento/columns.js: words have the height they need, pictures take up the slack.

import { justify } from "../bento/columns.js";

const GAP = 1.7; // units
const LINE_EMS = 9.4; // a column holds at least this many ems: some seventeen Latin letters, nine Han
const COLUMNS_MAX = 8;
const CARDS_MAX = 9;
const WINDOW = 8; // candidates looked at when a column is to be filled
const LONELY = 0.35; // a column of one card wastes voices
const CROWD = 0.3; // and the more the better, as long as they are not strained
const TWINS = 0.22; // words above words: pictures and words in turn read better
const WORDS_MOST = { alone: 0.62, below: 0.5 }; // of a column's height
const PICTURE = { least: 0.38, flat: 0.5, tall: 0.92, most: 1.35 }; // heights, of the card's width
const KEPT = 2.2; // what a change in a column may cost more than leaving others alone

/** {count, width, gap, height}: the columns of a frame {width, height, unit, text} for so many posts. */
export function columnsOf({ width, height, unit, text }, posts) {
  const gap = GAP * unit;
  const most = Math.max(1, Math.min(COLUMNS_MAX, Math.floor((width + gap) / (text * LINE_EMS + gap) + 0.15)));
  const count = Math.max(1, Math.min(most, Math.ceil(posts / 2)));
  return { count, width: (width - gap * (count - 1)) / count, gap, height };
}

/** Least, natural and greatest height of a card in a column of `width` and `room`. */
function heights({ text, ratio }, width, room) {
  const most = Math.min(text, room * (ratio ? WORDS_MOST.below : WORDS_MOST.alone)); // longer words are cut, whole elsewhere
  if (!ratio) return [most, most * 1.08, most * 1.9];
  const natural = Math.min(PICTURE.tall, Math.max(PICTURE.flat, 0.86 / ratio)) * width;
  const least = Math.min(PICTURE.least * width, room - most);
  return [most + least, most + Math.max(least, natural), most + Math.max(least, PICTURE.most * width)];
}

/** The cards of a column that holds `ids`: {tall: height of each, cost}; null when they cannot stand in it. */
export function fill(ids, columns, measure) {
  const { width, height, gap } = columns;
  if (!ids.length) return null;
  const fit = justify(ids.map((id) => heights(measure(id, width), width, height)), height, gap);
  return fit && { tall: fit.heights, cost: fit.cost };
}

/** Where everything stands: [{id, x, y, width, height}]. A column that cannot hold its last cards leaves them out. */
export function place(scene, columns, measure) {
  return scene.flatMap((ids, i) => {
    let list = ids;
    let fit = fill(list, columns, measure);
    while (!fit && list.length > 1) fit = fill((list = list.slice(0, -1)), columns, measure);
    if (!fit && list.length) fit = { tall: [columns.height] }; // words cut by the card itself, at the smallest size
    let y = 0;
    return list.map((id, j) => {
      const card = { id, x: i * (columns.width + columns.gap), y, width: columns.width, height: fit.tall[j] };
      y += fit.tall[j] + columns.gap;
      return card;
    });
  });
}

/** How far a column is from one that reads well; Infinity when its cards do not fit. */
export function strain(ids, columns, measure) {
  const fit = fill(ids, columns, measure);
  if (!fit) return Infinity;
  const isWordy = (id) => !measure(id, columns.width).ratio;
  const twins = ids.slice(1).filter((id, i) => isWordy(id) && isWordy(ids[i])).length;
  return fit.cost + twins * TWINS + (ids.length === 1 ? LONELY : 0) - ids.length * CROWD;
}

/** The columns from `ids`, newest first: each filled as well as the next few allow. */
export function compose(ids, columns, measure) {
  let rest = [...ids];
  return Array.from({ length: columns.count }, (_, i) => {
    const spare = rest.length - (columns.count - i - 1);
    const list = choose(rest.slice(0, WINDOW), columns, measure, Math.max(1, spare));
    rest = rest.filter((id) => !list.includes(id));
    return list;
  });
}

function choose(near, columns, measure, most) {
  let best = null;
  const extend = (from, picked) => {
    if (picked.length) {
      const cost = strain(picked, columns, measure);
      if (cost === Infinity) return;
      const late = picked.reduce((sum, id) => sum + near.indexOf(id), 0) / WINDOW / 4;
      if (!best || cost + late < best.cost) best = { ids: [...picked], cost: cost + late };
    }
    if (picked.length >= Math.min(CARDS_MAX, most)) return;
    for (let i = from; i < near.length; i++) extend(i + 1, [...picked, near[i]]);
  };
  extend(0, []);
  return best?.ids ?? near.slice(0, 1);
}

/**
 * `id` takes the place of `former` (or comes first, when `former` is null) in column `index`; when the column no longer
 * ends on the frame another one in it leaves, or one of the `spare` ids joins. `mayLeave(id)` tells who may go besides.
 */
export function exchange(scene, index, { former = null, id = null, spare = [], mayLeave = () => true }, columns, measure) {
  const list = scene[index];
  const base = former === null ? [...(id === null ? [] : [id]), ...list] : list.flatMap((one) => (one !== former ? [one] : id === null ? [] : [id]));
  const standing = new Set(scene.flat());
  const others = spare.filter((one) => !standing.has(one) && one !== id).slice(0, WINDOW);
  const leaving = base.filter((one) => one !== id && mayLeave(one));
  const without = [[], ...leaving.map((one) => [one]), ...pairs(leaving)];
  let best = null;
  for (const gone of without) {
    const kept = base.filter((one) => !gone.includes(one));
    for (const ids of [kept, ...others.map((one) => [...kept, one])]) {
      if (ids.length > CARDS_MAX) continue;
      const cost = strain(ids, columns, measure) + (gone.length + ids.length - kept.length) * KEPT * 0.12;
      if (cost < Infinity && (!best || cost < best.cost)) best = { ids, cost };
    }
  }
  const next = best?.ids ?? (id === null ? base.slice(0, 1) : [id]);
  return scene.map((ids, i) => (i === index ? next : ids));
}

function pairs(ids) {
  return ids.flatMap((one, i) => ids.slice(i + 1).map((other) => [one, other]));
}
