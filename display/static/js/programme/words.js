// How scenes and their times are said.

import { language, t, tOr } from "../page.js";

const HUES = { bento: 82, spotlight: 40, photos: 222, masonry: 300, ticker: 190, mosaic: 152, words: 330, numbers: 262, notice: 60, sponsor: 16, countdown: 110, join: 175, film: 245 };

/** A layout's own colour, the same everywhere: degrees. */
export function hueOf(layout) {
  if (layout in HUES) return HUES[layout];
  let hue = 7;
  for (const char of layout) hue = (hue * 31 + char.codePointAt(0)) % 360;
  return hue;
}

export const layoutTitle = (layout) => tOr(`layout.${layout}.title`, layout);

export const sceneTitle = (scene) => scene.title || layoutTitle(scene.layout);

/** "45 s", "4 min", "1 min 30 s". */
export function lasting(seconds) {
  const unit = (n, name) => new Intl.NumberFormat(language(), { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 0 }).format(n);
  const whole = Math.round(seconds);
  if (whole < 60) return unit(whole, "second");
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  return rest ? `${unit(minutes, "minute")} ${unit(rest, "second")}` : unit(minutes, "minute");
}

/** "12 %" in the language of the page. */
export const percent = (share, digits = 0) =>
  new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: digits }).format(share);

/** Who a programme is called for people: our own has a name in words. */
export const programmeTitle = (name) => (name === "parvis" ? t("programme.house") : name);
