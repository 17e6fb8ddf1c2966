// How an hour divides among the scenes, and what sponsors were promised and what they got.

import { el, style } from "../dom.js";
import { t } from "../page.js";
import { PLENTY, divide } from "./division.js";
import { hueOf, lasting, layoutTitle, percent, sceneTitle } from "./words.js";

export class Hour {
  #got = new Map();

  /** `situation()` {counts, minutes} now; `shares()` what the screens really showed: Map scene id -> {share, seconds}. */
  constructor(root, store, { situation, shares }) {
    Object.assign(this, { root, store, situation, shares });
    this.isIdeal = false;
    this.bar = el("div", "hour-bar");
    this.bar.setAttribute("role", "img");
    this.bar.addEventListener("click", ({ target }) => target.dataset.scene && store.select(target.dataset.scene));
    this.legend = el("ul", "hour-legend");
    this.note = el("p", "hour-note soft");
    this.promises = el("ul", "promises");
    this.views = el("div", "segments");
    for (const [isIdeal, key] of [[false, "programme.hour_now"], [true, "programme.hour_ideal"]]) {
      const button = el("button", "", t(key));
      button.type = "button";
      button.addEventListener("click", () => {
        this.isIdeal = isIdeal;
        this.render();
      });
      this.views.append(button);
    }
    const title = el("h2", "", t("programme.hour"));
    title.id = "hour-title";
    root.replaceChildren(el("div", "part-head", title, this.views), this.bar, this.legend, this.note, this.promises);
    store.subscribe((what) => what !== "told" && this.render());
  }

  /** The seconds of an hour that each scene gets as things are now. */
  now() {
    return divide(this.store.scenes.map((scene) => this.store.asTold(scene)), this.#situation());
  }

  #situation() {
    const { counts, minutes } = this.situation();
    return { counts: counts ?? PLENTY, minutes };
  }

  render() {
    const { store } = this;
    const told = store.scenes.map((scene) => store.asTold(scene));
    const now = divide(told, this.#situation());
    this.#got = this.isIdeal ? divide(told.map((scene) => ({ ...scene, hours: "" })), { counts: PLENTY, minutes: 0 }) : now;
    [...this.views.children].forEach((button, at) => button.setAttribute("aria-pressed", String(Boolean(at) === this.isIdeal)));
    const shown = store.scenes.filter((scene) => this.#got.get(scene.id));
    this.bar.replaceChildren(...shown.map((scene) => this.#piece(scene)));
    this.bar.setAttribute("aria-label", [t("programme.hour"), ...shown.map((scene) => this.#said(scene))].join("; "));
    this.#legend();
    this.note.textContent = store.scenes.length && !now.size && !this.isIdeal ? t("programme.hour_none") : "";
    this.note.hidden = !this.note.textContent;
    this.#promises();
  }

  #said(scene) {
    const seconds = this.#got.get(scene.id);
    return `${sceneTitle(scene)}, ${lasting(seconds)}, ${percent(seconds / 3600, 1)}`;
  }

  #piece(scene) {
    const piece = el("i", "hour-piece");
    piece.dataset.scene = scene.id;
    piece.title = this.#said(scene);
    piece.classList.toggle("is-selected", scene.id === this.store.selected);
    style(piece, { "--share": this.#got.get(scene.id) / 3600, "--h": hueOf(scene.layout) });
    return piece;
  }

  /** One line a layout: scenes of one kind belong together. */
  #legend() {
    const sums = new Map();
    for (const scene of this.store.scenes) {
      const key = scene.share ? sceneTitle(scene) : layoutTitle(scene.layout);
      const sum = sums.get(key) ?? { hue: hueOf(scene.layout), seconds: 0 };
      sum.seconds += this.#got.get(scene.id) ?? 0;
      sums.set(key, sum);
    }
    this.legend.replaceChildren(...[...sums].filter(([, { seconds }]) => seconds > 0).map(([name, { hue, seconds }]) => {
      const row = el("li", "", el("i", "swatch"), el("span", "", name), el("b", "", lasting(seconds)));
      style(row, { "--h": hue });
      return row;
    }));
  }

  /** What sponsors are promised beside what they get: by this programme, and what screens have really shown. */
  #promises() {
    const rows = this.store.scenes.filter((scene) => scene.share).map((scene) => {
      const planned = (this.#got.get(scene.id) ?? 0) / 3600;
      const row = el("li", "", el("strong", "", sceneTitle(scene)), el("span", "", t("programme.promised", { share: percent(scene.share / 100) })), el("span", "soft", t("programme.planned", { share: percent(planned, 1) })));
      const real = this.shares().get(scene.id);
      if (real) {
        const isKept = real.share >= scene.share / 100 - 0.01;
        row.append(el("span", isKept ? "chip good" : "chip warn", t("programme.shown", { share: percent(real.share, 1) })));
      }
      return row;
    });
    this.promises.replaceChildren(...rows);
    this.promises.hidden = !rows.length;
  }
}
