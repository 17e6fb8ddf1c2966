// A new version: it is painted out of sight first. Only when it has, this page makes room for it.

import { el, style } from "../dom.js";

const TRIAL_MS = 20_000;
const ALONE_MS = 10 * 60_000; // without a word of the usher for so long, the page helps itself
const SPREAD_MS = 60_000;

/** What a trial says to the page around it, once something of it stands on the glass. */
export function tellPainted(build, parent = globalThis.parent) {
  if (parent !== globalThis) parent.postMessage({ type: "parvis.painted", build }, location.origin);
}

export class Renewal {
  /** What went wrong the last time; "" when nothing did. */
  failure = "";
  #wanted = "";
  #alone = 0;
  #isTrying = false;

  /**
   * screen and build are this page's; reload() takes the new version; told(failure) when it could not be had.
   */
  constructor({ screen, build, reload = () => location.reload(), told = () => {}, random = Math.random, trialMs = TRIAL_MS, aloneMs = ALONE_MS }) {
    Object.assign(this, { screen, build, reload, told, random, trialMs, aloneMs });
  }

  /** The server has said which version it is. */
  sees(build) {
    if (!build || build === this.#wanted) return;
    clearTimeout(this.#alone);
    this.#wanted = build === this.build ? "" : build;
    if (this.#wanted) this.#wait();
  }

  /** The usher says that it is this screen's turn. */
  async renew() {
    if (!this.#wanted || this.#isTrying) return;
    clearTimeout(this.#alone);
    this.#isTrying = true;
    const failure = await this.#try(this.#wanted);
    this.#isTrying = false;
    if (!failure) {
      this.reload();
      return;
    }
    this.failure = failure;
    this.told(failure);
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#alone);
    this.#alone = setTimeout(() => this.renew(), this.aloneMs + this.random() * SPREAD_MS);
  }

  /** The new page in a frame of full size that nobody sees. "" when it has painted, else why it has not. */
  #try(wanted) {
    const frame = el("iframe", "trial");
    Object.assign(frame, { src: `/screen/${this.screen}?as=trial`, title: "", tabIndex: -1 });
    frame.setAttribute("aria-hidden", "true");
    style(frame, { position: "fixed", inset: 0, width: "100%", height: "100%", border: 0, opacity: 0, "pointer-events": "none" });
    return new Promise((done) => {
      const finish = (failure) => {
        clearTimeout(patience);
        removeEventListener("message", heard);
        frame.remove();
        done(failure);
      };
      const heard = ({ data, origin, source }) => {
        if (origin !== location.origin || source !== frame.contentWindow || data?.type !== "parvis.painted") return;
        finish(data.build === wanted ? "" : "another version came");
      };
      const patience = setTimeout(() => finish("it did not paint"), this.trialMs);
      addEventListener("message", heard);
      document.body.append(frame);
    });
  }
}
