// What themes are called for people, and which values they have in which order.

import { tOr } from "../page.js";

/** Our own have names in words; others say theirs. */
export const themeTitle = (name, title = "") => tOr(`themes.house.${name}`, title || name);

export const COLOURS = ["ground", "ink", "ink_soft", "accent", "accent_ink", "raised", "line", "live", "tile"];
export const CARD_COLOURS = ["panel_ink", "field_ink"];

/** Numbers of a side: [key, {least, most, step}]. */
export const CARD_NUMBERS = [
  ["panel_l", { least: 0, most: 1, step: 0.005 }],
  ["panel_c", { least: 0, most: 1, step: 0.01 }],
  ["panel_cap", { least: 0, most: 0.3, step: 0.001 }],
  ["said_l", { least: 0, most: 1, step: 0.005 }],
  ["field_l", { least: 0, most: 1, step: 0.005 }],
  ["field_c", { least: 0, most: 2.5, step: 0.01 }],
];
export const LIGHT_NUMBERS = [
  ["ambient", { least: 0, most: 1, step: 0.05 }],
  ["mood", { least: 0, most: 360, step: 1 }],
];

/** Families that players usually have. */
export const FAMILIES = ["Inter", "Inter Display", "Noto Sans", "Noto Sans Display", "Noto Serif", "Noto Serif Display", "Georgia", "DejaVu Serif"];

/** A name as addresses and files take it. */
export function slug(text) {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40).replace(/-+$/, "");
}

/** The nearest sRGB colour of a CSS one as "#rrggbb"; null for what is none. */
export function hexOf(colour) {
  if (!CSS.supports("color", colour)) return null;
  const pen = (hexOf.pen ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }));
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return `#${[...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
