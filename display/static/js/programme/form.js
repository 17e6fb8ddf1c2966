// The selected scene's form: how long, when, under which conditions, and what its layout may be told.

import { el, style } from "../dom.js";
import { icon } from "../icons.js";
import { many, t, tOr } from "../page.js";
import { choice, duration, field, flag, hours, least, lines, moment, number, text } from "./fields.js";
import { thumb } from "./thumbs.js";
import { hueOf, layoutTitle, lasting, sceneTitle } from "./words.js";

const COUNTED = ["posts", "photos", "people", "words"];
const SHARE_FIRST = 10;
const SHARE_MOST = 60;

export class Form {
  #isOwn = false;

  /** `assets` gives the organiser's files [{name, kind}]; `act` {duplicate, remove, move} on the selected scene. */
  constructor(root, store, { assets, act, canChange }) {
    Object.assign(this, { root, store, assets, act, canChange });
    store.subscribe((what) => {
      if (what === "told") this.complain();
      else if (what === "selection" || (what === "draft" && !this.#isOwn)) this.render();
      if (what === "draft" || what === "list") this.conditions();
    });
  }

  /** Changes the scene without making the form anew: whoever types keeps the place. */
  #set(fields, kind) {
    this.#isOwn = true;
    this.store.set(fields, kind);
    this.#isOwn = false;
  }

  render() {
    const scene = this.store.scene;
    this.root.hidden = !scene;
    if (!scene) return this.root.replaceChildren();
    const layout = this.store.layouts.get(scene.layout);
    const parts = el("fieldset", "scene-parts", this.#time(scene), this.#when(scene, layout), this.#options(scene, layout));
    parts.disabled = !this.canChange;
    this.root.replaceChildren(this.#head(scene), parts);
    this.conditions();
    this.complain();
  }

  #head(scene) {
    const { store, act } = this;
    const title = el("h2", "scene-title", sceneTitle(scene));
    title.id = "scene-title";
    const words = el("div", "scene-words", title, el("p", "soft", tOr(`layout.${scene.layout}.summary`, store.layouts.get(scene.layout)?.summary ?? "")));
    const tools = el("div", "scene-tools");
    const tool = (name, label, run, isOff = false) => {
      const button = el("button", "icon-button", icon(name));
      button.type = "button";
      button.disabled = isOff || !this.canChange;
      button.setAttribute("aria-label", label);
      button.title = label;
      button.addEventListener("click", run);
      tools.append(button);
      return button;
    };
    tool("left", t("programme.move_left"), () => act.move(-1), store.place === 0).id = "move-left";
    tool("right", t("programme.move_right"), () => act.move(1), store.place === store.scenes.length - 1).id = "move-right";
    tool("copy", t("programme.duplicate"), act.duplicate);
    tool("bin", t("programme.remove"), act.remove);
    const picture = el("div", "scene-picture", thumb(scene.layout));
    style(picture, { "--h": hueOf(scene.layout) });
    return el("header", "scene-head", picture, words, tools);
  }

  #part(key, ...fields) {
    const part = el("section", "scene-part", el("h3", "", t(key)), ...fields);
    return part;
  }

  #time(scene) {
    const share = this.#share(scene);
    return this.#part(
      "programme.part_time",
      field("seconds", t("programme.seconds"), duration(scene.seconds, { label: t("programme.seconds"), say: lasting, set: (seconds) => this.#set({ seconds }) })),
      field("hours", t("programme.only_hours"), hours(scene.hours, { set: (value) => this.#set({ hours: value }) })),
      ...share,
      field("title", t("programme.scene_name"), text(scene.title, { most: 60, hint: layoutTitle(scene.layout), set: (title) => this.#set({ title }) })),
    );
  }

  #share(scene) {
    const label = t("programme.share");
    const amount = field("share", t("programme.share_percent"), number(scene.share || SHARE_FIRST, { least: 1, most: SHARE_MOST, unit: "%", label, set: (share) => this.#set({ share }) }));
    amount.hidden = !scene.share;
    const promised = flag(scene.share > 0, {
      set: (isPromised) => {
        amount.hidden = !isPromised;
        this.#set({ share: isPromised ? Number(amount.querySelector(".number").value) : 0 });
      },
    });
    return [field("", label, el("label", "switch-row", promised), t("programme.share_hint")), amount];
  }

  #when(scene, layout) {
    const fields = COUNTED.map((what) =>
      field(`when.${what}`, t(`programme.least.${what}`), least(scene.when[what], {
        needs: layout?.needs[what] ?? 0,
        set: (n) => this.#set({ when: { [what]: n } }),
      })),
    );
    const said = el("p", "conditions");
    said.id = "conditions";
    const part = this.#part("programme.part_when", said, el("div", "leasts", ...fields));
    return part;
  }

  /** The conditions in words, with what is there now. */
  conditions() {
    const place = this.root.querySelector("#conditions");
    const scene = this.store.scene;
    if (!place || !scene) return;
    const asked = { ...this.store.layouts.get(scene.layout)?.needs, ...scene.when };
    const rows = COUNTED.filter((what) => asked[what] > 0).map((what) => {
      const now = this.store.counts?.[what];
      const row = el("span", "condition", many(`programme.only_with.${what}`, asked[what]));
      if (now !== undefined) {
        row.append(el("span", now >= asked[what] ? "chip good" : "chip warn", t("programme.now", { n: now })));
      }
      return row;
    });
    place.replaceChildren(...(rows.length ? rows : [el("span", "soft", t("programme.no_condition"))]));
  }

  #options(scene, layout) {
    if (!layout) return this.#part("programme.part_options", el("p", "problem", t("programme.no_layout", { name: scene.layout })));
    const fields = Object.entries(layout.options).map(([name, option]) => this.#option(scene, layout, name, option));
    if (!fields.length) fields.push(el("p", "soft", t("programme.no_options")));
    return this.#part("programme.part_options", ...fields);
  }

  #option(scene, layout, name, option) {
    const value = scene.options[name] ?? option.default;
    const label = tOr(`layout.${layout.name}.option.${name}`, option.help);
    const set = (next) => {
      const isDefault = JSON.stringify(next) === JSON.stringify(option.default);
      this.#set({ options: { [name]: isDefault ? undefined : next } }, `options.${name}`);
    };
    return field(`options.${name}`, label, this.#control(layout, name, option, value, label, set));
  }

  #control(layout, name, option, value, label, set) {
    switch (option.kind) {
      case "number": {
        const isWhole = [option.default, option.least, option.most].every(Number.isInteger);
        if (isWhole && option.least === 0 && option.most === 1) return el("label", "switch-row", flag(value === 1, { set: (on) => set(on ? 1 : 0) }));
        return number(value, { least: option.least, most: option.most, step: isWhole ? 1 : 0.1, unit: name.endsWith("_s") ? t("programme.unit_s") : "", label, set });
      }
      case "flag":
        return el("label", "switch-row", flag(value, { set }));
      case "choice":
        return choice(value, { set, options: option.choices.map((one) => ({ value: one, label: tOr(`layout.${layout.name}.choice.${name}.${one}`, one) })) });
      case "texts":
        return lines(value, { set });
      case "date":
        return moment(value, { set });
      case "asset": {
        const names = this.assets().filter((asset) => option.types.includes(asset.kind)).map((asset) => asset.name);
        if (value && !names.includes(value)) names.push(value);
        const options = [{ value: "", label: t("programme.no_file") }, ...names.map((one) => ({ value: one, label: one }))];
        return choice(value, { set, options });
      }
      default:
        return text(value, { most: option.most ?? 400, set });
    }
  }

  /** Puts what the server found wrong beside its field. */
  complain() {
    const at = this.store.place + 1;
    const mine = new Map(this.store.problems.filter((row) => row.scene === at).map((row) => [row.field, row.message]));
    for (const node of this.root.querySelectorAll("[data-field]")) {
      const message = mine.get(node.dataset.field) ?? "";
      const place = node.querySelector(".problem");
      if (place.textContent !== message) place.textContent = message;
      const input = node.querySelector("input, select, textarea");
      if (message) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }
}
