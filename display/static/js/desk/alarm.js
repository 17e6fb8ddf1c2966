// The alarm: the wall has become stricter by itself, or by hand. Why, since when, and the way back.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { hour, many, t } from "../page.js";
import { plain } from "./sheet.js";

/** One reason of the alarm in words. */
export function whyText({ kind, n = 0, text = "" }, by = "") {
  if (kind === "hand") return t("desk.alarm_why.hand", { by: by || t("desk.somebody") });
  const said = many(`desk.alarm_why.${kind}`, n);
  if (!text) return t("desk.alarm_plain", { text: said });
  return kind === "burst" ? t("desk.alarm_usual", { text: said, usual: text }) : t("desk.alarm_sample", { text: said, sample: text });
}

export class Alarm {
  #alarm = null;

  /** @param send (on); confirm (text, word, kind) => Promise<boolean>; mayDecide () */
  constructor({ banner, button, say, send, confirm, mayDecide }) {
    Object.assign(this, { banner, button, say, send, confirm, mayDecide });
    button.addEventListener("click", () => this.strict());
    this.#paint();
  }

  get isOn() {
    return this.#alarm !== null;
  }

  /** @param alarm null, or {since, mode, why: [{kind, n, text}], by} */
  show(alarm) {
    const wasOn = this.isOn;
    this.#alarm = alarm ?? null;
    this.#paint();
    if (this.isOn !== wasOn) this.say(this.isOn ? this.banner.textContent : t("desk.alarm_over"));
  }

  /** Strict by hand, asked once. */
  async strict() {
    if (this.isOn || !this.mayDecide()) return;
    if (await this.confirm(t("desk.alarm_strict_ask"), t("desk.alarm_strict"), "go")) this.send(true);
  }

  async #calm() {
    if (!(await this.confirm(t("desk.alarm_calm_ask"), t("desk.alarm_calm"), "go"))) return;
    this.banner.querySelector(".alarm-does")?.replaceChildren(t("desk.alarm_calm_asked"));
    this.send(false);
  }

  /** Who we are may change what is offered. */
  refresh() {
    this.#paint();
  }

  #paint() {
    const alarm = this.#alarm;
    const sign = JSON.stringify([alarm, this.mayDecide()]);
    this.button.hidden = this.isOn || !this.mayDecide();
    if (sign === this.sign) return;
    this.sign = sign;
    this.banner.hidden = !alarm;
    if (!alarm) return this.banner.replaceChildren();
    const why = (alarm.why ?? []).map((one) => whyText(one, alarm.by));
    const words = el(
      "div",
      "alarm-words",
      el("strong", "", why.join(" ") || t("desk.alarm_on")),
      el("span", "alarm-does", t(`desk.alarm_mode.${alarm.mode}`), " ", t("desk.alarm_since", { time: hour(alarm.since) })),
    );
    words.querySelector("strong").dir = "auto";
    this.banner.replaceChildren(icon("alarm"), words);
    if (this.mayDecide()) this.banner.append(plain("", "", t("desk.alarm_calm"), () => this.#calm()));
  }
}
