// The kiosks under the screens: what each shows, whether its camera works, how the studio and the printer are.

import { el } from "../dom.js";
import { many, t, tOr } from "../page.js";
import { ask, isGood } from "../people/ask.js";

const LOOK_MS = 3000;

const $ = (id) => document.getElementById(id);

/** Looks every three seconds for as long as the page is seen. A house without a kiosk shows nothing. */
export function mountKiosks() {
  const look = async () => {
    if (!document.hidden) {
      const answer = await ask("GET", "/kiosks");
      if (isGood(answer)) show(answer.body);
    }
    setTimeout(look, LOOK_MS);
  };
  void look();
}

function show({ kiosks, studio, pool, printer, waiting }) {
  $("kiosks").hidden = !kiosks.length;
  const words = [studio ? many("screens.kiosk.pool", pool) : t("screens.kiosk.no_studio")];
  if (waiting) words.push(many("screens.kiosk.waiting", waiting));
  if (printer) words.push(t(`screens.kiosk.printer_${printer.why || "ready"}`));
  say($("studio"), words.join(" · "));
  $("studio").dataset.light = studio && !printer?.why ? "good" : "bad";
  $("kiosk-list").replaceChildren(...kiosks.map(row));
}

function row({ id, view, camera, error, made, silent }) {
  const isBad = silent || ["denied", "none", "busy", "lost"].includes(camera);
  const words = [
    silent ? t("screens.kiosk.silent") : tOr(`screens.kiosk.view_${view}`, view),
    !silent && camera ? t(`screens.kiosk.camera_${camera}`) : "",
    made ? many("screens.kiosk.made", made) : "",
    error,
  ];
  const item = el("li", "", el("i", `dot ${isBad ? "bad" : "good"}`), el("strong", "", id), " ", el("span", "soft", words.filter(Boolean).join(" · ")));
  return item;
}

function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
