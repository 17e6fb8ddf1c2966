// Something is wrong with screens: their names, what it is, and the way to the page where they all stand.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";
import { shownName } from "./receipts.js";

const ORDER = ["silent", "frozen", "clock", "errors", "old"];
const NAMED = 3;

/** One sentence for each kind of trouble, the worst first: [[kind, [names]]…]. Pure. */
export function byKind(alerts) {
  const kinds = new Map(ORDER.map((kind) => [kind, []]));
  for (const { kind, screen, title } of alerts) kinds.get(kind)?.push(title || shownName(screen));
  return [...kinds].filter(([, names]) => names.length);
}

export class ScreenAlerts {
  #sign = "[]";

  constructor({ banner, say }) {
    Object.assign(this, { banner, say });
  }

  /** @param alerts [{screen, title, kind, since}]; none when all is well */
  show(alerts) {
    const kinds = byKind(alerts);
    const sign = JSON.stringify(kinds);
    if (sign === this.#sign) return;
    this.#sign = sign;
    this.banner.hidden = kinds.length === 0;
    if (!kinds.length) {
      this.banner.replaceChildren();
      this.say(t("screens.alert_over"));
      return;
    }
    const texts = kinds.map(([kind, names]) => t(`screens.alert.${kind}`, { names: shortList(names) }));
    const link = el("a", "button", t("screens.alert_link"));
    link.href = `/desk/screens?lang=${document.documentElement.lang}`;
    this.banner.replaceChildren(icon("screen"), el("span", "screen-words", texts.join(" · ")), link);
    this.say(texts.join(" "));
  }
}

function shortList(names) {
  const more = names.length - NAMED;
  return [...names.slice(0, NAMED), ...(more > 0 ? [`+${more}`] : [])].join(", ");
}
