// Pieces of a card that the list and the stage both show: pictures, faces, names, times, reasons.

import { Brands } from "../brands.js";
import { el, style } from "../dom.js";
import { hour, span, t, tOr } from "../page.js";
import { initialOf } from "../words.js";

const NOW_MS = 45_000;
const brands = new Brands(new URL("../../brand/", import.meta.url));

/** A picture of ours by its digest, its own colour behind it until it is there. */
export function picture({ digest, width_px, height_px, colour, alt }, variant, className = "") {
  const image = el("img", className);
  image.alt = alt ?? "";
  image.decoding = "async";
  image.draggable = false;
  if (width_px && height_px) {
    image.width = width_px;
    image.height = height_px;
  }
  if (/^#[0-9a-f]{6}$/i.test(colour ?? "")) style(image, { "--colour": colour });
  image.addEventListener("error", () => image.classList.add("is-missing"), { once: true });
  image.src = `/media/${encodeURIComponent(digest)}/${variant}`;
  return image;
}

/** The author's picture, or the first letter of the name on a field of colour. */
export function face(author) {
  if (author?.avatar) {
    const image = picture({ ...author.avatar, alt: "" }, "avatar", "face");
    image.removeAttribute("width");
    image.removeAttribute("height");
    return image;
  }
  const letter = el("span", "face letter", initialOf(author?.name || author?.handle || "?"));
  letter.ariaHidden = "true";
  style(letter, { "--h": hueOf(author?.name ?? "") });
  return letter;
}

/** A hue for a name: the same name always has the same. */
export function hueOf(name) {
  let sum = 7;
  for (const sign of name) sum = (sum * 31 + sign.codePointAt(0)) % 360;
  return sum;
}

export function nameOf(post) {
  return post.card?.author?.name || post.card?.author?.handle || t("desk.nobody");
}

/** A network's own name as people write it. */
export function networkName(network) {
  return tOr(`network.${network}`, network ? network[0].toUpperCase() + network.slice(1) : "");
}

/** The small mark of a network; its name stands beside it for those who do not see it. */
export function networkMark(network) {
  const mark = el("span", "net");
  mark.ariaHidden = "true";
  brands.dress(mark, network);
  return mark;
}

/** A letter in a disc for a person at a desk. */
export function letterOf(name) {
  const letter = el("span", "face letter person", initialOf(name || "?"));
  letter.ariaHidden = "true";
  style(letter, { "--h": hueOf(name) });
  return letter;
}

/** How long a card waits, or when it was decided: an element that `tick` keeps true. */
export function since(iso, { isWaiting = false } = {}) {
  const time = el("time", "since");
  time.dateTime = iso ?? "";
  time.dataset.waits = isWaiting ? "yes" : "";
  time.title = hour(iso);
  tick([time]);
  return time;
}

/** Says the times anew. A clock that runs behind the server's gives no negative times. */
export function tick(times, now = Date.now()) {
  for (const time of times) {
    const at = Date.parse(time.dateTime);
    const ago = Number.isFinite(at) ? span(now - at) : "";
    time.textContent = ago && now - at < NOW_MS ? t("desk.now") : ago && time.dataset.waits ? t("desk.waits", { ago }) : ago;
  }
}

/** The sentence for a rule's reason. Rules bring values, the catalogue brings the words. */
export function reasonText({ rule, text }) {
  if (text === "failed") return t("desk.rule.failed", { rule });
  const exact = tOr(`desk.rule.${rule}.${text}`, "");
  return exact || tOr(`desk.rule.${rule}`, text ? `${rule}: ${text}` : rule, { text });
}

/** Names said as people say them: "Anna", "Anna and Bruno". */
export function named(names) {
  return new Intl.ListFormat(document.documentElement.lang || "en", { type: "conjunction" }).format(names);
}

/** Words for what a state is called. */
export function stateWord(state) {
  return tOr(`desk.state.${state}`, state ?? "");
}
