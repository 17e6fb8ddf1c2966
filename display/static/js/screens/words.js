// The page's sentences about a screen.

import { hour, many, span, t, tOr } from "../page.js";
import { behind, heapTrend, mayShowUntil, nameOf } from "./state.js";

const ON_THE_SLATE = ["panic", "blank", "keyboard", "offline", "gone", "hidden"];

/** What a screen does now: "Shows posts", "Silent for 12 s". */
export function stateText({ kind, since }, now) {
  const passed = Number.isFinite(Date.parse(since ?? "")) ? span(now - Date.parse(since)) : "";
  return t(`screens.state.${kind}`, { span: passed, time: hour(since) });
}

/** One more sentence for whoever wonders what to do; "" when all is well. */
export function helpText({ kind }, row, facts, now) {
  const until = mayShowUntil(row, facts, now);
  const parts = [tOr(`screens.help.${kind}`, "")];
  if (until) parts.push(t("screens.until", { time: hour(new Date(until).toISOString()) }));
  else if (!row.connected) parts.push(t("screens.until_over"));
  return parts.filter(Boolean).join(" ");
}

/** "Bento · scene s2 of day". */
export function sceneText({ health }) {
  if (!health?.layout) return "";
  const layout = layoutName(health.layout);
  return health.programme ? t("screens.scene", { layout, programme: programmeName(health.programme) }) : layout;
}

export function layoutName(layout) {
  return tOr(`layout.${layout}.title`, layout.charAt(0).toLocaleUpperCase() + layout.slice(1).replaceAll("-", " "));
}

export const programmeName = (name) => (name.startsWith("~") ? t("screens.trial") : tOr(`screens.programme.${name}`, name));
export const themeName = (name) => tOr(`screens.theme.${name}`, name);

/** Whether it is up to date, in words. */
export function glassText(row, facts) {
  const late = behind(row, facts);
  return late ? many("screens.behind", late) : t("screens.up_to_date");
}

/** What a miniature shows, for whoever cannot see it. */
export function drawnText(row) {
  const n = row.health?.view?.length ?? 0;
  if (!row.connected) return t("screens.drawn_away", { name: nameOf(row) });
  return n ? many("screens.drawn", n, { name: nameOf(row) }) : t("screens.drawn_none", { name: nameOf(row), layout: layoutName(row.health?.layout ?? "") });
}

/** "38 MB, steady". */
export function heapText({ health, heaps }) {
  if (!health?.heap_mb) return "";
  const trend = heapTrend(heaps);
  const size = t("screens.mb", { n: Math.round(health.heap_mb) });
  return trend ? t(`screens.heap.${trend}`, { size }) : size;
}

/** [[term, text]…]: everything there is to know, the empty left out. */
export function factsOf(row, facts, now) {
  const { health } = row;
  const rows = [
    ["glass", row.connected ? glassText(row, facts) : ""],
    ["numbers", t("screens.numbers", { n: row.applied_seq ?? 0, of: facts.seq ?? 0 })],
    ["receipts", row.owes ? many("screens.owes", row.owes) : t("screens.owes_none")],
    ["scene", sceneText(row)],
    ["size", row.size?.replace("x", " × ") ?? ""],
    ["up", health?.up_s ? span(health.up_s * 1000) : ""],
    ["heap", heapText(row)],
    ["kept", health?.cache_mb ? t("screens.mb", { n: Math.round(health.cache_mb) }) : ""],
    ["spool", health ? (health.spool ? many("screens.spool", health.spool) : t("screens.spool_none")) : ""],
    ["frames", health ? many("screens.long_tasks", health.long_tasks) : ""],
    ["clock", health && Math.abs(health.offset_ms) > 2000 ? t("screens.clock_off", { span: span(Math.abs(health.offset_ms)) }) : health ? t("screens.clock_right") : ""],
    ["errors", errorText(row)],
    ["notes", notesText(health?.reasons)],
    ["build", health ? t(row.build === facts.build || !row.build ? "screens.build_now" : "screens.build_old") : ""],
    ["device", [row.device, row.address].filter(Boolean).join(", ")],
    ["pairing", facts.pairing ? t(row.paired ? "screens.is_paired" : "screens.is_not_paired") : ""],
    ["seen", row.connected ? "" : t("screens.seen", { span: span(now - Date.parse(row.seen_at)), time: hour(row.seen_at) })],
  ];
  return rows.filter(([, text]) => text).map(([name, text]) => [t(`screens.fact.${name}`), text]);
}

/** What a page has helped itself with, or does without: reloads of its own, a full disk. */
function notesText(reasons = []) {
  const notes = reasons.filter((reason) => !ON_THE_SLATE.includes(reason));
  return notes.map((note) => tOr(`screens.note.${note.split(/[ :]/)[0]}`, note)).join(" · ");
}

function errorText({ health, errors }) {
  const n = (errors ?? 0) + (health?.decode_errors ?? 0);
  if (!n) return health ? t("screens.errors_none") : "";
  return health?.error ? t("screens.errors_last", { n, text: health.error }) : many("screens.errors", n);
}
