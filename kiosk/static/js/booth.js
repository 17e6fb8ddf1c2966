// Taking the photo: the live picture with its guide, the countdown beside the lens, one look at it; or from a phone.

import { t } from "../../js/page.js";
import { Camera, CameraError } from "./camera.js";
import { Mosaic, Refusal, ask } from "./mosaic-api.js";
import { qrImage } from "./qr.js";

const SECOND_MS = 1000;
const RETAKES = 3;
const LOOK_EVERY_MS = 1200;

const DARK = 0.09; // of full light, on average

const $ = (id) => document.getElementById(id);
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Booth {
  #url = "";
  #isCounting = false;

  constructor(kiosk) {
    this.kiosk = kiosk;
    $("shoot").addEventListener("click", () => this.#shoot());
    $("again").addEventListener("click", () => this.#review(null));
    $("keep-shot").addEventListener("click", () => this.kiosk.visit?.photo && this.kiosk.result.make(this.kiosk.visit));
    $("from-phone").addEventListener("click", () => this.kiosk.go("phone"));
  }

  /** The words that hold places, in the language in force. */
  say() {
    $("agreement").textContent = this.kiosk.agreement("make");
  }

  clear() {
    this.#review(null);
    $("phone-qr").replaceChildren();
    $("phone-wifi").textContent = "";
    $("countdown").textContent = "";
  }

  async open() {
    const { kiosk } = this;
    const { visit } = kiosk;
    this.say();
    this.#review(null);
    $("shoot").disabled = true;
    kiosk.tell(`${t("kiosk.live")}. ${kiosk.agreement("make")}`);
    if (!Camera.isThere) {
      $("file").click(); // plain http: the tablet's own camera takes the picture
      $("shoot").disabled = false;
      return;
    }
    try {
      await kiosk.camera.open();
      if (!kiosk.isHere(visit) || kiosk.root.dataset.view !== "live") kiosk.camera.close();
      $("shoot").disabled = false;
    } catch (error) {
      if (kiosk.isHere(visit)) kiosk.note(`camera_${error instanceof CameraError ? error.message : "busy"}`);
    }
    kiosk.floor.soon();
  }

  /** The camera was pulled out, or taken by something else. */
  lost() {
    if (this.kiosk.root.dataset.view === "live" && !this.kiosk.visit?.photo) this.kiosk.note("camera_lost");
  }

  /** A photo is there, from wherever. */
  took(photo) {
    this.#review(photo);
    $("keep-shot").focus({ preventScroll: true });
    this.kiosk.tell(t("kiosk.review"));
    void this.#weigh(photo, this.kiosk.visit);
  }

  /** A photo without light becomes a dark mosaic: said while it can still be taken again. */
  async #weigh(photo, visit) {
    const light = await lightOf(photo).catch(() => 1);
    if (light > DARK || !this.kiosk.isHere(visit) || visit.photo !== photo) return;
    $("shot-state").textContent = t("kiosk.dark");
    this.kiosk.tell(t("kiosk.dark"));
  }

  #review(photo) {
    const { visit } = this.kiosk;
    if (visit) visit.photo = photo;
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = photo ? URL.createObjectURL(photo) : "";
    const image = $("shot-taken");
    if (photo) image.src = this.#url;
    else image.removeAttribute("src");
    image.hidden = !photo;
    $("shot-state").textContent = "";
    const isLast = (visit?.shots ?? 0) >= RETAKES;
    for (const [id, isHidden] of [["shoot", photo], ["from-phone", photo], ["keep-shot", !photo], ["again", !photo || isLast]]) $(id).hidden = Boolean(isHidden);
    this.kiosk.root.classList.toggle("is-review", Boolean(photo));
  }

  async #shoot() {
    const { kiosk } = this;
    const { visit } = kiosk;
    if (this.#isCounting || !visit) return;
    if (!Camera.isThere) {
      $("file").click();
      return;
    }
    this.#isCounting = true;
    kiosk.root.classList.add("is-counting");
    try {
      for (let n = 3; n > 0; n--) {
        $("countdown").textContent = String(n);
        await new Promise((done) => setTimeout(done, kiosk.isHurried ? 60 : SECOND_MS));
        if (!kiosk.isHere(visit) || kiosk.root.dataset.view !== "live") return;
      }
      visit.shots++;
      const photo = await kiosk.camera.shoot();
      if (!kiosk.isHere(visit)) return;
      kiosk.root.classList.remove("is-counting"); // what is hidden takes no focus
      if (!STILL.matches) $("flash").animate([{ opacity: 0.9 }, { opacity: 0 }], 450);
      this.took(photo);
    } catch {
      if (kiosk.isHere(visit)) kiosk.note("camera_lost");
    } finally {
      this.#isCounting = false;
      $("countdown").textContent = "";
      kiosk.root.classList.remove("is-counting");
    }
  }

  /** A code for a phone; when its photo has come, the mosaic forms here. */
  async invite() {
    const { kiosk } = this;
    const { visit } = kiosk;
    if (!visit) return;
    const { signal } = visit.control;
    $("phone-wifi").textContent = kiosk.config.wifi_name ? t("kiosk.wifi", { name: kiosk.config.wifi_name }) : "";
    kiosk.tell(`${t("kiosk.phone")} ${t("kiosk.phone_text")}`);
    try {
      const body = JSON.stringify({ key: visit.key });
      const { token, qr } = await ask("/api/v1/mosaics/handover", { method: "POST", headers: { "content-type": "application/json" }, body }, { signal });
      if (!kiosk.isHere(visit)) return;
      $("phone-qr").replaceChildren(qrImage(qr, t("kiosk.phone")));
      const mosaic = new Mosaic(token, signal);
      while (kiosk.isHere(visit) && kiosk.root.dataset.view === "phone") {
        await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
        const state = await mosaic.state().catch((error) => (error instanceof Refusal ? null : Promise.reject(error)));
        if (!state) continue;
        if (kiosk.isHere(visit) && kiosk.root.dataset.view === "phone") kiosk.result.follow(visit, state);
        return;
      }
    } catch (error) {
      if (kiosk.isHere(visit) && error.name !== "AbortError") kiosk.note("away");
    }
  }
}

/** How light a picture is on average, 0 to 1. */
async function lightOf(blob) {
  const side = 16;
  const picture = await createImageBitmap(blob, { resizeWidth: side, resizeHeight: side });
  const brush = Object.assign(document.createElement("canvas"), { width: side, height: side }).getContext("2d");
  brush.drawImage(picture, 0, 0);
  picture.close();
  const { data } = brush.getImageData(0, 0, side, side);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += 0.21 * data[i] + 0.72 * data[i + 1] + 0.07 * data[i + 2];
  return sum / (255 * side * side);
}
