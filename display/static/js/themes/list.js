// The wardrobe: every theme as a small screen, its night and its day side by side.

import { el, style } from "../dom.js";
import { many, t } from "../page.js";
import { themeTitle } from "./words.js";

export class List {
  /** `open(name)` when somebody chooses one. */
  constructor(root, store, { open }) {
    Object.assign(this, { root, store, open });
    store.subscribe((what) => what !== "side" && what !== "assets" && this.render());
  }

  render() {
    const { store } = this;
    const names = store.themes.map((one) => one.name);
    const rows = store.themes.map((one) => this.#card(one));
    if (store.name && !names.includes(store.name)) rows.push(this.#card({ name: store.name, theme: store.draft, swatches: {} }));
    const isInside = this.root.contains(document.activeElement);
    this.root.replaceChildren(...rows.map((row) => el("li", "", row)));
    if (isInside) this.root.querySelector("[aria-pressed=true]")?.focus();
  }

  #card(one) {
    const { store } = this;
    const isOpen = one.name === store.name;
    const values = isOpen && store.told?.values;
    const sides = ["night", "day"].map((side) => {
      const names = ["ground", "raised", "ink", "accent", "live"];
      const colours = values ? names.map((name) => values[side][name]) : (one.swatches[side] ?? names.map((name) => store.base[side][name]));
      const half = el("span", "half", el("i", "half-tag"), el("i", "half-line"), el("i", "half-line short"), el("i", "half-card"));
      style(half, { "--a": colours[0], "--b": colours[1], "--c": colours[2], "--d": colours[3] });
      return half;
    });
    const worn = store.screens.filter((screen) => screen.theme === one.name && screen.connected).length;
    const about = worn ? many("themes.worn", worn) : one.name === store.usual ? t("themes.usual") : t(`themes.origin_${one.origin ?? "new"}`);
    const button = el(
      "button", "theme-card", el("span", "theme-glass", ...sides),
      el("strong", "", themeTitle(one.name, isOpen ? store.get("", "title") : one.theme.title)),
      el("span", "soft", about),
    );
    if (isOpen && store.isDirty) button.append(el("i", "unsaved"));
    button.type = "button";
    button.dataset.name = one.name;
    button.setAttribute("aria-pressed", String(isOpen));
    button.addEventListener("click", () => this.open(one.name));
    return button;
  }
}
