// The keyboard: one letter a decision. Letters can be switched off (WCAG 2.1.4) for people who speak or dictate.

import { keep } from "../page.js";

const KEPT = "parvis.desk.keys";

export function areOn() {
  return keep.get(KEPT) !== "off";
}

export function setOn(isOn) {
  if (isOn) keep.drop(KEPT);
  else keep.set(KEPT, "off");
}

const OPENS = { t: "author", l: "labels", n: "memo", s: "spotlight", d: "shown", y: "history", f: "filter", g: "people" };
const DOES = { b: "veil", e: "keep", o: "apart", i: "pin", v: "zoom", x: "clear" };

/** What a key press asks for, or null: {move}, {tab}, {letter}, {open}, {act}, {help}, {undo}, {panic}, {search}. Pure. */
export function meaning({ key, ctrlKey, metaKey, altKey, repeat }) {
  if (ctrlKey || metaKey || altKey) return null;
  const low = key.length === 1 ? key.toLowerCase() : key;
  if (low === "ArrowDown" || low === "ArrowRight" || low === "j") return { move: 1 };
  if (low === "ArrowUp" || low === "ArrowLeft" || low === "k") return { move: -1 };
  if (repeat) return null; // a key held down moves, it never decides
  if (low === "?") return { help: true };
  if (low === "/") return { search: true };
  if (low === "z") return { undo: true };
  if (low === "p") return { panic: true };
  if (/^[1-4]$/.test(low)) return { tab: Number(low) - 1 };
  if (/^[arhwu]$/.test(low)) return { letter: low };
  if (OPENS[low]) return { open: OPENS[low] };
  if (DOES[low]) return { act: DOES[low] };
  return null;
}

const TYPES = "input, textarea, select, [contenteditable]";

/** Listens for the whole page, except while somebody types or a dialog is open. */
export function mountKeys(act) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.target.closest?.(TYPES) || document.querySelector("dialog[open]")) return;
    const asked = meaning(event);
    if (!asked) return;
    const isArrow = event.key.startsWith("Arrow");
    if (!isArrow && !areOn() && !asked.help) return;
    // arrows inside an open pop-up or on a scrolled picture belong to the browser
    if (isArrow && event.target.closest?.("[popover]")) return;
    event.preventDefault();
    act(asked);
  });
}
