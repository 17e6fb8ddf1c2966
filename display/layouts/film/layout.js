// A film of the organiser's. It is fetched wholly before the scene is ready, so that it never stalls; it comes and goes
// over its first and last picture, so that nothing flashes black; its captions are set by us, large.
//
// mount(root, options, feed) -> unmount.

import { Recent, el, style } from "../../js/dom.js";
import { Plate, pictureAt } from "../../js/stage/plate.js";
import { postLanguage } from "../../js/words.js";

const FETCH_MS = 300_000;
const WAIT_MS = 4000; // for the film itself; longer than that the poster stands in front
const AGAIN_MS = 2500; // nothing came after it, so it begins again
const READY_MS = 8000;
const STALL_MS = 4000;
const CROP_MOST = 0.16; // of a side that may be cropped without being asked
const CAPTION_LINES = 3;
const CAPTION_ROOM = 6; // ems below a film shown whole in which its captions stand beside it, not on it

// A large film may take longer than a scene is waited for: it goes on arriving, and the scene's next turn finds it whole.
const films = new Recent(2); // address -> promise of a blob

export function mount(root, options, feed) {
  const plate = new Plate(root, "film-scene");
  void new Film(plate, options, feed).show();
  return () => plate.stop();
}

/** Whether a film of `ratio` fills a frame of `shape`, cropped, or is shown whole. Pure. */
export function fillOf(fill, ratio, shape) {
  if (fill === "cover" || fill === "whole") return fill;
  return 1 - Math.min(ratio / shape, shape / ratio) <= CROP_MOST ? "cover" : "whole";
}

async function fetchWhole(film) {
  const answer = await fetch(film, { signal: AbortSignal.timeout(FETCH_MS) });
  if (!answer.ok) throw new Error(`${film}: ${answer.status}`);
  return answer.blob();
}

class Film {
  #isOver = false;
  #isPainted = false;
  #stall = 0;

  constructor(plate, { settings = {}, lang = "", metrics, done }, feed) {
    Object.assign(this, { plate, settings, lang, metrics, feed, next: done ?? (() => {}) });
    this.film = document.createElement("video");
    Object.assign(this.film, { muted: true, defaultMuted: true, playsInline: true, preload: "auto", disablePictureInPicture: true });
    this.film.disableRemotePlayback = true;
    this.poster = el("figure", "film-poster");
    this.caption = el("p", "film-caption");
    this.caption.dir = "auto";
    this.captions = el("div", "film-captions", this.caption);
    this.captions.hidden = true;
    plate.node.append(el("div", "film-page", this.film, this.poster, this.captions));
  }

