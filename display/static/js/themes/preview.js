// The live preview: the real screen's page in a frame, dressed in the draft at every change.

import { el } from "../dom.js";
import { t } from "../page.js";
import { ask, isGood } from "../people/ask.js";
import { Preview } from "../programme/preview.js";
import { layoutTitle } from "../programme/words.js";

const AGAIN_MS = [0, 1200, 4000]; // the page inside may begin to listen a moment after it has been loaded
const SHOWN = ["bento", "spotlight", "masonry", "mosaic", "ticker", "words", "numbers", "notice", "countdown", "join"];
const SAMPLES = {
  notice: () => ({ title: t("themes.sample_notice"), text: [t("themes.sample_notice_text")] }),
  countdown: () => ({ label: t("themes.sample_countdown"), to: new Date(Date.now() + 90 * 60_000).toISOString().slice(0, 16) }),
};

export class LivePreview {
  #scenes = { told: [], selected: "", listeners: new Set() };
  #timers = [];
  #sent = "";

  constructor(root, store, { lang }) {
    this.store = store;
    const scenes = this.#scenes;
    this.preview = new Preview(root, { get told() { return scenes.told; }, get selected() { return scenes.selected; }, subscribe: (listener) => scenes.listeners.add(listener) }, { lang });
    this.preview.whole.replaceWith(this.#sides(), this.#choice());
    this.preview.frame.addEventListener("load", () => this.#dress({ again: true }));
    store.subscribe((what) => {
      if (what === "side" || what === "open") this.#press();
      if (what === "side" || what === "told") this.#dress();
    });
    void this.#layouts();
  }

  #sides() {
    this.sides = el("div", "segments");
    this.sides.setAttribute("role", "group");
    this.sides.setAttribute("aria-label", t("themes.side"));
    for (const side of ["night", "day"]) {
      const button = el("button", "", t(`themes.side_${side}`));
      button.type = "button";
      button.dataset.side = side;
      button.addEventListener("click", () => this.store.look(side));
      this.sides.append(button);
    }
    this.#press();
    return this.sides;
  }

  #press() {
    for (const button of this.sides.children) button.setAttribute("aria-pressed", String(button.dataset.side === this.store.side));
  }

  #choice() {
    this.select = el("select", "input scene-choice");
    this.select.setAttribute("aria-label", t("themes.scene"));
    this.select.addEventListener("change", () => {
      this.#scenes.selected = this.select.value;
      this.#say("selection");
    });
    return this.select;
  }

  #say(what) {
    for (const listener of this.#scenes.listeners) listener(what);
  }

  /** One scene of each layout that colours can be judged by, with the options that a screen would be told. */
  async #layouts() {
    const layouts = await ask("GET", "/layouts");
    const there = isGood(layouts) ? layouts.body.layouts.map((one) => one.name) : [];
    const scenes = SHOWN.filter((name) => there.includes(name)).map((layout) => ({ id: layout, layout, options: SAMPLES[layout]?.() ?? {} }));
    let answer = await ask("POST", "/programmes", { scenes });
    if (!isGood(answer)) answer = await ask("POST", "/programmes", { scenes: scenes.filter((scene) => !(scene.layout in SAMPLES)) });
    if (!isGood(answer)) return;
    this.#scenes.told = answer.body.programme.scenes;
    this.select.replaceChildren(...this.#scenes.told.map(({ id }) => Object.assign(el("option", "", layoutTitle(id)), { value: id })));
    this.#scenes.selected = this.#scenes.told[0]?.id ?? "";
    this.#say("told");
  }

  #dress({ again = false } = {}) {
    const { store } = this;
    const { tried } = store.told ?? {};
    if (!tried) return;
    const { properties, auto: _, ...more } = tried;
    const theme = { name: store.name || "draft", mode: store.side, href: "", properties: properties[store.side], ...more };
    const sent = JSON.stringify(theme);
    if (sent === this.#sent && !again) return;
    this.#sent = sent;
    this.#timers.forEach(clearTimeout);
    this.#timers = (again ? AGAIN_MS : [0]).map((ms) =>
      setTimeout(() => this.preview.frame.contentWindow?.postMessage({ type: "parvis.theme", theme }, location.origin), ms),
    );
  }
}
