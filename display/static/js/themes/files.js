// Choosing a file of the organiser's, or bringing one.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";

const TYPES = { picture: "image/png,image/jpeg,image/webp,image/avif", film: "video/mp4,video/webm" };

export class FileField {
  /** `upload(file)` gives the name under which it is kept, or null. */
  constructor(store, key, { kinds, upload, canChange }) {
    Object.assign(this, { store, key, kinds, canChange });
    this.select = el("select", "input");
    this.select.addEventListener("change", () => store.set("", key, this.select.value));
    this.input = el("input", "unseen");
    Object.assign(this.input, { type: "file", accept: kinds.map((kind) => TYPES[kind]).join(), tabIndex: -1 });
    this.input.setAttribute("aria-hidden", "true");
    this.button = el("button", "button small", icon("add"), el("span", "", t("themes.upload")));
    this.button.type = "button";
    this.button.hidden = !canChange;
    this.button.addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => void this.#bring(upload));
    this.node = el("div", "file-place", this.select, this.button, this.input);
  }

  async #bring(upload) {
    const [file] = this.input.files;
    this.input.value = "";
    if (!file) return;
    this.button.disabled = true;
    const name = await upload(file);
    this.button.disabled = false;
    if (!name) return;
    this.store.set("", this.key, name);
    this.fill();
  }

  fill() {
    const chosen = this.store.get("", this.key) ?? "";
    const names = this.store.assets.filter((asset) => this.kinds.includes(asset.kind)).map((asset) => asset.name);
    if (chosen && !names.includes(chosen)) names.unshift(chosen);
    const option = (value, label) => Object.assign(el("option", "", label), { value });
    this.select.replaceChildren(option("", t("themes.none")), ...names.map((name) => option(name, name)));
    this.select.value = chosen;
  }
}
