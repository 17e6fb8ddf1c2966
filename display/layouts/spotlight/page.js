// One page of the spotlight: the picture or pictures, the words, who said them. Made once and used again.

import { el, style } from "../../js/dom.js";
import { postLanguage, runsOf } from "../../js/words.js";
import { Byline } from "../../js/stage/byline.js";
import { Pictures } from "../../js/stage/pictures.js";

export const PICTURES_MAX = 4;

const px = (rect) => ({ left: `${rect.x}px`, top: `${rect.y}px`, width: `${rect.width}px`, height: `${rect.height}px` });

export class Page {
  reading = null;

  constructor(brands, words) {
    this.words = words;
    this.images = Array.from({ length: PICTURES_MAX }, () => {
      const image = el("img");
      image.decoding = "sync";
      image.hidden = true;
      return image;
    });
    this.film = el("i", "film");
    this.shot = el("figure", "shot", ...this.images, this.film);
    this.warning = el("p", "warning");
    this.message = el("p", "message");
    this.quoted = el("p", "quoted");
    this.byline = new Byline(brands, words);
    this.said = el("div", "said", this.warning, this.message, this.quoted, this.byline.node);
    this.flag = el("span", "flag");
    this.spark = el("i", "spark");
    this.node = el("article", "page", this.shot, this.said, this.flag, this.spark);
    this.node.hidden = true;
  }

  /** Sets the content of a reading; its place comes with `compose`. */
  paint(reading) {
    const { post, runs, lang, field } = reading;
    this.reading = reading;
    this.node.classList.toggle("emoji", reading.isEmoji);
    this.node.classList.toggle("mute", reading.letters === 0);
    style(this.node, { "--tint": reading.tint || "#3a3f58", "--hue": field[0], "--chroma": field[1] });
    this.message.lang = lang;
    this.message.dir = "auto";
    this.message.hidden = runs.length === 0;
    this.message.replaceChildren(...runs.map(({ text, kind }) => (kind === "text" ? text : el("span", kind, text))));
    this.warning.textContent = post.warning ?? "";
    this.warning.hidden = !post.warning;
    this.#quote(post.quote);
    this.byline.show(post, { hasFace: reading.hasFace });
    this.film.hidden = !post.is_film;
  }

  /** The composition: {form, shot, words}, pictures at their rects [{shot, variant, x, y, width, height}]. */
  arrange({ form, shot, words }, pictures = []) {
    this.node.dataset.page = form;
    style(this.said, px(words));
    this.shot.hidden = !shot;
    if (shot) style(this.shot, px(shot));
    this.images.forEach((image, i) => {
      const place = pictures[i];
      image.hidden = !place;
      if (!place) {
        image.removeAttribute("src");
        image.alt = "";
        return;
      }
      const url = Pictures.url(place.shot.digest, place.variant);
      if (image.getAttribute("src") !== url) image.src = url;
      image.alt = place.shot.alt ?? "";
      style(image, px(place));
    });
  }

  /** The size of the letters, as `Fitting.size` found it. */
  set(fit) {
    style(this.message, { "font-size": `${fit.px}px` });
    style(this.node, { "--lines": fit.lines || "none" });
    this.node.classList.toggle("clipped", fit.lines > 0);
  }

  /** What the flag says; "" for none. */
  announce(text, isLit) {
    this.flag.textContent = text;
    this.flag.hidden = !text;
    this.node.classList.toggle("lit", isLit);
  }

  /** The height that the message may take on this page, everything else being set. */
  get room() {
    const { warning, quoted, said, byline } = this;
    const gap = parseFloat(getComputedStyle(said).rowGap) || 0;
    const others = [warning, quoted, byline.node].filter((part) => !part.hidden);
    return others.reduce((room, part) => room - part.offsetHeight - gap, said.clientHeight);
  }

  /** Back to the drawer: nothing of the post stays in the page. */
  clear() {
    this.node.hidden = true;
    for (const animation of this.node.getAnimations({ subtree: true })) animation.cancel();
    this.node.removeAttribute("data-post");
    this.reading = null;
    for (const image of this.images) {
      image.removeAttribute("src");
      image.alt = "";
      image.hidden = true;
    }
    this.message.replaceChildren();
    for (const part of [this.quoted, this.warning, this.flag]) part.textContent = "";
    this.byline.clear();
  }

  #quote(quote) {
    const text = runsOf(quote?.spans).map((run) => run.text).join("");
    this.quoted.hidden = !text;
    this.quoted.replaceChildren(...(text ? [el("b", "", quote.author ?? ""), ` ${text}`] : []));
    this.quoted.lang = text ? postLanguage(quote) : "";
  }
}
