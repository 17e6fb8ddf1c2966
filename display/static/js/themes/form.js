// The form of a theme: what it is called and when it is day, the colours of a side, cards and light, fonts, pictures, shape.

import { el } from "../dom.js";
import { t } from "../page.js";
import { choice, field, number } from "../programme/fields.js";
import { ColourRow, fillPairs } from "./colour.js";
import { FileField } from "./files.js";
import { CARD_COLOURS, CARD_NUMBERS, COLOURS, FAMILIES, LIGHT_NUMBERS } from "./words.js";

const OWN_FONTS = { sans: "Inter Display", serif: "Noto Serif Display" };

export class Form {
  #rows = [];
  #open = new Set(["colours"]);

  /** `upload(file)` gives the name of the file as it is kept, or null. */
  constructor(root, store, { upload, canChange }) {
    Object.assign(this, { root, store, upload, canChange });
    store.subscribe((what) => {
      if (what === "open" || what === "side") this.render();
      if (what === "assets") for (const row of this.#rows) row.fill();
      if (what === "told") this.tell();
    });
  }

  render() {
    const { side } = this.store;
    const focused = this.root.contains(document.activeElement) ? document.activeElement.closest("[data-field]")?.dataset.field : null;
    this.#rows = [];
    const whole = this.#part("whole", t("themes.part_whole"), [this.#title(), this.#mode(), ...(this.store.get("", "mode") === "auto" ? [this.#hours()] : [])]);
    const colours = this.#part("colours", t(`themes.part_colours_${side}`), COLOURS.map((key) => this.#colour(key)));
    const cards = this.#part("cards", t(`themes.part_cards_${side}`), [...CARD_COLOURS.map((key) => this.#colour(key)), ...CARD_NUMBERS.map(([key, range]) => this.#number(side, key, range))]);
    const light = this.#part("light", t(`themes.part_light_${side}`), LIGHT_NUMBERS.map(([key, range]) => this.#number(side, key, range)));
    const pictures = this.#part("pictures", t("themes.part_pictures"), [this.#file("logo", ["picture"]), this.#file("background", ["picture", "film"]), this.#number("", "dim", { least: 0, most: 1, step: 0.01, own: 0.85 })]);
    const fonts = this.#part("fonts", t("themes.part_fonts"), ["sans", "serif"].map((key) => this.#font(key)));
    const shape = this.#part("shape", t("themes.part_shape"), [
      this.#number("", "radius", { least: 0, most: 2, step: 0.05, own: 1 }),
      this.#number("", "motion", { least: 0, most: 1, step: 0.05, own: 1 }),
    ]);
    this.root.replaceChildren(whole, colours, cards, light, pictures, fonts, shape);
    for (const row of this.#rows) row.fill();
    this.tell();
    if (focused) this.root.querySelector(`[data-field="${CSS.escape(focused)}"] :is(input:not(.well), select)`)?.focus();
  }

  tell() {
    for (const row of this.#rows) row.tell();
    for (const part of this.root.children) {
      const count = part.querySelectorAll(".is-bad, .problem:not(:empty)").length;
      const mark = part.querySelector(".part-mark");
      mark.hidden = !count;
      mark.textContent = String(count);
    }
  }

  #part(name, title, rows) {
    const mark = el("span", "part-mark");
    mark.hidden = true;
    const part = el("details", "panel theme-part", el("summary", "", el("h2", "", title), mark), el("div", "theme-rows", ...rows));
    part.dataset.part = name;
    part.open = this.#open.has(name);
    part.addEventListener("toggle", () => (part.open ? this.#open.add(name) : this.#open.delete(name)));
    return part;
  }

  #colour(key) {
    const row = new ColourRow(this.store, key, { canChange: this.canChange });
    this.#rows.push(row);
    return row.node;
  }

  /** A field whose mistake stands below it; `at` is the table that it is in. */
  #row(at, key, label, control, { hint = "", fill = () => {}, pairs = false } = {}) {
    const node = field(key, label, control, hint);
    if (!this.canChange) for (const input of node.querySelectorAll("input, select, textarea, button")) input.disabled = true;
    const list = el("ul", "pairs");
    list.hidden = true;
    if (pairs) node.append(list);
    const { store } = this;
    this.#rows.push({
      node,
      fill,
      tell: () => {
        const wrong = store.told?.problems.find((row) => (row.side ?? "") === at && row.field === key);
        node.querySelector(".problem").textContent = wrong?.message ?? "";
        if (pairs) {
          fillPairs(list, store, key, this.canChange && ((better) => {
            store.set(at, key, better);
            this.render();
          }));
        }
      },
    });
    return node;
  }

  #number(at, key, { least, most, step, own = this.store.base[this.store.side][key] }) {
    const label = t(`themes.number.${key}`);
    const control = number(this.store.get(at, key) ?? own, { least, most, step, label, set: (value) => this.store.set(at, key, at === "" && value === own ? undefined : value) });
    return this.#row(at, key, label, control, { pairs: true });
  }

  #title() {
    const input = el("input", "input");
    Object.assign(input, { type: "text", maxLength: 60, autocomplete: "off" });
    input.addEventListener("input", () => this.store.set("", "title", input.value));
    return this.#row("", "title", t("themes.title_field"), input, { fill: () => { input.value = this.store.get("", "title") ?? ""; } });
  }

  #mode() {
    const options = ["night", "day", "auto"].map((value) => ({ value, label: t(`themes.mode_${value}`) }));
    const input = choice(this.store.get("", "mode") ?? "night", {
      options,
      set: (value) => {
        this.store.set("", "mode", value);
        this.render();
      },
    });
    return this.#row("", "mode", t("themes.mode"), input);
  }

  #hours() {
    const [from, to] = (this.store.get("", "day_hours") ?? "08:00-20:00").split("-");
    const times = [from, to].map((value, n) => {
      const input = el("input", "input");
      Object.assign(input, { type: "time", value });
      input.setAttribute("aria-label", t(n ? "themes.day_to" : "themes.day_from"));
      input.addEventListener("change", () => {
        const given = times.map((one) => one.value);
        if (given.every(Boolean)) this.store.set("", "day_hours", given.join("-"));
      });
      return input;
    });
    return this.#row("", "day_hours", t("themes.day_hours"), el("div", "hours-pair", times[0], el("span", "", "–"), times[1]), { hint: t("themes.day_hint") });
  }

  #font(key) {
    const input = el("input", "input");
    Object.assign(input, { type: "text", maxLength: 80, autocomplete: "off", spellcheck: false, placeholder: OWN_FONTS[key] });
    const list = el("datalist");
    list.id = `families-${key}`;
    input.setAttribute("list", list.id);
    input.addEventListener("input", () => this.store.set("fonts", key, input.value.trim()));
    const fill = () => {
      const files = this.store.assets.filter((asset) => asset.kind === "font").map((asset) => asset.name);
      list.replaceChildren(...[...FAMILIES, ...files].map((name) => Object.assign(el("option"), { value: name })));
      input.value = this.store.get("fonts", key) ?? "";
    };
    return this.#row("fonts", key, t(`themes.font_${key}`), el("div", "font-place", input, list), { hint: t("themes.font_hint"), fill });
  }

  #file(key, kinds) {
    const file = new FileField(this.store, key, { kinds, upload: this.upload, canChange: this.canChange });
    return this.#row("", key, t(`themes.${key}`), file.node, { hint: t(`themes.${key}_hint`), fill: () => file.fill() });
  }
}
