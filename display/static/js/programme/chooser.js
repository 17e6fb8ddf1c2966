// Choosing a layout for a new scene: a drawn picture, a name, one sentence.

import { el, style } from "../dom.js";
import { t, tOr } from "../page.js";
import { openDialog } from "../people/pieces.js";
import { thumb } from "./thumbs.js";
import { hueOf, layoutTitle } from "./words.js";

const ORDER = ["bento", "spotlight", "photos", "masonry", "ticker", "mosaic", "words", "numbers", "notice", "sponsor", "countdown", "join", "film"];
const rank = (name) => (ORDER.indexOf(name) + 1 || ORDER.length + 1);

/** Asks for a layout; resolves with its name, or null. */
export function chooseLayout(dialog, layouts) {
  const list = dialog.querySelector("#layouts");
  const names = [...layouts.keys()].sort((a, b) => rank(a) - rank(b));
  return new Promise((done) => {
    list.replaceChildren(...names.map((name) => el("li", "", card(layouts.get(name), () => dialog.close(name)))));
    openDialog(dialog, () => done(dialog.returnValue || null));
    list.querySelector("button")?.focus();
  });
}

function card(layout, pick) {
  const needs = Object.entries(layout.needs).filter(([, n]) => n > 1);
  const marks = needs.map(([what, n]) => el("span", "chip", t(`programme.waits.${what}`, { n })));
  if (layout.traits.evergreen) marks.push(el("span", "chip", t("programme.evergreen")));
  const button = el(
    "button", "layout-card", el("span", "scene-thumb", thumb(layout.name)),
    el("strong", "", layoutTitle(layout.name)),
    el("span", "soft", tOr(`layout.${layout.name}.summary`, layout.summary)),
    el("span", "layout-marks", ...marks),
  );
  button.type = "button";
  button.dataset.layout = layout.name;
  style(button, { "--h": hueOf(layout.name) });
  button.addEventListener("click", pick);
  return button;
}
