// The kiosk: attract, camera (or phone), the picture forms, it is taken along; then everything is forgotten.
//
// Nothing personal is ever stored here. A visit is one object with its own AbortController: when it ends, whatever was
// asked for it is stopped, and its photo, token and picture are gone with it.

import { shrink } from "../../js/join/photo.js";
import { readJson } from "../../js/dom.js";
import { language, speak, t } from "../../js/page.js";
import { Attract } from "./attract.js";
import { Booth } from "./booth.js";
import { Camera } from "./camera.js";
import { Floor } from "./floor.js";
import { Idle } from "./idle.js";
import { forgetKey, newKey } from "./mosaic-api.js";
import { Result } from "./result.js";
import { Voice } from "./voice.js";

const NOTE_MS = 9000;

const $ = (id) => document.getElementById(id);
const config = readJson("config", { languages: ["en"], versions: {} });
const query = new URLSearchParams(location.search);

class Kiosk {
  visit = null;
  #note = 0;
  made = 0;

  constructor() {
    this.root = $("kiosk");
    this.config = config;
    this.isHurried = query.has("fast"); // tests count faster
    this.voice = new Voice($("voice"), $("aloud"));
    this.idle = new Idle({ warn: (isOn, ms) => this.#warn(isOn, ms), wipe: () => this.go("attract"), scale: Number(query.get("idle") ?? 60) / 60 || 1 });
    this.camera = new Camera($("video"), { lost: () => this.booth.lost() });
    this.booth = new Booth(this);
    this.result = new Result(this);
    this.floor = new Floor({
      kiosk: config.kiosk,
      build: config.build,
      state: () => ({ view: this.root.dataset.view, camera: this.camera.state, made: this.made, error: this.lastError ?? "" }),
      heard: (message) => this.#heard(message),
      changed: () => this.#condition(),
    });
    this.attract = new Attract($("pictures"), $("credit"));
  }

  start() {
    $("start")?.addEventListener("click", () => this.begin());
    for (const button of document.querySelectorAll("[data-go]")) button.addEventListener("click", () => this.go(button.dataset.go));
    for (const button of document.querySelectorAll("[data-lang]")) button.addEventListener("click", () => this.say(button.dataset.lang));
    $("contrast").addEventListener("click", () => this.#contrast(this.root.dataset.contrast !== "more"));
    $("still-here").addEventListener("click", () => this.idle.touch());
    $("note-again").addEventListener("click", () => this.begin());
    $("note-phone").addEventListener("click", () => this.begin("phone"));
    $("file").addEventListener("change", () => this.#file());
    addEventListener("contextmenu", (event) => event.preventDefault());
    addEventListener("error", ({ message }) => { this.lastError = String(message).slice(0, 200); });
    this.go("attract");
    if (config.allowed) this.floor.open();
    const qr = document.querySelector(".scan .qr img");
    if (qr) setInterval(() => (qr.src = `/join/qr.svg?${Math.floor(Date.now() / 60_000)}`), 60_000);
  }

  /** A new visitor, or the same one with another photo. */
  begin(view = "live") {
    this.#end();
    this.visit = { key: newKey(), control: new AbortController(), photo: null, mosaic: null, shots: 0 };
    this.go(view);
  }

  /** Whether `visit` is still that of whoever stands here. */
  isHere(visit) {
    return visit !== null && visit === this.visit;
  }

  go(view) {
    const before = this.root.dataset.view;
    clearTimeout(this.#note);
    this.root.dataset.view = view;
    for (const section of document.querySelectorAll(".view")) section.hidden = section.dataset.view !== view;
    if (before === "live" && view !== "live") this.camera.close();
    if (view === "attract") this.#forget();
    else {
      this.idle.start();
      this.attract.rest();
    }
    if (view === "live") void this.booth.open();
    if (view === "phone") void this.booth.invite();
    document.querySelector(`.view[data-view="${view}"] [tabindex="-1"]`)?.focus({ preventScroll: true });
    if (view === "attract") this.attract.wake();
    scrollTo({ top: 0 });
    this.floor.soon();
  }

  /** Something came to an end that a visitor should know about; back to the start by itself. */
  note(name) {
    this.#end();
    $("note-title").textContent = t(`kiosk.note_${name}`);
    $("note-text").textContent = t(`kiosk.note_${name}_text`);
    $("note-again").hidden = name.startsWith("camera_") && name !== "camera_lost";
    $("note-phone").hidden = !name.startsWith("camera_");
    this.go("note");
    this.tell(`${t(`kiosk.note_${name}`)} ${t(`kiosk.note_${name}_text`)}`);
    this.#note = setTimeout(() => this.go("attract"), NOTE_MS * (this.isHurried ? 0.3 : 1));
  }

  tell(text) {
    this.voice.say(text, language());
  }

  say(code) {
    if (!speak(code)) return;
    document.documentElement.dir = code === "ar" ? "rtl" : "ltr";
    for (const button of document.querySelectorAll("[data-lang]")) button.setAttribute("aria-pressed", String(button.dataset.lang === code));
    this.booth.say();
    this.result.say();
    this.#condition();
  }

  /** The sentence of an agreement, and the version that is sent with it. */
  agreement(what) {
    return t(`kiosk.agree_${what}`, { event: config.event, minutes: config.minutes, hours: config.hours });
  }

  get words() {
    return { lang: language(), text: config.versions[language()] };
  }

  /** Stops whatever is done for the visit. The mosaic stays where it is, for the phone; the photo goes now. */
  #end() {
    const { visit } = this;
    this.visit = null;
    if (!visit) return;
    if (visit.mosaic && !visit.isDeleted) void visit.mosaic.leave();
    visit.control.abort();
    if (visit.isSent && !visit.mosaic) void forgetKey(visit.key); // nobody has its address: nobody could fetch it
    visit.photo = null;
  }

  #forget() {
    this.#end();
    this.idle.stop();
    this.camera.close();
    this.booth.clear();
    this.result.clear();
    $("file").value = "";
    for (const id of ["note-title", "note-text", "voice"]) $(id).textContent = "";
    this.voice.stop();
    this.#contrast(false);
    this.say(config.lang);
  }

  #contrast(isMore) {
    this.root.dataset.contrast = isMore ? "more" : "";
    $("contrast").setAttribute("aria-pressed", String(isMore));
  }

  #warn(isOn, ms) {
    $("idle").hidden = !isOn;
    const bar = document.querySelector(".idle-bar");
    for (const running of bar.getAnimations()) running.cancel();
    if (!isOn) return;
    bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: ms });
    $("still-here").focus({ preventScroll: true });
    this.tell(t("kiosk.idle"));
  }

  async #file() {
    const [file] = $("file").files;
    const { visit } = this;
    if (!file || !visit) return;
    try {
      const photo = await shrink(file);
      if (this.isHere(visit)) this.booth.took(photo);
    } catch {
      if (this.isHere(visit)) this.note("damaged");
    }
    $("file").value = "";
  }

  #heard(message) {
    this.result.heard(message);
    if (message.type === "studio") this.#condition();
  }

  /** What somebody should know before posing: nothing is made, many wait, the printer has no paper. */
  #condition() {
    const { isLive, studio } = this.floor;
    if (studio && studio.build !== config.build && this.root.dataset.view === "attract") location.reload();
    const place = $("attract-state");
    const isReady = isLive && studio?.studio !== false;
    if (place) {
      const waiting = studio?.waiting ?? 0;
      place.textContent = !isReady ? t("kiosk.resting") : waiting > 1 ? t("kiosk.busy", { n: waiting }) : "";
      $("start").disabled = !isReady && !this.floor.isFresh;
    }
    const why = studio?.printer?.why;
    $("printer-state").textContent = config.prints && why ? t(`kiosk.printer_${why}`) : "";
    this.result.printer(config.prints ? (why ?? "none") : "none");
  }
}

new Kiosk().start();
