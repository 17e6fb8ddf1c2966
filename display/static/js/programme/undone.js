// A word about what was just done, with the way back.

import { el } from "../dom.js";

const STANDS_MS = 10_000;

/** Says `text` with a button `word` that runs `back`; it goes by itself. */
export function undoable(text, word, back) {
  const button = el("button", "button small", word);
  button.type = "button";
  const toast = el("p", "toast", el("span", "", text), button);
  const timer = setTimeout(() => toast.remove(), STANDS_MS);
  button.addEventListener("click", () => {
    clearTimeout(timer);
    toast.remove();
    back();
  });
  document.getElementById("voice").replaceChildren(toast);
}
