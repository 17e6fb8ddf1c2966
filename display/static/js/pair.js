// The tablet's side of pairing: a confirmation, or the code typed by hand.

import { keep, mountTheme, t } from "./page.js";
import { ask, hasTouch, isGood, reason } from "./people/ask.js";
import { busy, complain } from "./people/fields.js";
import { face } from "./people/pieces.js";
import { codeProblem, normalCode } from "./signin.js";

const $ = (id) => document.getElementById(id);

async function enter() {
  const answer = await ask("POST", "/session", { pair: $("confirm").dataset.code, touch: hasTouch() });
  if (isGood(answer)) {
    keep.set("parvis.name", $("whose").textContent);
    location.replace("/desk");
  } else complain("form", answer.status === 401 ? t("pair.wrong") : reason(answer));
}

mountTheme();
for (const node of document.querySelectorAll("[data-face]")) face(node, node.dataset.face);
$("yes")?.addEventListener("click", () => void busy($("yes"), enter));
$("by-hand")?.addEventListener("submit", (event) => {
  const problem = codeProblem($("code").value);
  if (problem) {
    event.preventDefault();
    complain("code", t(problem === "signin.no_code" ? "pair.no_code" : problem, { n: normalCode($("code").value).length }));
  }
});
($("yes") ?? $("code")).focus();
