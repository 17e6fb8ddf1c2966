// The line to the server, said in words when it is not there: decisions are kept and will be sent.

import { el } from "../dom.js";
import { many, t } from "../page.js";

const PATIENCE_MS = 2500;
const LOOK_MS = 1500;

export class Line {
  #state = { isLive: false, isOut: false, isLate: false, outbox: { size: 0, blocked: 0, isTroubled: false } };
  #sign = "";

  /** @param back () the line is there again; isLive () is it there now? */
  constructor(root, { back, isLive }) {
    Object.assign(this, { root, back, isLive });
    setTimeout(() => this.show({ isLate: true }), PATIENCE_MS); // a line that never came is as lost as one that left
  }

  /** Takes what changed: {isLive}, {isOut} (nobody is signed in), {outbox} as the outbox tells it. */
  show(change) {
    const wasLive = this.#state.isLive;
    Object.assign(this.#state, change);
    if (this.#state.isLive && !wasLive) {
      this.#state.isOut = false;
      this.back();
    }
    if (change.isLive === false || change.isLate) setTimeout(() => this.#lookForDoor(), LOOK_MS);
    this.#paint();
  }

  #paint() {
    const { isLive, isLate, outbox } = this.#state;
    const isOut = this.#state.isOut || outbox.blocked === 401;
    const isSlow = isLive && outbox.size > 0 && outbox.isTroubled;
    const text = isOut ? t("desk.signed_out") : isSlow ? t("desk.server_slow") : !isLive && isLate ? t("desk.line_lost") : "";
    const kept = text && outbox.size ? many("desk.kept", outbox.size) : "";
    document.documentElement.dataset.line = isOut ? "out" : isLive ? "live" : "lost";
    if (this.#sign === `${text}|${kept}|${isOut}`) return;
    this.#sign = `${text}|${kept}|${isOut}`;
    this.root.hidden = !text;
    this.root.replaceChildren(el("span", "dot busy"), el("strong", "", text), el("span", "", kept));
    if (isOut) {
      const again = el("a", "button", t("desk.sign_in_again"));
      again.href = location.href;
      this.root.append(again);
    }
  }

  /** A socket that is refused looks like a lost line; ask once whether somebody is still signed in. */
  async #lookForDoor() {
    if (this.isLive()) return;
    const response = await fetch("/api/v1/posts?state=held&limit=1", { signal: AbortSignal.timeout(8000) }).catch(() => null);
    if (response?.status === 401) this.show({ isOut: true });
  }
}
