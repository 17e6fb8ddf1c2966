// What a screen's report means: its state in one word, its light, and the few numbers that people ask for. Pure.

const BEHIND_MS = 12_000;

/** A name as people say it: the desk's own, else "hall-a" as "Hall A". */
export function nameOf({ id, title }) {
  if (title) return title;
  return id.split("-").filter(Boolean).map((part) => part[0].toLocaleUpperCase() + part.slice(1)).join(" ");
}

/**
 * {kind, light, since}: the one thing to know first. light is "good", "busy" (nothing to do at once) or "bad".
 * facts: {seq, offline_max_s} of the whole wall; now in milliseconds.
 */
export function stateOf(row, facts, now) {
  const trouble = (kind) => row.troubles?.find((one) => one.kind === kind);
  const said = (kind, light, since = row.since) => ({ kind, light, since });
  const reasons = row.health?.reasons ?? [];
  if (!row.connected) return trouble("silent") ? said("missing", "bad", row.seen_at) : said("away", "busy", row.seen_at);
  if (trouble("silent")) return said("silent", "bad", trouble("silent").since);
  if (trouble("frozen")) return said(reasons.includes("hidden") ? "hidden" : "frozen", "bad", trouble("frozen").since);
  for (const kind of ["clock", "errors"]) if (trouble(kind)) return said(kind, "bad", trouble(kind).since);
  for (const kind of ["panic", "blank", "keyboard", "offline"]) if (reasons.includes(kind)) return said(kind, "busy", null);
  if (row.order?.blank) return said("blank", "busy", null);
  if (trouble("old")) return said("old", "busy", trouble("old").since);
  if (!row.health) return said("starting", "busy", null);
  if (behind(row, facts) > 0 && now - Date.parse(row.seen_at) > BEHIND_MS) return said("behind", "busy", row.seen_at);
  return said("good", "good");
}

/** How many operations of the wall are not on its glass yet. */
export const behind = ({ applied_seq: applied }, { seq }) => Math.max(0, (seq ?? 0) - (applied ?? 0));

/** Until when a screen that nobody can reach may still show posts, in milliseconds; null when that is over or none. */
export function mayShowUntil(row, { offline_max_s: most }, now) {
  if (row.connected || !most) return null;
  const until = Date.parse(row.seen_at) + most * 1000;
  return until > now ? until : null;
}

/** "12 MB", and which way it goes over the last hour: "flat", "up" (more than a tenth a look), "down", or "" when unknown. */
export function heapTrend(heaps = []) {
  if (heaps.length < 5) return "";
  const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
  const third = Math.max(2, Math.floor(heaps.length / 3));
  const ratio = mean(heaps.slice(-third)) / Math.max(1, mean(heaps.slice(0, third)));
  return ratio > 1.15 ? "up" : ratio < 0.87 ? "down" : "flat";
}

/** {width, height} of "1920x1080"; that of a common screen when it is not told. */
export function sizeOf({ size }) {
  const [width, height] = String(size ?? "").split("x").map(Number);
  return width > 0 && height > 0 ? { width, height } : { width: 1920, height: 1080 };
}

/** What a card and a sheet call a screen by: two displays may have opened the same address. */
export const keyOf = ({ id, link }) => `${id}/${link ?? ""}`;
