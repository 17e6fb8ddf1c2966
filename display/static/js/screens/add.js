// Adding a screen: by the code on its glass where screens are paired, else by its address.

import { t } from "../page.js";
import { ask, isGood } from "../people/ask.js";
import { busy, clear, complain } from "../people/fields.js";
import { confirm, openDialog, tell } from "../people/pieces.js";
import { codeProblem, normalCode } from "../signin.js";
import { refused } from "./orders.js";

const $ = (id) => document.getElementById(id);
const FIELDS = { code: "add-code", title: "add-title" };

/** base is the address of /screen as displays reach it; added(id) runs when a screen has been let in. */
export function mountAdd({ base, added }) {
  const open = () => {
    clear($("add"));
    openDialog($("add"));
    ($("add-code") ?? $("add-title")).focus();
  };
  for (const button of document.querySelectorAll("[data-add]")) button.addEventListener("click", open);

  if ($("add-code")) {
    $("add-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(event.submitter ?? $("add-code"), () => pair());
    });
  } else {
    const show = () => {
      const id = idOf($("add-title").value);
      $("add-address").textContent = `${base}/${id || "…"}`;
      $("add-open").href = `/screen/${id || "main"}`;
      $("add-open").toggleAttribute("aria-disabled", !id);
    };
    $("add-title").addEventListener("input", show);
    $("add-form").addEventListener("submit", (event) => {
      event.preventDefault();
      if (idOf($("add-title").value)) window.open($("add-open").href, "_blank", "noopener");
    });
    $("add-copy").addEventListener("click", async () => {
      await navigator.clipboard?.writeText($("add-address").textContent).catch(() => {});
      tell(t("screens.copied"));
    });
    show();
  }

  async function pair({ instead = false } = {}) {
    clear($("add-form"));
    const problem = codeProblem($("add-code").value);
    if (problem) return complain("add-code", t(problem === "signin.no_code" ? "screens.refused.no-code" : problem, { n: normalCode($("add-code").value).length }));
    const title = $("add-title").value.trim();
    if (!title) return complain("add-title", t("screens.refused.no-name"));
    const answer = await ask("POST", "/screens", { code: $("add-code").value, title, instead });
    if (isGood(answer)) {
      $("add").close("");
      $("add-form").reset();
      tell(t("screens.added", { name: answer.body.title }));
      return added(answer.body.id);
    }
    if (answer.body?.error?.code === "name-taken" && answer.body.taken) {
      if (await confirm(t("screens.instead_ask", { name: title }), t("screens.instead_text"), t("screens.instead"))) return pair({ instead: true });
      return complain("add-title", refused(answer));
    }
    return complain(FIELDS[answer.body?.error?.field] ?? "add-form", refused(answer));
  }
}

/** What stands in the address of a screen of that name; of names without any letter of ours, a sign of them. Pure. */
export function idOf(title) {
  if (!title.trim() || slug(title)) return slug(title);
  let sum = 7;
  for (const char of title.trim()) sum = (sum * 31 + char.codePointAt(0)) % 46_656;
  return `screen-${sum.toString(36)}`;
}

/** "Hall A" -> "hall-a"; "" where no letter of a-z is left. Pure. */
export function slug(title) {
  const plain = title.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "");
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40).replace(/-+$/, "");
}
