// The lines that put the wall on a website: one press copies them.

import { t } from "../page.js";

const SAID_MS = 2500;

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard; // plain http in a hall: the lines are selected by hand
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent).catch(() => {});
    button.textContent = t("twin.start.copied");
    setTimeout(() => (button.textContent = t("twin.start.copy")), SAID_MS);
  });
}