  async show() {
    this.plate.onStop(() => this.#release());
    const fetching = this.#fetch();
    fetching.catch(() => {}); // told below
    this.picture = await pictureAt(this.settings.poster, (error) => this.feed.failed("", error));
    if (this.plate.isStopped) return;
    if (this.picture) this.poster.append(this.picture);
    this.poster.hidden = !this.picture;
    this.plate.follow((size) => this.#draw(size));
    const patience = this.picture && setTimeout(() => this.#paint(), WAIT_MS);
    this.plate.onStop(() => clearTimeout(patience));
    try {
      const blob = await fetching;
      if (this.plate.isStopped) return;
      await this.#load(blob);
      if (this.plate.isStopped) return;
      this.#draw();
      this.#listen();
      await this.film.play();
      this.#paint();
      this.#uncover();
    } catch (error) {
      if (!this.plate.isStopped) this.#fail(error);
    } finally {
      clearTimeout(patience);
    }
  }

  /** All of it, or an error. */
  #fetch() {
    const { film } = this.settings;
    if (!film) return Promise.reject(new Error("there is no film"));
    let arriving = films.get(film);
    if (!arriving) {
      arriving = fetchWhole(film);
      films.set(film, arriving);
      arriving.catch(() => films.delete(film));
    }
    return arriving;
  }

  /** Ready to play from its first picture to its last. */
  async #load(blob) {
    this.address = URL.createObjectURL(blob);
    const { film } = this;
    await new Promise((ready, failed) => {
      const late = setTimeout(() => failed(new Error("the film is not ready in time")), READY_MS);
      const over = (then) => () => {
        clearTimeout(late);
        then();
      };
      film.addEventListener("canplaythrough", over(ready), { once: true });
      film.addEventListener("error", over(() => failed(new Error(film.error?.message || "the film cannot be played"))), { once: true });
      film.src = this.address;
      if (this.settings.captions) this.#caption();
    });
    if (!film.videoWidth) throw new Error("the film has no picture");
  }

  #caption() {
    const track = document.createElement("track");
    track.kind = "captions";
    track.src = this.settings.captions;
    this.film.append(track);
    track.track.mode = "hidden"; // read by the browser, shown by us
    track.addEventListener("error", () => this.feed.failed("", new Error("the captions cannot be read")));
    track.track.addEventListener("cuechange", () => this.#say([...(track.track.activeCues ?? [])]));
  }

  #say(cues) {
    const said = cues.map((cue) => cue.getCueAsHTML().textContent.trim()).filter(Boolean).join("\n");
    const lines = said.split("\n").slice(0, CAPTION_LINES);
    this.captions.hidden = !said;
    this.caption.textContent = lines.join("\n");
    this.caption.lang = postLanguage({ spans: [{ text: said }], lang: this.lang });
  }

  #listen() {
    const { film, settings } = this;
    film.loop = Boolean(settings.loop);
    film.addEventListener("ended", () => this.#end());
    film.addEventListener("error", () => this.#fail(new Error(film.error?.message || "the film has broken off")));
    // a decoder that hangs says nothing at all
    const watch = () => {
      clearTimeout(this.#stall);
      if (!this.#isOver) this.#stall = setTimeout(() => this.#fail(new Error("the film stands still")), STALL_MS);
    };
    film.addEventListener("timeupdate", watch);
    watch();
  }

  /** The film is on the glass: its poster, of the same place and shape, fades from it. */
  #uncover() {
    if (this.poster.hidden) return;
    const fade = this.poster.animate([{ opacity: 1 }, { opacity: 0 }], { duration: 500, easing: "linear", fill: "forwards" });
    fade.finished.then(() => { this.poster.hidden = true; }, () => {});
  }

  #paint() {
    if (this.#isPainted) return;
    this.#isPainted = true;
    this.feed.painted([]);
  }

  /** The last picture stays until the next scene covers it. */
  #end() {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#stall);
    this.captions.hidden = true;
    this.next();
    const again = setTimeout(() => this.#again(), AGAIN_MS);
    this.plate.onStop(() => clearTimeout(again));
  }

  /** The programme has nothing else: from the beginning, over the last picture. */
  async #again() {
    if (this.film.error || !this.film.ended) return;
    this.#isOver = false;
    try {
      await this.film.play();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A film that cannot be shown is counted; what stands on the glass stays until the next scene covers it. */
  #fail(error) {
    if (this.#isOver) return;
    this.feed.failed("", error);
    this.#end();
  }

  #draw(size = this.size) {
    this.size = size;
    const { node } = this.plate;
    const [across, down] = this.film.videoWidth
      ? [this.film.videoWidth, this.film.videoHeight]
      : [this.picture?.naturalWidth || 16, this.picture?.naturalHeight || 9];
    node.dataset.fill = fillOf(this.settings.fill ?? "auto", across / down, size.width / size.height);
    style(node, { "--ratio": across / down });
    const room = (size.height - size.width / (across / down)) / 2;
    node.classList.toggle("below", node.dataset.fill === "whole" && room > CAPTION_ROOM * this.metrics().text);
  }

  #release() {
    clearTimeout(this.#stall);
    this.#isOver = true;
    this.film.pause();
    this.film.removeAttribute("src");
    this.film.replaceChildren();
    this.film.load();
    if (this.address) URL.revokeObjectURL(this.address);
  }
}
