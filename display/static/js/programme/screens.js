// Which screens follow the programme, and trying the draft on one of them.

import { el } from "../dom.js";
import { hour, t } from "../page.js";
import { programmeTitle } from "./words.js";

const OTHERS = "*";

export class Screens {
  /** `tryOn(screen)` and `endTrial(screen)` ask the server. */
  constructor(root, store, { tryOn, endTrial, canChange }) {
    Object.assign(this, { root, store, tryOn, endTrial, canChange });
    store.subscribe((what) => (what === "draft" || what === "list") && this.render());
  }

  render() {
    const { store } = this;
    const followers = new Set(store.followers);
    const isUsual = store.others === store.name && ![...followers].includes(OTHERS);
    const rows = [this.#row({ screen: OTHERS, programme: store.others }, followers.has(OTHERS) || isUsual, isUsual)];
    const known = new Map(store.screens.map((one) => [one.screen, one]));
    for (const screen of followers) if (screen !== OTHERS && !known.has(screen)) known.set(screen, { screen, connected: false, programme: store.name });
    for (const one of known.values()) rows.push(this.#row(one, followers.has(one.screen), false));
    if (!known.size) rows.push(el("li", "soft small", t("programme.no_screens")));
    const focused = document.activeElement?.closest?.("[data-screen]")?.dataset.screen;
    this.root.replaceChildren(...rows);
    if (focused !== undefined) this.root.querySelector(`[data-screen="${CSS.escape(focused)}"] input`)?.focus();
  }

  #row(one, isFollower, isFixed) {
    const isOthers = one.screen === OTHERS;
    const input = el("input");
    Object.assign(input, { type: "checkbox", checked: isFollower, disabled: isFixed || !this.canChange });
    input.addEventListener("change", () =>
      this.store.change((draft) => {
        draft.screens = draft.screens.filter((screen) => screen !== one.screen);
        if (input.checked) draft.screens.push(one.screen);
      }),
    );
    const words = el("span", "row-words", el("strong", "", isOthers ? t("programme.others") : one.screen), el("span", "soft small", this.#state(one, isFixed)));
    const row = el("li", "", el("label", "follow", input, ...(isOthers ? [] : [el("i", one.connected ? "dot good" : "dot")]), words));
    row.dataset.screen = one.screen;
    return row;
  }

  #state(one, isFixed) {
    if (isFixed) return t("programme.others_fixed");
    const trial = this.store.trials.find((each) => each.screen === one.screen);
    if (trial) return t("programme.tries", { name: trial.by });
    const title = programmeTitle(one.programme);
    if (one.sent) return t("programme.sent", { name: title });
    const away = one.connected === false ? ` · ${t("programme.away")}` : "";
    if (one.programme !== this.store.name) return t("programme.follows", { name: title }) + away;
    return t(this.store.followers.includes(one.screen) ? "programme.follows_this" : "programme.follows_too") + away;
  }

  /** The screens that a draft can be tried on, as buttons. */
  fillTry(list, close) {
    const there = this.store.screens.filter((one) => one.connected);
    const buttons = there.map((one) => {
      const button = el("button", "menu-row", one.screen);
      button.type = "button";
      button.addEventListener("click", () => {
        close();
        this.tryOn(one.screen);
      });
      return el("li", "", button);
    });
    list.replaceChildren(...(buttons.length ? buttons : [el("li", "soft", t("programme.no_screen_there"))]));
  }

  /** What is being tried now, each with the way to end it. */
  fillTrials(place) {
    place.hidden = !this.store.trials.length;
    place.replaceChildren(...this.store.trials.map((trial) => {
      const until = hour(new Date(trial.until * 1000).toISOString());
      const row = el("p", "trial", el("i", "dot busy"), el("span", "", t("programme.trial", { screen: trial.screen, name: trial.by, time: until })));
      if (this.canChange) {
        const end = el("button", "button small", t("programme.trial_end"));
        end.type = "button";
        end.addEventListener("click", () => this.endTrial(trial.screen));
        row.append(end);
      }
      return row;
    }));
  }
}
