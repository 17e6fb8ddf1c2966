// Three dialogs: the keyboard's help, "are you sure", and a picture as large as it is.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";
import { areOn, setOn } from "./keys.js";
import { picture } from "./pieces.js";

const GROUPS = [
  ["moving", [["J", "↓", "next"], ["K", "↑", "previous"], ["1–4", "", "tabs"], ["/", "", "search"], ["F", "", "filter"], ["X", "", "clear"]]],
  ["deciding", [["A", "", "approve"], ["R", "", "reject"], ["H", "", "hold"], ["U", "", "unapprove"], ["I", "", "pin"], ["W", "", "withdraw"], ["Z", "", "undo"]]],
  ["cluster", [["E", "", "keep"], ["O", "", "apart"]]],
  ["looking", [["B", "", "veil"], ["V", "", "zoom"], ["T", "", "author"], ["L", "", "labels"], ["N", "", "memo"], ["S", "", "spotlight"], ["D", "", "shown"]]],
  ["house", [["Y", "", "history"], ["G", "", "people"], ["P P", "", "panic"], ["?", "", "help"]]],
];

export function mountDialogs() {
  const help = document.getElementById("help");
  const sure = document.getElementById("sure");
  const large = document.getElementById("large");
  for (const dialog of [help, sure, large]) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close("");
    });
  }
  help.querySelector(".keys").replaceChildren(
    ...GROUPS.map(([group, keys]) => {
      const list = el("dl", "", ...keys.map(([key, other, word]) => {
        const term = el("dt", "", el("kbd", "", key));
        if (other) term.append(el("kbd", "", other));
        return el("div", "", term, el("dd", "", t(`desk.key.${word}`)));
      }));
      return el("section", "key-group", el("h3", "", t(`desk.keys.${group}`)), list);
    }),
  );
  const letters = help.querySelector("#letters");
  letters.checked = areOn();
  letters.addEventListener("change", () => setOn(letters.checked));

  return {
    help: () => {
      help.showModal();
      help.querySelector("h2").focus();
    },

    /** Asks; true when the person says yes. `more` says what will happen. Escape and a tap beside the dialog say no. */
    confirm: (text, word, kind, more = "") =>
      new Promise((done) => {
        if (sure.open) return done(false);
        sure.querySelector("h2").textContent = text;
        sure.querySelector(".sure-more").textContent = more;
        const yes = sure.querySelector("[value=yes]");
        yes.textContent = word;
        yes.className = `button ${kind || "go"}`;
        sure.returnValue = "";
        sure.addEventListener("close", () => done(sure.returnValue === "yes"), { once: true });
        sure.showModal();
      }),

    /** Shows pictures one at a time, beginning with `at`. */
    zoom: (pictures, at) => {
      const show = (index) => {
        const one = pictures[index];
        const close = el("button", "icon-button", icon("close"));
        close.type = "button";
        close.dataset.close = "";
        close.setAttribute("aria-label", t("page.close"));
        const bar = el("div", "zoom-bar", el("p", "", one.alt || t("desk.no_alt")));
        if (pictures.length > 1) {
          const next = el("button", "button", t("desk.next_picture", { n: index + 1, of: pictures.length }));
          next.type = "button";
          next.addEventListener("click", () => show((index + 1) % pictures.length));
          bar.append(next);
        }
        bar.append(close);
        large.replaceChildren(picture(one, "large"), bar);
      };
      show(at);
      large.showModal();
    },
  };
}
