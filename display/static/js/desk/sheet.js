// One sheet for everything that is not a decision: it rises from the edge where the thumbs are, over the card.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";

export class Sheet {
  /** Which sheet is open ("author", "history", …), "" when none is. */
  name = "";

  constructor(dialog) {
    this.dialog = dialog;
    this.title = el("h2");
    this.title.id = "sheet-title";
    this.title.tabIndex = -1;
    const close = el("button", "icon-button", icon("close"));
    close.type = "button";
    close.setAttribute("aria-label", t("page.close"));
    close.addEventListener("click", () => this.close());
    this.body = el("div", "sheet-body");
    dialog.append(el("header", "sheet-head", this.title, close), this.body);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) this.close();
    });
    // told a moment later: by then another sheet may be open in its place
    dialog.addEventListener("close", () => !dialog.open && this.#leave());
  }

  /** Opens under `name` with these nodes; `gone` is called when it closes, whoever closed it. */
  open(name, title, nodes, { gone = null } = {}) {
    this.close();
    this.#leave();
    this.name = name;
    this.gone = gone;
    this.title.textContent = title;
    this.dialog.dataset.sheet = name;
    this.body.replaceChildren(...nodes);
    this.dialog.showModal();
    this.body.scrollTop = 0;
    (this.body.querySelector("[autofocus]") ?? this.title).focus();
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  #leave() {
    const { gone } = this;
    this.name = "";
    this.gone = null;
    gone?.();
    this.body.replaceChildren();
  }
}

/** A button that is pressed or not. */
export function toggle(className, isOn, press, ...children) {
  const button = el("button", `toggle ${className}`, ...children);
  button.type = "button";
  button.setAttribute("aria-pressed", String(isOn));
  button.addEventListener("click", () => press(button));
  return button;
}

/** A button with an icon and words. */
export function plain(className, shape, text, press) {
  const button = el("button", `button ${className}`, ...(shape ? [icon(shape)] : []), el("span", "", text));
  button.type = "button";
  button.addEventListener("click", press);
  return button;
}

/** A post in one line, for lists inside sheets. `children` stand at its end. */
export function line(className, press, ...children) {
  const row = press ? el("button", `line ${className}`, ...children) : el("div", `line ${className}`, ...children);
  if (press) {
    row.type = "button";
    row.addEventListener("click", press);
  }
  return row;
}
