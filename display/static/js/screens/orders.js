// Orders to screens, each with its way back: what can be undone is undone by a button or Z, the rest is asked first.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../page.js";
import { ask, isGood, reason } from "../people/ask.js";
import { nameOf } from "./state.js";
import { programmeName, themeName } from "./words.js";

const UNDO_MS = 10_000;

export class Orders {
  #undo = null;
  #timer = 0;

  /** place: where toasts stand; confirm(title, text, word) -> Promise<boolean>. */
  constructor({ place, confirm }) {
    Object.assign(this, { place, confirm, home: place.parentElement });
    for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("close", () => this.home.append(place));
  }

  identify(row) {
    return this.#send(row, "identify", "", t("screens.did.identify", { name: nameOf(row) }));
  }

  next(row) {
    return this.#send(row, "next", "", t("screens.did.next", { name: nameOf(row) }));
  }

  async reload(row) {
    const name = nameOf(row);
    if (!(await this.confirm(t("screens.reload_ask", { name }), t("screens.reload_text"), t("screens.reload")))) return false;
    return this.#send(row, "reload", "", t("screens.did.reload", { name }));
  }

  blank(row, isOn = !row.order.blank) {
    const [word, back] = isOn ? ["blank", "unblank"] : ["unblank", "blank"];
    return this.#send(row, word, "", t(`screens.did.${word}`, { name: nameOf(row) }), () => this.#send(row, back, "", t(`screens.did.${back}`, { name: nameOf(row) })));
  }

  programme(row, name, before = row.order.programme) {
    const text = name ? t("screens.did.programme", { name: nameOf(row), programme: programmeName(name) }) : t("screens.did.programme_own", { name: nameOf(row) });
    return this.#send(row, "programme", name, text, () => this.#send(row, "programme", before, t("screens.undone")));
  }

  theme(row, name, before = row.order.theme) {
    const text = name ? t("screens.did.theme", { name: nameOf(row), theme: themeName(name) }) : t("screens.did.theme_own", { name: nameOf(row) });
    return this.#send(row, "theme", name, text, () => this.#send(row, "theme", before, t("screens.undone")));
  }

  async rename(row, title) {
    const before = row.title;
    const answer = await ask("PATCH", `/screens/${encodeURIComponent(row.id)}`, { title });
    this.#told(answer, t("screens.did.rename", { name: nameOf({ ...row, title }) }), () => ask("PATCH", `/screens/${encodeURIComponent(row.id)}`, { title: before }));
    return isGood(answer);
  }

  /** Off the list, with its orders and its pairing. */
  async forget(row) {
    const name = nameOf(row);
    if (!(await this.confirm(t("screens.forget_ask", { name }), t(row.paired ? "screens.forget_text_paired" : "screens.forget_text"), t("screens.forget")))) return false;
    const answer = await ask("DELETE", `/screens/${encodeURIComponent(row.id)}`);
    this.#told(answer, t("screens.did.forget", { name }));
    return isGood(answer);
  }

  /** The device is no longer that screen. */
  async letGo(row) {
    const name = nameOf(row);
    if (!(await this.confirm(t("screens.let_go_ask", { name }), t("screens.let_go_text"), t("screens.let_go")))) return false;
    const answer = await ask("DELETE", `/screens/${encodeURIComponent(row.id)}/pairing`);
    this.#told(answer, t("screens.did.let_go", { name }));
    return isGood(answer);
  }

  /** Takes the last order back, if it can be. */
  undo() {
    const undo = this.#undo;
    this.#clear();
    undo?.();
  }

  async #send(row, command, name, text, undo = null) {
    const answer = await ask("POST", `/screens/${encodeURIComponent(row.id)}/command`, { command, ...(name ? { name } : {}) });
    this.#told(answer, text, undo);
    return isGood(answer);
  }

  #told(answer, text, undo = null) {
    if (answer.status === 401) return location.reload();
    this.#clear();
    const isDone = isGood(answer);
    const toast = el("div", `toast ${isDone ? "" : "bad"}`, el("span", "toast-text", isDone ? text : refused(answer)));
    this.#undo = isDone ? undo : null;
    if (this.#undo) {
      const button = el("button", "button small", icon("undo"), t("screens.undo"), el("kbd", "", "Z"));
      button.type = "button";
      button.lastChild.ariaHidden = "true";
      button.addEventListener("click", () => this.undo());
      toast.append(button);
    }
    (document.querySelector("dialog[open]") ?? this.home).append(this.place); // beside an open dialog nothing can be pressed
    this.place.replaceChildren(toast);
    this.#timer = setTimeout(() => this.#clear(), UNDO_MS);
  }

  #clear() {
    clearTimeout(this.#timer);
    this.#undo = null;
    this.place.replaceChildren();
  }
}

/** Why nothing was done. */
export function refused(answer) {
  const code = answer.body?.error?.code;
  return ["no-screen", "connected", "not-paired", "wrong-code", "no-code", "name-taken", "no-name"].includes(code) ? t(`screens.refused.${code}`) : reason(answer);
}
