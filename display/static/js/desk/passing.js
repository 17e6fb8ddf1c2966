// Passing a post on: the departments that should know of it, and a memo for the others at the desk.

import { el } from "../dom.js";
import { t } from "../page.js";
import { plain, toggle } from "./sheet.js";

const MEMO_MAX = 1000;

export class Passing {
  /** @param labels the departments [{name, title}]; label (post, names) and memo (post, text) send */
  constructor({ sheet, label, memo, say }) {
    Object.assign(this, { sheet, label, memo, say });
    this.labels = [];
  }

  /** The titles of the departments by name. */
  get titles() {
    return new Map(this.labels.map(({ name, title }) => [name, title || name]));
  }

  /** Opens for a post; `at` "memo" puts the keyboard into the memo. */
  open(post, at = "labels") {
    const chosen = new Set(post.labels ?? []);
    const box = el("div", "toggles large");
    box.role = "group";
    box.ariaLabel = t("desk.labels");
    for (const { name, title } of this.#offered(chosen)) {
      box.append(toggle("", chosen.has(name), (button) => {
        if (!chosen.delete(name)) chosen.add(name);
        button.setAttribute("aria-pressed", String(chosen.has(name)));
        this.label(post, [...chosen].filter((one) => this.titles.has(one))); // one that is not set up any more goes
        this.say(t(chosen.has(name) ? "desk.label_set" : "desk.label_off", { label: title || name }));
      }, el("span", "", title || name)));
    }
    const none = this.labels.length ? [el("p", "soft", t("desk.labels_text"))] : [el("p", "soft", t("desk.labels_none"))];
    const input = el("textarea", "input memo-input");
    input.id = "memo";
    input.maxLength = MEMO_MAX;
    input.rows = 3;
    input.value = post.memo?.text ?? "";
    input.placeholder = t("desk.memo_hint");
    input.autofocus = at === "memo";
    const field = el("label", "label", t("desk.memo"));
    field.htmlFor = "memo";
    const foot = el("div", "sheet-foot", plain("go", "", t("desk.passing_done"), () => this.sheet.close()));
    const keepMemo = () => {
      const text = input.value.trim();
      if (text !== (post.memo?.text ?? "")) this.memo(post, text);
    };
    this.sheet.open("passing", t("desk.pass_on"), [...none, box, el("div", "field", field, input, el("p", "hint", t("desk.memo_text"))), foot], { gone: keepMemo });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.sheet.close();
    });
  }

  /** The departments of the settings, and those a card still carries from before. */
  #offered(chosen) {
    const known = new Set(this.labels.map(({ name }) => name));
    return [...this.labels, ...[...chosen].filter((name) => !known.has(name)).map((name) => ({ name, title: name }))];
  }
}
