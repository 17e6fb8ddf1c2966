// The buttons under the card, in reach of the thumbs.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";
import { VERDICTS, buttonsFor } from "./verdicts.js";

const DOUBLE_MS = 250; // a second tap so soon was meant for the card before
const LETTER = { approve: "A", reject: "R", hold: "H", release: "H", withdraw: "W", unapprove: "U", reopen: "U" };

export class Actions {
  #words = "";
  #pressedAt = -DOUBLE_MS;

  /** @param press (verdict) */
  constructor(root, press) {
    this.root = root;
    this.press = press;
  }

  show(post) {
    const words = post ? buttonsFor(post.state, post.pinned) : [];
    this.root.hidden = !words.length;
    if (this.#words === words.join(" ")) return;
    this.#words = words.join(" ");
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.verdict : null;
    this.root.dataset.count = String(words.length);
    this.root.replaceChildren(...words.map((verdict) => this.#button(verdict)));
    if (focused) this.root.querySelector(`[data-verdict="${focused}"]`)?.focus();
  }

  /** Deaf for a moment: the card in view is about to change under the thumb. */
  still(isStill) {
    this.root.inert = isStill;
  }

  #button(verdict) {
    const button = el("button", `act ${verdict}`, icon(verdict), el("span", "", t(`desk.verdict.${verdict}`)));
    button.type = "button";
    button.dataset.verdict = verdict;
    if (VERDICTS[verdict].isFinal) button.setAttribute("aria-haspopup", "dialog");
    if (LETTER[verdict]) {
      const key = el("kbd", "", LETTER[verdict]);
      key.ariaHidden = "true";
      button.append(key);
      button.setAttribute("aria-keyshortcuts", LETTER[verdict]);
    }
    button.addEventListener("click", (event) => {
      const isTap = event.detail > 0; // the keyboard's Enter is meant each time
      if (isTap && event.timeStamp - this.#pressedAt < DOUBLE_MS) return;
      this.#pressedAt = event.timeStamp;
      this.press(verdict);
    });
    return button;
  }
}
