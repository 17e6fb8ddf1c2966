// Pictures that may hurt stand behind a veil until somebody asks for them. Why is always said in words.

import { Recent, el } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";
import { reasonText } from "./pieces.js";

const RULES = new Set(["sensitive", "classifier", "rejected-before", "rejected_before"]);
const LIFTED_KEPT = 200;

/** Why the pictures of a card stand behind a veil, in words; "" where they do not. */
export function whyVeiled(post) {
  if (!post.card?.pictures?.length) return "";
  if (post.card.warning) return t("desk.warning", { text: post.card.warning });
  const reason = (post.reasons ?? []).find(({ rule }) => RULES.has(rule));
  return reason ? reasonText(reason) : "";
}

/** The veils that this person has lifted, for as long as the page lives. A new revision is veiled again. */
export class Veils {
  #lifted = new Recent(LIFTED_KEPT);

  isOn(post) {
    return Boolean(whyVeiled(post)) && !this.#lifted.has(`${post.id} ${post.rev}`);
  }

  /** Lifts the veil, or lets it fall again. */
  toggle(post) {
    const key = `${post.id} ${post.rev}`;
    if (this.#lifted.has(key)) this.#lifted.delete(key);
    else this.#lifted.set(key, true);
  }
}

/** The button that lies over veiled pictures. */
export function veilOf(post, lift) {
  const key = el("kbd", "", "B");
  key.ariaHidden = "true";
  const button = el("button", "veil", icon("eye"), el("strong", "", t("desk.veil_lift")), el("span", "", whyVeiled(post)), key);
  button.type = "button";
  button.dataset.do = "veil";
  button.addEventListener("click", lift);
  return button;
}
