// "Off 20 of 20 screens": the screens' own receipts for what was taken down from this desk, and who is still missing.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { hour, t } from "../page.js";

const SHOWN = 3;
const NAMED = 3;
const DONE_MS = 12_000;

/** What the screens say of several posts taken down together: the worst of each. Pure. */
export function together(ids, off) {
  const known = ids.map((id) => off[id]).filter(Boolean);
  return {
    of: Math.max(0, ...known.map((one) => one.of)),
    confirmed: known.length ? Math.min(...known.map((one) => one.confirmed)) : 0,
    missing: [...new Set(known.flatMap((one) => one.missing ?? []))],
  };
}

export class Receipts {
  #rows = [];
  #screens = [];
  #sign = "";

  constructor(root) {
    this.root = root;
  }

  /** These posts were just taken down from here; `label` says what they have in common. */
  expect(ids, label = "") {
    this.#rows = this.#rows.filter((row) => (label ? row.label !== label : !row.ids.some((id) => ids.includes(id))));
    this.#rows.push({ ids, label, doneAt: 0, confirmed: 0, of: 0, missing: [] });
    this.#rows.splice(0, this.#rows.length - SHOWN);
  }

  forget(id) {
    const before = this.#rows.length;
    this.#rows = this.#rows.filter((row) => !row.ids.includes(id));
    if (this.#rows.length !== before) this.#paint();
  }

  /** @param off {id: {confirmed, of, missing: [screen names]}} as the screens have confirmed; screens as the roster tells them */
  heard(off, screens = []) {
    this.#screens = screens;
    for (const row of this.#rows) {
      if (!row.ids.some((id) => off[id])) continue;
      Object.assign(row, together(row.ids, off));
      if (row.confirmed >= row.of && !row.doneAt) {
        row.doneAt = Date.now();
        setTimeout(() => this.forget(row.ids[0]), DONE_MS);
      }
    }
    this.#paint();
  }

  #paint() {
    const known = this.#rows.filter((row) => row.of > 0);
    const lines = known.map((row) => [row.confirmed >= row.of, this.#text(row)]);
    const sign = JSON.stringify(lines);
    if (sign === this.#sign) return;
    this.#sign = sign;
    this.root.replaceChildren(
      ...lines.map(([isDone, text]) => el("p", `receipt-row ${isDone ? "is-done" : ""}`, icon(isDone ? "approve" : "screen"), el("span", "", text))),
    );
  }

  #text({ label, confirmed, of, missing }) {
    const text = t("desk.off_screens", { n: confirmed, of });
    const named = label ? t("desk.with_reason", { text: label, reason: text }) : text;
    if (confirmed >= of) return named;
    const waits = missing.slice(0, NAMED).map((name) => {
      const screen = this.#screens.find((one) => one.id === name);
      const isAway = screen && !screen.connected;
      return isAway ? t("desk.off_away", { name: shownName(name), since: hour(screen.seen_at) }) : shownName(name);
    });
    if (missing.length > NAMED) waits.push(`+${missing.length - NAMED}`);
    return waits.length ? t("desk.off_waits", { text: named, names: waits.join(", ") }) : t("desk.off_some", { n: confirmed, of });
  }
}

/** "hall-a" as people say it: "Hall A". */
export function shownName(id) {
  return id.split("-").filter(Boolean).map((part) => part[0].toLocaleUpperCase() + part.slice(1)).join(" ");
}
