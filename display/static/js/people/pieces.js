// What the people page is made of: faces, rows of devices and people, QR codes, dialogs.

import { el, style } from "../dom.js";
import { icon } from "../icons.js";
import { span, t } from "../page.js";
import { initialOf } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 3;
const IN_USE_MS = 6 * 60_000; // the server notes every five minutes that a login is used

export const ROLES = ["viewer", "moderator", "admin"];

/** Makes `node` the face of a name: its initial on a colour that is always the same. */
export function face(node, name) {
  node.classList.add("face", "letter");
  node.textContent = initialOf(name);
  let hue = 7; // as the desk has it
  for (const char of name) hue = (hue * 31 + char.codePointAt(0)) % 360;
  style(node, { "--h": hue });
  return node;
}

/** A QR code of rows of "0" and "1", dark on light with its quiet zone. */
export function qr(rows, label) {
  const size = rows.length + 2 * QUIET;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(SVG, "path");
  let d = "";
  rows.forEach((row, y) => {
    for (const run of row.matchAll(/1+/g)) d += `M${run.index + QUIET} ${y + QUIET}h${run[0].length}v1h-${run[0].length}z`;
  });
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
}

const ago = (iso) => Date.now() - Date.parse(iso);

/** "in use now", or how long ago it was. */
export function lastSeen(iso) {
  const passed = ago(iso);
  return passed < IN_USE_MS ? t("people.in_use") : t("people.used_ago", { span: span(passed) });
}

function deviceIcon(device) {
  if (/iPhone/.test(device)) return "phone";
  return /iPad|Android/.test(device) ? "tablet" : "screen";
}

/** A login as a row. `end(login)` ends it; this one cannot be ended here (that is signing out). */
export function deviceRow(login, end, { withName = false } = {}) {
  const device = login.device || t("people.unknown_device");
  const head = el("span", "row-name", withName ? login.name : device);
  const words = el("span", "row-words", head);
  if (login.here) head.append(el("span", "chip mark", t("people.this_one")));
  if (withName) head.append(el("span", "chip", t(`people.role.${login.role}`)));
  const since = ago(login.since) < 60_000 ? t("people.since_now") : t("people.since", { span: span(ago(login.since)) });
  const more = [withName ? device : "", login.here ? "" : lastSeen(login.seen), since, login.address];
  words.append(el("span", "soft small", more.filter(Boolean).join(" · ")));
  const row = el("li", "row", el("span", "row-sign"), words);
  row.firstChild.append(icon(deviceIcon(login.device)));
  if (login.here) return row;
  const button = el("button", "button small", t("people.end"));
  button.type = "button";
  button.setAttribute("aria-label", t("people.end_label", { device: withName ? `${login.name}, ${device}` : device }));
  button.addEventListener("click", () => end(login, button));
  row.append(button);
  return row;
}

/** What is to be said of a person below the name. */
export function stateOf(user) {
  if (user.state === "invited") return t("people.state_invited");
  if (user.state === "locked") return t("people.state_locked");
  if (!user.devices) return t("people.state_away");
  const devices = user.devices === 1 ? t("people.device_one") : t("people.device_other", { n: user.devices });
  return `${devices} · ${lastSeen(user.seen)}`;
}

export function userRow(user, open) {
  const words = el("span", "row-words", el("span", "row-name", user.name), el("span", "soft small", stateOf(user)));
  const chip = el("span", user.role === "admin" ? "chip mark" : "chip", t(`people.role.${user.role}`));
  const more = el("span", "more", icon("down"));
  const letter = face(el("span"), user.name);
  letter.setAttribute("aria-hidden", "true");
  if (user.you) {
    words.firstChild.append(el("span", "chip", t("people.you")));
    return el("li", "row", letter, words, chip, more);
  }
  const button = el("button", "row is-button", letter, words, chip, more);
  button.type = "button";
  button.dataset.user = user.id;
  button.addEventListener("click", () => open(user.id));
  return el("li", "", button);
}

/** Role cards inside a fieldset; `pick(role)` when another is chosen. */
export function roleCards(fieldset, name, chosen, pick = () => {}, most = "admin") {
  for (const old of fieldset.querySelectorAll("label")) old.remove();
  for (const role of ROLES.slice(0, ROLES.indexOf(most) + 1)) {
    const input = el("input");
    Object.assign(input, { type: "radio", name, value: role, checked: role === chosen });
    input.addEventListener("change", () => pick(role));
    fieldset.append(el("label", "", input, el("span", "", el("strong", "", t(`people.role.${role}`)), el("span", "soft", t(`people.may.${role}`)))));
  }
}

export const chosenOf = (fieldset) => fieldset.querySelector("input:checked")?.value ?? "";

/** Opens a dialog that its close buttons, Escape and a press beside it close; `closed` runs after. */
export function openDialog(dialog, closed = () => {}) {
  if (!dialog.dataset.ready) {
    dialog.dataset.ready = "1";
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close("");
    });
  }
  dialog.addEventListener("close", closed, { once: true });
  dialog.returnValue = "";
  dialog.showModal();
}

/** Asks; true when the person says yes. */
export function confirm(title, text, word) {
  const sure = document.getElementById("sure");
  document.getElementById("sure-title").textContent = title;
  document.getElementById("sure-text").textContent = text;
  document.getElementById("sure-yes").textContent = word;
  return new Promise((done) => openDialog(sure, () => done(sure.returnValue === "yes")));
}

/** Says that something is done, aloud too; it goes by itself. */
export function tell(text) {
  const toast = el("p", "toast", text);
  document.getElementById("voice").replaceChildren(toast);
  setTimeout(() => toast.remove(), 5000);
}
