// The filmstrip: every scene in its order. Chosen by a press, moved by dragging, by keys or by the form's buttons.

import { el, style } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";
import { obstacle } from "./division.js";
import { Drag } from "./drag.js";
import { thumb } from "./thumbs.js";
import { hueOf, lasting, layoutTitle, percent, sceneTitle } from "./words.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Strip {
  #cards = new Map(); // id -> {node, layout}

  /** `act` {add, duplicate, remove, move}; `hour()` gives the seconds of an hour that each scene gets: Map id -> seconds. */
  constructor(root, store, { act, hour, situation, canChange }) {
    Object.assign(this, { root, store, act, hour, situation, canChange });
    this.add = el("button", "scene-add", icon("add"), el("span", "", t("programme.add")));
    this.add.type = "button";
    this.add.id = "scene-add";
    this.add.addEventListener("click", act.add);
    this.addPlace = el("li", "add-place", this.add);
    if (canChange) root.append(this.addPlace);
    root.addEventListener("keydown", (event) => this.#key(event));
    this.drag = canChange ? new Drag(root, { moved: (id, to) => store.move(id, to) }) : null;
    store.subscribe((what) => what !== "told" && this.render());
    store.subscribe((what) => what === "told" && this.#complain());
  }

  render() {
    if (this.drag?.isOn) return;
    const { store } = this;
    const before = this.#places();
    const focused = document.activeElement?.closest?.("[data-scene]")?.dataset.scene;
    const wanted = new Set(store.scenes.map((scene) => scene.id));
    for (const [id, card] of this.#cards) {
      if (wanted.has(id)) continue;
      card.node.remove();
      this.#cards.delete(id);
    }
    const shares = this.hour();
    let at = null;
    for (const scene of store.scenes) {
      const card = this.#card(scene);
      const next = at ? at.nextSibling : this.root.firstChild;
      if (next !== card.node) this.root.insertBefore(card.node, next);
      at = card.node;
      this.#fill(card, scene, shares.get(scene.id) ?? 0);
    }
    this.#complain();
    if (focused && wanted.has(focused)) this.#cards.get(focused).button.focus({ preventScroll: true });
    this.#glide(before);
  }

  #card(scene) {
    const known = this.#cards.get(scene.id);
    if (known?.layout === scene.layout) return known;
    known?.node.remove();
    const name = el("strong", "scene-name");
    const about = el("span", "scene-about");
    const marks = el("span", "scene-marks");
    const button = el("button", "scene-card", el("span", "scene-thumb", thumb(scene.layout), marks), name, about);
    button.type = "button";
    button.addEventListener("click", () => this.store.select(scene.id));
    const grip = el("span", "grip", icon("grip"));
    const node = el("li", "scene", button, ...(this.canChange ? [grip] : []));
    node.dataset.scene = scene.id;
    style(node, { "--h": hueOf(scene.layout) });
    const card = { node, button, name, about, marks, layout: scene.layout };
    this.#cards.set(scene.id, card);
    return card;
  }

  #fill({ node, button, name, about, marks }, scene, seconds) {
    const at = this.store.scenes.indexOf(scene) + 1;
    const hinders = obstacle(this.store.asTold(scene), this.situation());
    const share = seconds / 3600;
    name.textContent = sceneTitle(scene);
    about.textContent = seconds ? `${lasting(scene.seconds)} · ${percent(share, share < 0.1 ? 1 : 0)}` : lasting(scene.seconds);
    marks.replaceChildren(
      ...(scene.share ? [el("span", "mark share", percent(scene.share / 100))] : []),
      ...(scene.hours ? [el("span", "mark", scene.hours.replace("-", "–"))] : []),
      ...(hinders?.kind === "counts" ? [el("span", "mark waits", t(`programme.waits.${hinders.what}`, { n: hinders.least }))] : []),
    );
    node.classList.toggle("is-waiting", hinders !== null);
    button.setAttribute("aria-current", String(scene.id === this.store.selected));
    const label = [t("programme.scene_at", { n: at, name: sceneTitle(scene), layout: layoutTitle(scene.layout) }), about.textContent, marks.textContent];
    button.setAttribute("aria-label", label.filter(Boolean).join(", "));
    button.setAttribute("aria-keyshortcuts", "Alt+ArrowLeft Alt+ArrowRight Delete");
  }

  #complain() {
    const wrong = new Set(this.store.problems.map((row) => row.scene));
    this.store.scenes.forEach((scene, at) => {
      this.#cards.get(scene.id)?.node.classList.toggle("is-wrong", wrong.has(at + 1));
    });
  }

  /** Brings the selected card into view. */
  reveal() {
    const node = this.#cards.get(this.store.selected)?.node;
    node?.scrollIntoView({ inline: "nearest", block: "nearest", behavior: still.matches ? "instant" : "smooth" });
    return node;
  }

  focus() {
    this.#cards.get(this.store.selected)?.button.focus({ preventScroll: true });
  }

  #places() {
    return new Map([...this.#cards].map(([id, { node }]) => [id, node.offsetLeft]));
  }

  #glide(before) {
    if (still.matches) return;
    for (const [id, { node }] of this.#cards) {
      const was = before.get(id);
      const dx = (was ?? node.offsetLeft) - node.offsetLeft;
      if (was === undefined && before.size) node.animate([{ opacity: 0, transform: "scale(.9)" }, { opacity: 1, transform: "none" }], { duration: 240, easing: "ease-out" });
      else if (Math.abs(dx) > 1) node.animate([{ transform: `translateX(${dx}px)` }, { transform: "none" }], { duration: 260, easing: "cubic-bezier(.2,.75,.15,1)" });
    }
  }

  #key(event) {
    const id = event.target.closest?.("[data-scene]")?.dataset.scene;
    if (!id || event.ctrlKey || event.metaKey) return;
    const { store } = this;
    const at = store.scenes.findIndex((scene) => scene.id === id);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    if (step && event.altKey && this.canChange) {
      store.select(id);
      this.act.move(step);
    } else if (step) {
      const next = store.scenes[at + step];
      if (next) store.select(next.id);
    } else if (event.key === "Home" || event.key === "End") {
      store.select(store.scenes.at(event.key === "Home" ? 0 : -1).id);
    } else if ((event.key === "Delete" || event.key === "Backspace") && this.canChange) {
      store.select(id);
      this.act.remove();
    } else return;
    event.preventDefault();
    this.reveal();
    this.focus();
  }
}
