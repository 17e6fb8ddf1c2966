// Spotlight: a post that is on the wall, alone and large, on one screen or on all, for some seconds.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { sendJson, uuid } from "../outbox.js";
import { t } from "../page.js";
import { digestOf } from "./digest.js";
import { shownName } from "./receipts.js";
import { plain, toggle } from "./sheet.js";

const SECONDS = [10, 20, 40, 90];

export class Spotlight {
  #screen = null;
  #seconds = 20;

  /** @param told (text, kind) what became of it */
  constructor({ sheet, told }) {
    Object.assign(this, { sheet, told });
    this.here = [];
  }

  /** @param screens as the roster tells them: those that are connected are offered, also while the sheet is open */
  heard(screens) {
    const here = [...new Set(screens.filter((screen) => screen.connected).map((screen) => screen.id))];
    if (here.join() === this.here.join()) return;
    this.here = here;
    if (this.sheet.name === "spotlight") this.sheet.body.replaceChildren(...this.#nodes(this.post));
  }

  open(post) {
    this.post = post;
    this.sheet.open("spotlight", t("desk.spotlight"), this.#nodes(post));
  }

  #nodes(post) {
    const { here } = this;
    if (!here.includes(this.#screen)) this.#screen = null;
    const where = this.#choice(t("desk.spotlight_where"), [[null, t("desk.spotlight_all")], ...here.map((id) => [id, shownName(id)])], () => this.#screen, (id) => (this.#screen = id));
    const length = this.#choice(t("desk.spotlight_long"), SECONDS.map((n) => [n, secondsText(n)]), () => this.#seconds, (n) => (this.#seconds = n));
    const go = plain("go", "spotlight", t("desk.spotlight_now"), () => void this.#send(post));
    go.disabled = !here.length;
    go.autofocus = true;
    const nobody = here.length ? [] : [el("p", "soft", icon("screen"), t("desk.screens_none"))];
    return [digestOf(post, null, { named: true }), ...nobody, where, length, el("div", "sheet-foot", go)];
  }

  #choice(title, rows, value, set) {
    const head = el("h3", "", title);
    head.id = `choice-${rows.length}-${title.length}`;
    const box = el("div", "toggles large");
    box.role = "group";
    box.setAttribute("aria-labelledby", head.id);
    const buttons = rows.map(([one, text]) => toggle("", one === value(), () => {
      set(one);
      rows.forEach(([other], at) => buttons[at].setAttribute("aria-pressed", String(other === one)));
    }, el("span", "", text)));
    box.append(...buttons);
    return el("section", "facet", head, box);
  }

  async #send(post) {
    this.sheet.close();
    const body = { screen: this.#screen, seconds: this.#seconds };
    const answer = await sendJson(`/api/v1/posts/${encodeURIComponent(post.id)}/spotlight`, body, {
      headers: { "idempotency-key": uuid() },
      signal: AbortSignal.timeout(10_000),
    }).catch(() => ({ status: 0 }));
    const screen = this.#screen === null ? t("desk.spotlight_all") : shownName(this.#screen);
    if (answer.status === 202) this.told(t("desk.spotlight_done", { screen, seconds: secondsText(this.#seconds) }));
    else {
      const isPanic = answer.body?.error?.code === "panic";
      this.told(t(isPanic ? "desk.spotlight_panic" : answer.status === 409 ? "desk.spotlight_gone" : "desk.spotlight_failed"), "bad");
    }
  }
}

function secondsText(n) {
  return new Intl.NumberFormat(document.documentElement.lang || "en", { style: "unit", unit: "second", unitDisplay: "short" }).format(n);
}
