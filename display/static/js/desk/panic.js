// Panic: two taps and nothing is on any screen; two again and everything is back.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { hour, t } from "../page.js";

const ARMED_MS = 4000;

export class Panic {
  #timer = 0;
  #isArmed = false;

  /**
   * @param send (on) ask the server
   * @param confirm (text, word) => Promise<boolean>
   * @param mayDecide () whether this person may do it: whoever only looks has no button
   */
  constructor({ button, banner, say, send, confirm, mayDecide = () => true }) {
    Object.assign(this, { button, banner, say, send, confirm, mayDecide });
    this.isOn = false;
    button.addEventListener("click", () => this.press());
    this.#paint();
  }

  /** The first press arms for four seconds, the second does it. */
  press() {
    if (this.isOn || !this.mayDecide()) return;
    clearTimeout(this.#timer);
    if (this.#isArmed) {
      this.#isArmed = false;
      this.show({ on: true, by: "", isSure: false });
      this.send(true);
    } else {
      this.#isArmed = true;
      this.#timer = setTimeout(() => {
        this.#isArmed = false;
        this.#paint();
      }, ARMED_MS);
      this.say(t("desk.panic_armed_long"));
    }
    this.#paint();
  }

  /** `isSure` false while the server has not answered: the banner says so. */
  show({ on, by = "", isSure = true, at = new Date().toISOString() }) {
    const isNew = on !== this.isOn || isSure !== this.isSure || by !== this.by;
    if (on !== this.isOn) this.at = at;
    Object.assign(this, { isOn: on, isSure, by });
    this.#paint();
    if (!isNew) return;
    this.banner.hidden = !on;
    if (!on) {
      this.banner.replaceChildren();
      return;
    }
    const words = isSure ? (by ? t("desk.panic_on_by", { by, time: hour(this.at) }) : t("desk.panic_on")) : t("desk.panic_asked");
    this.banner.replaceChildren(icon("stop"), el("strong", "", words));
    if (!this.mayDecide()) return;
    const back = el("button", "button", t("desk.panic_back"));
    back.type = "button";
    back.addEventListener("click", () => this.#back());
    this.banner.append(back);
  }

  async #back() {
    if (!(await this.confirm(t("desk.panic_back_ask"), t("desk.panic_back_yes")))) return;
    // the banner stays until the server has answered: nobody should believe in pictures that are not there
    this.banner.querySelector("strong").textContent = t("desk.panic_back_asked");
    this.send(false);
  }

  #paint() {
    const { button } = this;
    button.classList.toggle("is-armed", this.#isArmed);
    button.hidden = this.isOn || !this.mayDecide();
    button.replaceChildren(icon("stop"), el("span", "", t(this.#isArmed ? "desk.panic_sure" : "desk.panic")));
  }
}
