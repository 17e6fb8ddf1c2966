// A colour of the theme: a well to pick it, a field to write it, and beside it how well what it makes can be read.

import { el, style } from "../dom.js";
import { language, t } from "../page.js";
import { hexOf } from "./words.js";

let serial = 0;

export class ColourRow {
  /** store; key of the side that is looked at. */
  constructor(store, key, { canChange }) {
    Object.assign(this, { store, key });
    const id = `colour-${++serial}`;
    const label = t(`themes.colour.${key}`);
    this.well = el("input", "well");
    Object.assign(this.well, { type: "color", disabled: !canChange });
    this.well.setAttribute("aria-label", t("themes.pick", { name: label }));
    this.text = el("input", "input colour-text");
    Object.assign(this.text, { type: "text", id, maxLength: 80, autocomplete: "off", spellcheck: false, readOnly: !canChange });
    this.name = el("label", "", label);
    this.name.htmlFor = id;
    this.problem = el("p", "problem");
    this.problem.id = `${id}-problem`;
    this.problem.setAttribute("role", "alert");
    this.pairs = el("ul", "pairs");
    this.pairs.id = `${id}-pairs`;
    this.text.setAttribute("aria-describedby", `${id}-problem ${id}-pairs`);
    this.node = el("div", "field colour", el("span", "well-place", this.well), el("div", "colour-words", this.name, this.text), this.pairs, this.problem);
    this.node.dataset.field = key;
    this.well.addEventListener("input", () => {
      this.text.value = this.well.value;
      store.set(store.side, key, this.well.value);
    });
    this.text.addEventListener("input", () => {
      this.#paint(this.text.value.trim());
      store.set(store.side, key, this.text.value.trim());
    });
    this.canChange = canChange;
  }

  /** Shows what the draft has now. */
  fill() {
    const { store, key } = this;
    const own = store.base[store.side][key];
    this.text.value = store.get(store.side, key) ?? "";
    this.text.placeholder = own ?? "";
    this.#paint(this.text.value || own);
  }

  #paint(colour) {
    const hex = hexOf(colour || this.store.base[this.store.side][this.key]);
    if (!hex) return;
    this.well.value = hex;
    style(this.node, { "--shown": hex });
  }

  /** Shows what the server says: what is wrong, and the pairs that this colour decides on. */
  tell() {
    const { store, key } = this;
    const wrong = store.told?.problems.find((row) => row.side === store.side && row.field === key);
    this.problem.textContent = wrong?.message ?? "";
    this.text.setAttribute("aria-invalid", String(Boolean(wrong)));
    fillPairs(this.pairs, store, key, this.canChange && ((better) => {
      store.set(store.side, key, better);
      this.fill();
    }));
  }
}

/** The pairs of the side that is looked at whose cure is `key`, each with its ratio, and a way to make it good. */
export function fillPairs(list, store, key, mend) {
  const pairs = (store.told?.pairs ?? []).filter((pair) => pair.side === store.side && pair.changes === key);
  const rows = pairs.map((pair) => pairRow(pair, store, mend));
  list.hidden = !rows.length;
  const focused = list.contains(document.activeElement);
  list.replaceChildren(...rows);
  if (focused) list.closest(".field")?.querySelector("input:not(.well)")?.focus();
}

function pairRow(pair, store, mend) {
  const [words, ground] = pair.name.split("/");
  const key = pair.name.replace("/", "-on-");
  const values = store.told?.values?.[pair.side] ?? {};
  const say = (ratio) => new Intl.NumberFormat(language(), { minimumFractionDigits: 1, maximumFractionDigits: 1, roundingMode: "floor" }).format(ratio);
  const row = el("li", pair.is_good ? "pair" : "pair is-bad");
  row.dataset.pair = pair.name;
  if (typeof values[words] === "string" && typeof values[ground] === "string") {
    const sample = el("span", "pair-sample", "Aa");
    sample.setAttribute("aria-hidden", "true");
    style(sample, { color: values[words], background: values[ground] });
    row.append(sample);
  }
  row.append(el("span", "", t(`themes.pair.${key}`)), el("strong", "", `${say(pair.ratio)} : 1`));
  if (pair.is_good) {
    row.append(el("span", "unseen", t("themes.readable")));
    return row;
  }
  row.append(el("span", "needs", t("themes.needs", { least: say(pair.least) })));
  if (mend && pair.better !== null) {
    const button = el("button", "button small", t("themes.mend", { value: pair.better }));
    button.type = "button";
    if (typeof pair.better === "string") {
      const dot = el("i", "mend-dot");
      style(dot, { background: pair.better });
      button.prepend(dot);
    }
    button.addEventListener("click", () => mend(pair.better));
    row.append(button);
  }
  return row;
}
