// The buttons under the card, in reach of the thumbs.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { many, t } from "../page.js";
import { VERDICTS, buttonsFor, eyesOf } from "./verdicts.js";

const DOUBLE_MS = 250; // a second tap so soon was meant for the card before
const LETTER = { approve: "A", reject: "R", hold: "H", release: "H", withdraw: "W", unapprove: "U", reopen: "U", pin: "I", unpin: "I" };

export class Actions {
  #sign = "";
  #pressedAt = -DOUBLE_MS;

  /** @param press (verdict) */
  constructor(root, press) {
    this.root = root;
    this.press = press;
  }

  /** @param seen {size of its cluster, me, mayDecide, isReady: the server has said who we are} */
  show(post, { size = 1, me = "", mayDecide = true, isReady = true } = {}) {
    const verdicts = post && mayDecide ? buttonsFor(post.state, post.pinned) : [];
    const rows = verdicts.map((verdict) => [verdict, wordOf(verdict, post, size, me), verdict === "approve" && eyesOf(post, me) === "waiting"]);
    const isMute = Boolean(post) && isReady && !mayDecide;
    this.root.hidden = !rows.length && !isMute;
    const sign = JSON.stringify([rows, isMute]);
    if (sign === this.#sign) return;
    this.#sign = sign;
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.verdict : null;
    this.root.dataset.count = String(rows.length);
    this.root.classList.toggle("is-many", size > 1);
    this.root.replaceChildren(...rows.map((row) => this.#button(...row)));
    if (isMute) this.root.append(el("p", "mute soft", icon("eye"), t("desk.viewer")));
    if (focused) this.root.querySelector(`[data-verdict="${focused}"]`)?.focus();
  }

  /** What the button of a verdict says now. */
  wordOf(verdict) {
    return this.root.querySelector(`[data-verdict="${verdict}"] > span`)?.textContent ?? "";
  }

  /** Deaf for a moment: the card in view is about to change under the thumb. */
  still(isStill) {
    this.root.inert = isStill;
  }

  #button(verdict, word, isWaiting) {
    const button = el("button", `act ${verdict}`, icon(isWaiting ? "eye" : verdict), el("span", "", word));
    button.type = "button";
    button.dataset.verdict = verdict;
    if (isWaiting) button.setAttribute("aria-disabled", "true");
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

/** What a button says: plainly what a press does, on one card or on many, as the first or the second of two people. */
function wordOf(verdict, post, size, me) {
  if (size > 1 && ["reject", "hold", "release"].includes(verdict)) return many(`desk.all.${verdict}`, size);
  if (verdict === "approve") {
    const eyes = eyesOf(post, me);
    if (eyes) return t(`desk.approve.${eyes}`);
    if (size > 1) return many("desk.all.approve", size - 1);
  }
  return t(`desk.verdict.${verdict}`);
}
