// The live preview: the real screen's page in a frame, made small, that obeys the draft.

import { el, style } from "../dom.js";
import { t } from "../page.js";

const SIZES = { wide: [1920, 1080], portrait: [1080, 1920], half: [960, 1080] };
const AGAIN_MS = [0, 1200, 4000]; // the page inside may begin to listen a moment after it has been loaded

export class Preview {
  #size = "wide";
  #isWhole = false;
  #timers = [];

  constructor(root, store, { lang }) {
    Object.assign(this, { root, store });
    this.frame = el("iframe", "preview-frame");
    this.frame.title = t("programme.preview");
    this.frame.tabIndex = -1;
    this.frame.src = `/screen/preview?as=preview&lang=${lang}`;
    this.glass = el("div", "preview-glass", this.frame);
    const named = (names, word) => names.map((name) => [name, word(name)]);
    const sizes = named(["wide", "portrait", "half"], (name) => t(`programme.size_${name}`));
    const views = named(["scene", "whole"], (name) => t(`programme.show_${name}`));
    this.sizes = this.#segments(sizes, t("programme.size"), (size) => this.#resize(size));
    this.whole = this.#segments(views, t("programme.show"), (what) => {
      this.#isWhole = what === "whole";
      this.send();
    });
    root.replaceChildren(el("div", "preview-tools", this.whole, this.sizes), this.glass);
    this.frame.addEventListener("load", () => this.send());
    new ResizeObserver(() => this.#fit()).observe(this.glass);
    this.#press(this.sizes, "wide");
    this.#press(this.whole, "scene");
    this.#resize("wide");
    store.subscribe((what) => (what === "told" || what === "selection") && this.send());
  }

  #segments(names, label, pick) {
    const group = el("div", "segments");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label);
    for (const [name, word] of names) {
      const button = el("button", "", word);
      button.type = "button";
      button.dataset.name = name;
      button.addEventListener("click", () => {
        this.#press(group, name);
        pick(name);
      });
      group.append(button);
    }
    return group;
  }

  #press(group, name) {
    for (const button of group.children) button.setAttribute("aria-pressed", String(button.dataset.name === name));
  }

  #resize(size) {
    this.#size = size;
    this.glass.dataset.size = size;
    const [width, height] = SIZES[size];
    style(this.frame, { width: `${width}px`, height: `${height}px` });
    style(this.glass, { "--ratio": width / height });
    this.#fit();
  }

  #fit() {
    const [width] = SIZES[this.#size];
    style(this.frame, { transform: `scale(${this.glass.clientWidth / width})` });
  }

  /** Tells the page inside what to show: the selected scene alone whatever its conditions, or the whole programme. */
  send() {
    this.#timers.forEach(clearTimeout);
    const { told, selected } = this.store;
    const scene = told.find((one) => one.id === selected);
    const scenes = this.#isWhole ? told : scene ? [{ ...scene, when: {}, hours: "", share: 0, seconds: 3600 }] : [];
    if (!scenes.length) return;
    const programme = { name: "preview", scenes };
    this.#timers = AGAIN_MS.map((ms) =>
      setTimeout(() => this.frame.contentWindow?.postMessage({ type: "parvis.programme", programme }, location.origin), ms),
    );
  }
}
