// Short words at the foot of the page: what was just decided, with its undo, and news that ask for nothing.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";
import { UNDO_MS } from "./decisions.js";

const NEWS_MS = 7000;
const NEWS_SHOWN = 3;

export class Toasts {
  #timer = 0;
  #undo = null;

  /** @param undo () the person wants the last decision back */
  constructor(root, say, { undo }) {
    this.root = root;
    this.say = say;
    this.undoPressed = undo;
  }

  /** The undo of a decision: one at a time, the newest; it leaves after ten seconds. */
  decided(text, { canUndo }) {
    this.clearUndo();
    const toast = el("div", "toast", el("span", "toast-text", text));
    if (canUndo) {
      const button = el("button", "button", icon("undo"), t("desk.undo"));
      button.type = "button";
      const key = el("kbd", "", "Z");
      key.ariaHidden = "true";
      button.append(key);
      button.addEventListener("click", () => this.undoPressed());
      toast.append(button, el("span", "toast-time"));
    }
    this.#undo = toast;
    this.root.append(toast);
    this.#timer = setTimeout(() => this.clearUndo(), canUndo ? UNDO_MS : NEWS_MS);
  }

  clearUndo() {
    clearTimeout(this.#timer);
    this.#undo?.remove();
    this.#undo = null;
  }

  /** A piece of news, said aloud too. `kind` "bad" stays twice as long. */
  news(text, kind = "") {
    const toast = el("div", `toast news ${kind}`, el("span", "toast-text", text));
    this.root.prepend(toast);
    for (const old of [...this.root.querySelectorAll(".news")].slice(NEWS_SHOWN)) old.remove();
    setTimeout(() => toast.remove(), kind === "bad" ? NEWS_MS * 2 : NEWS_MS);
    this.say(text);
  }
}

/** A polite voice for screen readers. `later` texts are gathered: at most one every eight seconds. */
export function mountVoice(root) {
  const EVERY_MS = 8000;
  let last = -EVERY_MS;
  let timer = 0;
  const say = (text) => {
    last = performance.now();
    root.replaceChildren(el("p", "", text));
  };
  const later = (makeText) => {
    clearTimeout(timer);
    timer = setTimeout(() => say(makeText()), Math.max(300, EVERY_MS - (performance.now() - last)));
  };
  return { say, later };
}
