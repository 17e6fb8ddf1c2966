// The picture forms, then it is the visitor's: to look into, to take along, to agree about, to delete.

import { many, t } from "../../js/page.js";
import { Away, Mosaic, Refusal, sendPhoto } from "./mosaic-api.js";
import { MosaicView } from "./view.js";

const LOOK_EVERY_MS = 1000;
const GONE_CODES = new Set([404, 410]);

const $ = (id) => document.getElementById(id);

export class Result {
  #state = null; // what the wall last said of the mosaic
  #drawn = 0; // the edition on the canvas; -1 when it had to be taken off
  #previews = 0;
  #bell = () => {};
  #step = "";
  #printer = "none";
  #isForming = false;

  constructor(kiosk) {
    this.kiosk = kiosk;
    this.view = new MosaicView($("mosaic"), { tile: (post) => this.#tile(post) });
    $("stop").addEventListener("click", () => this.#delete());
    $("delete").addEventListener("click", () => this.#delete());
    $("print").addEventListener("click", () => this.#wish({ print: true }, "print"));
    for (const what of ["keep", "show"]) {
      $(`agree-${what}`).addEventListener("click", () => this.#wish({ [what]: $(`agree-${what}`).getAttribute("aria-checked") !== "true", ...this.kiosk.words }, what));
    }
    for (const button of document.querySelectorAll("[data-style]")) button.addEventListener("click", () => this.#wish({ style: button.dataset.style }, "style"));
    $("styles").addEventListener("keydown", (event) => this.#arrow(event));
    $("zoom-in").addEventListener("click", () => this.view.dive());
    $("zoom-out").addEventListener("click", () => this.view.whole());
  }

  /** Sends the photo and follows what becomes of it. */
  async make(visit) {
    const { kiosk } = this;
    const { signal } = visit.control;
    this.#open();
    this.#words("sending");
    visit.isSent = true;
    try {
      const fields = { key: visit.key, kiosk: kiosk.config.kiosk, ...kiosk.words };
      const how = { signal, waiting: () => kiosk.isHere(visit) && this.#words("waiting") };
      const state = await this.#sent(visit, fields, how);
      if (kiosk.isHere(visit)) this.follow(visit, state);
    } catch (error) {
      this.#failed(visit, error);
    }
  }

  /** A kiosk stands for days, its pass holds for two hours: a refusal is answered with a fresh one, once. */
  async #sent(visit, fields, how) {
    try {
      return await sendPhoto(visit.photo, fields, how);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 403) throw error;
      await fetch(location.pathname, { cache: "no-store", signal: how.signal });
      return sendPhoto(visit.photo, fields, how);
    }
  }

  /** Stays with a mosaic until the visitor goes. */
  async follow(visit, state) {
    const { kiosk } = this;
    visit.mosaic = new Mosaic(state.token, visit.control.signal);
    visit.mosaic.leave = () => leave(state.token);
    visit.photo = null;
    if (kiosk.root.dataset.view !== "forming") this.#open();
    try {
      for (;;) {
        await this.#take(visit, state);
        await new Promise((done) => {
          this.#bell = done;
          setTimeout(done, LOOK_EVERY_MS);
        });
        if (!kiosk.isHere(visit)) return;
        state = await visit.mosaic.state();
      }
    } catch (error) {
      this.#failed(visit, error);
    }
  }

  /** News of the wall: about this mosaic, or that something may have been missed. */
  heard(message) {
    const id = this.#state?.id;
    if (message.type === "changed" && (message.id === "" || message.id === id)) this.#bell();
    else if (message.type === "queue" && id) this.#bell();
    else if (message.type === "step" && message.id === id) {
      this.#step = message.step;
      const bar = $("progress");
      if (message.total && message.step === "drawing") bar.value = message.done / message.total;
      if (this.#state.state === "waiting") this.#words(message.step === "drawing" ? "drawing" : "looking");
      if (message.step === "preview") this.#bell();
    }
  }

  /** `why` the printer cannot print, "" when it can, "none" when there is none. */
  printer(why) {
    this.#printer = why;
    const printing = this.#state?.printing;
    const button = $("print");
    button.hidden = why === "none" && !printing;
    button.disabled = Boolean(why) || (printing && printing.state !== "failed");
    const word = !printing ? (why ? `printer_${why}` : "print") : printing.state === "failed" ? `printer_${printing.why || "none"}` : printing.state === "sent" ? "printed" : "printing";
    button.textContent = t(`kiosk.${word}`);
  }

  say() {
    for (const place of document.querySelectorAll("[data-agree]")) place.textContent = this.kiosk.agreement(place.dataset.agree);
    $("mosaic").setAttribute("aria-label", t("kiosk.picture"));
    if (this.#state) this.#told();
  }

  clear() {
    this.view.clear();
    this.#state = null;
    this.#drawn = this.#previews = 0;
    this.#bell();
    this.#bell = () => {};
    $("take-qr").replaceChildren();
    for (const id of ["mosaic-title", "mosaic-text", "take-text", "take-wifi", "result-problem"]) $(id).textContent = "";
    for (const image of document.querySelectorAll(".style img")) {
      image.hidden = true;
      image.removeAttribute("src");
    }
    for (const what of ["keep", "show"]) $(`agree-${what}`).setAttribute("aria-checked", "false");
    this.#tile(null);
  }

  #open() {
    this.clear();
    this.say();
    $("result").hidden = true;
    $("forming-row").hidden = false;
    $("zooms").hidden = true;
    $("progress").hidden = false;
    $("progress").removeAttribute("value");
    this.kiosk.go("forming");
  }

  async #take(visit, state) {
    const { kiosk } = this;
    this.#state = state;
    if (state.state === "failed") {
      kiosk.note(["not-a-picture", "damaged", "too-small", "too-large", "heic"].includes(state.why) ? "damaged" : "broken");
      return;
    }
    if (state.state === "mending" && this.#drawn !== -1) {
      this.view.clear(); // what was withdrawn is not shown a moment longer
      this.#drawn = -1;
    }
    if (state.state === "ready" && state.edition !== this.#drawn) await this.#draw(visit, state);
    if (!kiosk.isHere(visit)) return;
    this.#told();
    if (state.state === "ready" && state.has_photo && this.#previews !== state.edition) this.#previewed(visit, state);
  }

  async #draw(visit, state) {
    const { kiosk } = this;
    const isFirst = this.#drawn === 0;
    try {
      const [picture, cells] = await Promise.all([visit.mosaic.picture("mosaic.jpg", state.edition), visit.mosaic.cells()]);
      if (!kiosk.isHere(visit)) return;
      this.view.show(picture, cells);
    } catch (error) {
      if (error instanceof Refusal && error.status === 409) return; // a photo is taken out of it this moment
      throw error;
    }
    this.#drawn = state.edition;
    this.#isForming = true;
    if (isFirst) this.#words("forming");
    $("progress").hidden = true;
    await this.view.form();
    this.#isForming = false;
    if (!kiosk.isHere(visit)) return;
    if (isFirst) {
      kiosk.made++;
      $("forming-row").hidden = true;
      $("result").hidden = false;
      $("zooms").hidden = false;
      const image = new Image();
      image.alt = t("kiosk.take");
      image.src = `/m/${state.token}/qr.svg`;
      $("take-qr").replaceChildren(image);
      $("mosaic-title").focus({ preventScroll: true });
    }
  }

  /** What is said, and how the switches stand. */
  #told() {
    const { kiosk } = this;
    const state = this.#state;
    const isReady = state.state === "ready" && this.#drawn > 0 && !this.#isForming;
    if (isReady) {
      $("mosaic-title").textContent = t("kiosk.ready");
      const note = state.why === "empty" || state.why === "few" ? ` ${t(`kiosk.pool_${state.why}`)}` : "";
      const text = state.why === "empty" ? t("kiosk.pool_empty") : many("kiosk.ready_text", state.photos) + note;
      if ($("mosaic-text").textContent !== text) {
        $("mosaic-text").textContent = text;
        kiosk.tell(`${t("kiosk.ready")} ${text} ${t("kiosk.take")}`);
      }
    } else if (state.state === "mending") this.#words("mending");
    else if (state.state === "waiting" && this.#step === "" && state.place > 0) this.#words("queue", { n: state.place });
    const hours = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: state.keep || state.show ? "long" : undefined, hour: "2-digit", minute: "2-digit" });
    $("take-text").textContent = t("kiosk.until", { time: hours.format(state.until) });
    $("take-wifi").textContent = kiosk.config.wifi_name ? t("kiosk.wifi", { name: kiosk.config.wifi_name }) : "";
    for (const what of ["keep", "show"]) $(`agree-${what}`).setAttribute("aria-checked", String(state[what]));
    for (const button of document.querySelectorAll("[data-style]")) {
      const isOn = button.dataset.style === state.style;
      button.setAttribute("aria-checked", String(isOn));
      button.tabIndex = isOn ? 0 : -1;
      button.disabled = !state.has_photo && !isOn;
    }
    $("styles").hidden = !state.has_photo;
    this.printer(this.#printer);
  }

  /** Small pictures of the other styles, as soon as they are made. */
  #previewed(visit, state) {
    for (const button of document.querySelectorAll("[data-style]")) {
      const image = button.querySelector("img");
      const fresh = new Image();
      fresh.src = visit.mosaic.file(`${button.dataset.style}.jpg`, state.edition);
      fresh.decode().then(
        () => {
          if (!this.kiosk.isHere(visit)) return;
          image.src = fresh.src;
          image.hidden = false;
          this.#previews = state.edition;
        },
        () => {}, // not made yet: asked for again with the next look
      );
    }
  }

  #arrow(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = [...document.querySelectorAll("[data-style]")];
    const next = all[(all.indexOf(document.activeElement) + by + all.length) % all.length];
    next.focus();
    next.click();
  }

  async #wish(wish, what) {
    const { kiosk } = this;
    const { visit } = kiosk;
    if (!visit?.mosaic) return;
    $("result-problem").textContent = "";
    try {
      const state = await visit.mosaic.wish(wish);
      if (!kiosk.isHere(visit)) return;
      if (what === "style") this.#step = "";
      this.#state = state;
      this.#told();
      if (what === "style" && state.state === "waiting") this.#words("looking");
      this.#bell();
    } catch (error) {
      if (!kiosk.isHere(visit) || error.name === "AbortError") return;
      if (error instanceof Refusal && GONE_CODES.has(error.status)) kiosk.note("over");
      else if (error instanceof Refusal && error.code === "no-printer") this.printer(error.more.why);
      else $("result-problem").textContent = t("kiosk.not_done");
    }
  }

  /** Said to be gone only once it is. */
  async #delete() {
    const { kiosk } = this;
    const { visit } = kiosk;
    if (!visit) return;
    if (!visit.mosaic) {
      kiosk.note("gone"); // the end of a visit stops what is under way, and deletes what has arrived of it
      return;
    }
    visit.isDeleted = true;
    this.#words("deleting");
    try {
      await visit.mosaic.remove();
      if (kiosk.isHere(visit)) kiosk.note("gone");
    } catch {
      visit.isDeleted = false;
      if (kiosk.isHere(visit)) $("result-problem").textContent = t("kiosk.not_deleted");
    }
  }

  #failed(visit, error) {
    const { kiosk } = this;
    if (!kiosk.isHere(visit) || visit.isDeleted || error.name === "AbortError") return;
    if (error instanceof Refusal && GONE_CODES.has(error.status)) kiosk.note("over");
    else if (error instanceof Refusal && error.code === "no-space") kiosk.note("full");
    else if (error instanceof Refusal && error.code === "other-words") location.reload();
    else if (error instanceof Away || error instanceof Refusal) kiosk.note("away");
    else kiosk.note("broken");
    kiosk.lastError = String(error.message).slice(0, 200);
  }

  #words(step, places = {}) {
    const title = t(`kiosk.${step}`, places);
    if ($("mosaic-title").textContent === title) return;
    $("mosaic-title").textContent = title;
    $("mosaic-text").textContent = t(`kiosk.${step}_text`, places);
    this.kiosk.tell(title);
  }

  #tile(post) {
    const place = $("tile");
    place.hidden = !post || !(post.name || post.text);
    place.querySelector("strong").textContent = post?.name ?? "";
    place.querySelector("span").textContent = post?.text ?? "";
  }
}

/** The visitor has gone: the photo is deleted now. The request outlives the visit. */
async function leave(token) {
  try {
    await new Mosaic(token).wish({ finished: true });
  } catch {
    // deleted, or nobody is there: its time is short in any case
  }
}
