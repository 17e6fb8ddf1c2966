// How time divides among scenes: the player's own choosing, run ahead. Pure.

import { Programme, isWithin } from "../screen/programme.js";

const AHEAD_S = 6 * 3600;
const TURNS_MAX = 6000;
export const PLENTY = { posts: 1e9, photos: 1e9, people: 1e9, words: 1e9 };

/**
 * The seconds of an hour that each scene gets: Map id -> seconds, nothing for those that are passed over.
 * `scenes` as a screen is told them; `counts` what is on the wall; `minutes` of the day.
 */
export function divide(scenes, { counts, minutes }) {
  const programme = new Programme({ scenes });
  const got = new Map();
  let total = 0;
  let current = null;
  for (let turn = 0; total < AHEAD_S && turn < TURNS_MAX; turn++) {
    const scene = programme.next({ counts, minutes, current });
    if (!scene) break;
    programme.played(scene.id, scene.seconds);
    got.set(scene.id, (got.get(scene.id) ?? 0) + scene.seconds);
    total += scene.seconds;
    current = scene;
  }
  for (const [id, seconds] of got) got.set(id, (seconds / total) * 3600);
  return got;
}

/** Why a scene is passed over now: {kind: "hours"} or {kind: "counts", what, least, now}; null when it is not. */
export function obstacle(scene, { counts, minutes }) {
  if (!isWithin(scene.hours, minutes)) return { kind: "hours" };
  for (const [what, least] of Object.entries(scene.when ?? {})) {
    const now = counts?.[what] ?? 0;
    if (counts && now < least) return { kind: "counts", what, least, now };
  }
  return null;
}

/** "HH:MM-HH:MM" as parts of a day [{from, to}] in 0…1; two when it goes over midnight; none when it is not one. */
export function bands(hours) {
  const found = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(hours ?? "");
  if (!found) return [];
  const [a, b, c, d] = found.slice(1).map(Number);
  const [from, to] = [(a * 60 + b) / 1440, (c * 60 + d) / 1440];
  return from < to ? [{ from, to }] : [{ from, to: 1 }, { from: 0, to }].filter((band) => band.from < band.to);
}
