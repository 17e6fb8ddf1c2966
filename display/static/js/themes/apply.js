// Putting a theme on: on one screen, or on all that are known.

import { el } from "../dom.js";
import { t } from "../page.js";
import { isGood, reason } from "../people/ask.js";
import { undoable } from "../programme/undone.js";
import { themeTitle } from "./words.js";

export class Apply {
  /** `trouble(text)` says what did not work. */
  constructor(list, store, line, { close, trouble }) {
    Object.assign(this, { list, store, line, close, trouble });
  }

  fill() {
    const { store } = this;
    const all = this.#button(t("themes.all_screens"), "", () => this.#put(store.screens));
    const rows = store.screens.map((one) => {
      const title = themeTitle(one.theme, store.find(one.theme)?.theme.title);
      const words = one.theme === store.name ? t("themes.wears_this") : t("themes.wears", { name: title });
      return this.#button(one.screen, one.connected ? words : `${words} · ${t("programme.away")}`, () => this.#put([one]));
    });
    if (store.screens.length > 1) rows.unshift(all);
    this.list.replaceChildren(...(rows.length ? rows : [el("li", "soft", t("programme.no_screens"))]));
  }

  #button(name, words, press) {
    const button = el("button", "menu-row", el("span", "", name), ...(words ? [el("span", "soft small", words)] : []));
    button.type = "button";
    button.addEventListener("click", () => {
      this.close();
      void press();
    });
    return el("li", "", button);
  }

  async #put(screens) {
    const { store } = this;
    const name = store.name;
    const before = screens.map((one) => [one.screen, one.sent ? one.theme : ""]);
    if (!(await this.#send(screens.map((one) => [one.screen, name])))) return;
    const title = themeTitle(name, store.get("", "title"));
    const text = screens.length === 1 ? t("themes.applied", { name: title, screen: screens[0].screen }) : t("themes.applied_all", { name: title, n: screens.length });
    undoable(text, t("programme.undo"), () => void this.#send(before));
  }

  async #send(pairs) {
    const answers = await Promise.all(pairs.map(([screen, name]) => this.line.dress(screen, name)));
    const bad = answers.find((answer) => !isGood(answer));
    this.trouble(bad ? reason(bad) : "");
    await this.line.look();
    return !bad;
  }
}
