// "Off 20 of 20 screens": the screens' own receipts for what was taken down from this desk.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";

const SHOWN = 3;
const DONE_MS = 12_000;

export class Receipts {
  #expected = new Map();
  #sign = "";

  constructor(root) {
    this.root = root;
  }

  /** This card was just taken down from here. */
  expect(id) {
    this.#expected.delete(id);
    this.#expected.set(id, { doneAt: 0, confirmed: 0, of: 0 });
    while (this.#expected.size > SHOWN) this.#expected.delete(this.#expected.keys().next().value);
  }

  forget(id) {
    if (this.#expected.delete(id)) this.#paint();
  }

  /** @param off {id: {confirmed, of}} as the screens have confirmed */
  heard(off) {
    for (const [id, row] of this.#expected) {
      if (!off[id]) continue;
      Object.assign(row, off[id]);
      if (row.confirmed >= row.of && !row.doneAt) {
        row.doneAt = Date.now();
        setTimeout(() => this.forget(id), DONE_MS);
      }
    }
    this.#paint();
  }

  #paint() {
    const known = [...this.#expected.values()].filter((row) => row.of > 0);
    const sign = known.map((row) => `${row.confirmed}/${row.of}`).join(" ");
    if (sign === this.#sign) return;
    this.#sign = sign;
    this.root.replaceChildren(
      ...known.map(({ confirmed, of }) => {
        const isDone = confirmed >= of;
        const text = t(isDone ? "desk.off_screens" : "desk.off_some", { n: confirmed, of });
        return el("p", `receipt-row ${isDone ? "is-done" : ""}`, icon(isDone ? "approve" : "screen"), text);
      }),
    );
  }
}
