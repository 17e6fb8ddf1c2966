// An announcement of the organiser's. Four looks from the same few words; `auto` takes the one that suits them.
//
// mount(root, options, feed) -> unmount.

import { el, style } from "../../js/dom.js";
import { Motion } from "../../js/motion.js";
import { toneOf } from "../../js/stage/marks.js";
import { Plate, fit, holds, pictureAt, ratioOf, rise, say, textsOf } from "../../js/stage/plate.js";

// [hue, chroma], as on the bento wall.
const FIELDS = {
  apricot: [62, 0.078], sage: [152, 0.062], lilac: [300, 0.062], butter: [95, 0.088], sky: [240, 0.056],
  rose: [18, 0.064], linen: [80, 0.03],
};
const TITLE_UNITS = { most: 27, least: 4.4 };
const DRIFT_S = 24;

/**
 * The look for what there is to show. Pure.
 * @param {{look: string, colour: string, ratio: number, shape: number}} of ratio of the picture (0: none), shape of the frame
 */
export function lookOf({ look, colour, ratio, shape }) {
  if (look === "poster" || look === "split") return ratio ? look : "letter";
  if (look === "letter" || look === "field") return look;
  if (!ratio) return colour in FIELDS ? "field" : "letter";
  return Math.min(ratio / shape, shape / ratio) >= 0.72 ? "poster" : "split";
}

export function mount(root, options, feed) {
  const plate = new Plate(root, "notice");
  void new Notice(plate, options, feed).show();
  return () => plate.stop();
}

class Notice {
  constructor(plate, { settings = {}, event = {}, lang = "", metrics }, feed) {
    Object.assign(this, { plate, settings, metrics, feed, motion: new Motion(settings.motion ?? 1) });
    this.label = el("p", "plate-label");
    this.title = el("h2", "plate-title");
    this.rule = el("i", "plate-rule");
    this.text = el("div", "notice-said");
    this.hour = el("p", "notice-hour");
    this.words = el("div", "notice-words", this.label, this.title, this.rule, this.text);
    say(this.label, settings.label, lang);
    say(this.title, settings.title || event.name, lang);
    say(this.hour, settings.hour, lang);
    this.paragraphs = textsOf(settings.text).map((text) => {
      const node = el("p", "plate-text");
      say(node, text, lang);
      return node;
    });
    this.text.append(...this.paragraphs);
    this.text.hidden = this.paragraphs.length === 0;
    this.rule.hidden = this.text.hidden && this.hour.hidden;
  }

  async show() {
    const failed = (error) => this.feed.failed("", error);
    const { picture, logo } = this.settings;
    [this.picture, this.logo] = await Promise.all([pictureAt(picture, failed), pictureAt(logo, failed)]);
    if (this.plate.isStopped) return;
    this.shot = el("figure", "notice-shot", ...(this.picture ? [this.picture] : []));
    this.mark = el("figure", "notice-mark", ...(this.logo ? [this.logo] : []));
    this.shot.hidden = !this.picture;
    this.mark.hidden = !this.logo;
    this.foot = el("div", "notice-foot", this.hour, this.mark);
    this.foot.hidden = this.hour.hidden && this.mark.hidden;
    this.page = el("div", "notice-page", this.shot, el("div", "notice-sheet", this.words, this.foot));
    this.plate.node.append(this.page);
    this.plate.follow((size) => this.#draw(size));
    this.feed.painted([]);
    this.#enter();
  }

  #draw({ width, height }) {
    const { node } = this.plate;
    const { colour = "none", look = "auto" } = this.settings;
    const shape = width / height;
    const ratio = this.picture ? ratioOf(this.picture) : 0;
    const chosen = lookOf({ look, colour, ratio, shape });
    node.dataset.look = chosen;
    node.classList.toggle("upright", shape < 1);
    const [hue, chroma] = FIELDS[colour] ?? FIELDS.apricot;
    style(node, { "--hue": hue, "--chroma": chroma, "--part": `${this.#part(ratio, width, height)}px` });
    this.shot.hidden = !this.picture || (chosen !== "poster" && chosen !== "split");
    if (this.logo) {
      const onLight = chosen === "field" || (chosen !== "poster" && document.documentElement.dataset.theme === "day");
      this.mark.dataset.tone = toneOf(this.logo, onLight ? "paper" : "ink");
    }
    const { unit } = this.metrics();
    const most = Math.min(TITLE_UNITS.most * unit, height * 0.3);
    fit(node, { least: Math.min(TITLE_UNITS.least * unit, most), most }, () => holds(this.words));
  }

  /** The side that a picture beside the words takes: its own shape, within what leaves room for them. */
  #part(ratio, width, height) {
    if (!ratio) return 0;
    if (width < height) return Math.round(Math.min(height * 0.5, Math.max(height * 0.3, width / ratio)));
    return Math.round(Math.min(width * 0.54, Math.max(width * 0.34, height * ratio)));
  }

  #enter() {
    rise([this.label, this.title, this.rule, this.text, this.foot], this.motion);
    if (this.picture && this.plate.node.dataset.look === "poster") this.motion.drift(this.picture, DRIFT_S);
  }
}
