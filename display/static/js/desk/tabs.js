// The four lists, each with its number.

/** "1,204" while it fits, then "12k": a tab is narrow. Pure. */
export function short(n, language = "en") {
  if (n < 10_000) return new Intl.NumberFormat(language).format(n);
  return new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 0 }).format(n);
}

export class Tabs {
  /** @param buttons with `data-tab` and a `.count`; pick (tab) */
  constructor(buttons, pick) {
    this.buttons = [...buttons];
    for (const button of this.buttons) button.addEventListener("click", () => pick(button.dataset.tab));
  }

  show(chosen, counts) {
    for (const button of this.buttons) {
      const { tab } = button.dataset;
      const count = button.querySelector(".count");
      const text = short(counts[tab], document.documentElement.lang);
      if (count.textContent !== text) count.textContent = text;
      count.classList.toggle("is-none", !counts[tab]);
      if (tab === chosen) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
  }
}
