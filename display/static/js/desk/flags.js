// The small words on a card: why to look twice, who else looks, who has said yes, where it was passed on to.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { many, t } from "../page.js";
import { named, reasonText } from "./pieces.js";
import { eyesOf } from "./verdicts.js";

function flag(kind, text, shape = "") {
  return el("li", `chip ${kind}`, ...(shape ? [icon(shape)] : []), el("span", "", text));
}

/** A list of flags, or nothing where there is nothing to say. `note` is a word since the person looked. */
export function flagsOf(post, { note = "", me = "" } = {}) {
  const rows = [];
  if (note) rows.push(flag("warn", t(`desk.note.${note}`)));
  const eyes = eyesOf(post, me);
  if (eyes === "second") rows.push(flag("mark", t("desk.eyes_second", { names: named(post.eyes.by) }), "eye"));
  if (eyes === "first") rows.push(flag("mark", t("desk.eyes_two"), "eye"));
  if (eyes === "waiting") rows.push(flag("mark", t("desk.eyes_yours"), "eye"));
  if (post.card?.warning) rows.push(flag("warn", t("desk.warning", { text: post.card.warning })));
  if (post.edited) rows.push(flag("mark", t(post.state === "rejected" ? "desk.edited_since" : "desk.edited")));
  for (const reason of post.reasons ?? []) {
    if (reason.rule === "sensitive" && post.card?.warning) continue; // said just above, in the author's words
    rows.push(flag("warn", reasonText(reason)));
  }
  if (!rows.length) return [];
  const list = el("ul", "flags", ...rows);
  list.setAttribute("aria-label", t("desk.why"));
  return [list];
}

/** The departments of a post, as words. `titles` says names as people do. */
export function labelsOf(post, titles) {
  const names = post.labels ?? [];
  if (!names.length) return [];
  const list = el("ul", "flags labels", ...names.map((name) => flag("label", titles.get(name) ?? name, "label")));
  list.setAttribute("aria-label", t("desk.labels"));
  return [list];
}

/** The memo of the people at the desk: never shown anywhere else. */
export function memoOf({ memo }) {
  if (!memo?.text) return [];
  const text = el("p", "memo", icon("note"), el("span", "", el("strong", "", t("desk.memo_by", { by: memo.by || t("desk.somebody") })), ` ${memo.text}`));
  text.dir = "auto";
  return [text];
}

/** The strip of a cluster: how many there are, and the way to look at them one by one. */
export function clusterOf(post, size, { keep, apart, mayDecide }) {
  const box = el("div", "cluster", icon("stack"), el("strong", "", many("desk.cluster", size)));
  const words = [["apart", t("desk.cluster_apart"), "O", apart]];
  if (mayDecide) words.unshift(["keep", many("desk.cluster_keep", size - 1), "E", keep]);
  for (const [name, text, letter, press] of words) {
    const key = el("kbd", "", letter);
    key.ariaHidden = "true";
    const button = el("button", "button", el("span", "", text), key);
    button.type = "button";
    button.dataset.do = name;
    button.setAttribute("aria-keyshortcuts", letter);
    button.addEventListener("click", press);
    box.append(button);
  }
  return box;
}

/** Who else has this card in view. */
export function lookersOf(names) {
  return names.length ? [icon("eye"), el("span", "", many("desk.looking", names.length, { names: named(names) }))] : [];
}
