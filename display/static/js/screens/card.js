// One screen of the wall: its miniature, its state in words, and the orders that are given most.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { span, t } from "../page.js";
import { Miniature } from "./miniature.js";
import { spark } from "./spark.js";
import { keyOf, nameOf, stateOf } from "./state.js";
import { drawnText, glassText, heapText, helpText, sceneText, stateText } from "./words.js";

export class Card {
  #state = el("span", "state");
  #name = el("h2", "serif");
  #scene = el("p", "card-scene");
  #facts = el("p", "card-facts soft small");
  #help = el("p", "card-help");
  #tools = el("div", "card-tools");
  #texts = "";
  #isBlank = null;

  /** does: {open, identify, next, blank}, each (row); posts as the miniature wants them; mayOrder () whether orders are offered. */
  constructor({ row, does, posts, event, mayOrder }) {
    Object.assign(this, { row, does, mayOrder });
    this.mini = new Miniature({ posts, event, label: drawnText });
    this.open = el("button", "card-open", this.mini.node);
    this.open.type = "button";
    this.open.setAttribute("aria-haspopup", "dialog");
    this.open.addEventListener("click", () => does.open(this.row));
    const head = el("div", "card-head", this.#name, this.#state);
    this.node = el("li", "screen-card", this.open, el("div", "card-words", head, this.#scene, this.#facts, this.#help), this.#tools);
    this.node.dataset.key = keyOf(row);
  }

  show(row, facts, now) {
    this.row = row;
    this.mini.show(row);
    const state = stateOf(row, facts, now);
    const name = nameOf(row);
    const numbers = [row.size?.replace("x", " × "), row.connected && row.health && glassText(row, facts), row.health?.up_s && t("screens.up", { span: span(row.health.up_s * 1000) })];
    const heap = row.connected ? heapText(row) : "";
    const texts = [name, state.light, stateText(state, now), sceneText(row), helpText(state, row, facts, now), numbers.filter(Boolean).join(" · "), heap, row.heaps?.length];
    if (texts.join("\n") !== this.#texts) {
      this.#texts = texts.join("\n");
      this.#name.textContent = name;
      this.#state.replaceChildren(el("i", `dot ${state.light}`), texts[2]);
      this.#scene.textContent = texts[3];
      this.#help.textContent = texts[4];
      this.#facts.replaceChildren(texts[5]);
      if (heap) this.#facts.append(texts[5] ? " · " : "", heap, spark(row.heaps));
      this.node.dataset.light = state.light;
      this.node.dataset.state = state.kind;
      this.open.setAttribute("aria-label", t("screens.open", { name, state: texts[2] }));
    }
    this.#order(row, name);
  }

  #order(row, name) {
    const sign = JSON.stringify([this.mayOrder(), row.connected, row.order.blank, name]);
    if (sign === this.#isBlank) return;
    this.#isBlank = sign;
    const hadFocus = this.#tools.contains(document.activeElement) ? document.activeElement.dataset.does : "";
    const tool = (does, shape, word) => {
      const button = el("button", "button", icon(shape), el("span", "", t(`screens.${word}`)));
      button.type = "button";
      button.dataset.does = does;
      button.setAttribute("aria-label", t(`screens.${word}_label`, { name }));
      button.addEventListener("click", () => this.does[does](this.row));
      return button;
    };
    const tools = [];
    if (this.mayOrder() && row.connected) tools.push(tool("identify", "eye", "identify"), tool("next", "release", "next"));
    if (this.mayOrder()) tools.push(row.order.blank ? tool("blank", "sun", "unblank") : tool("blank", "moon", "blank"));
    tools.push(tool("open", "down", "more"));
    this.#tools.replaceChildren(...tools);
    if (hadFocus) this.#tools.querySelector(`[data-does="${hadFocus}"]`)?.focus();
  }
}
