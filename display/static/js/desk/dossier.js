// Who wrote a card, in one line: what the wall knows of them, and what can be done from here.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { many, t } from "../page.js";
import { face, nameOf, networkMark, networkName, since, stateWord } from "./pieces.js";

/** "4 posts here: 3 shown, 1 rejected"; "First post here". Pure but for the words. */
export function historyLine(counts = {}) {
  const { queued = 0, held = 0, approved = 0, rejected = 0, withdrawn = 0 } = counts;
  const total = queued + held + approved + rejected + withdrawn;
  if (total <= 1) return t("desk.first_post");
  const parts = [many("desk.posts_here", total)];
  if (approved) parts.push(many("desk.posts_shown", approved));
  if (rejected) parts.push(many("desk.posts_rejected", rejected));
  if (withdrawn) parts.push(many("desk.posts_withdrawn", withdrawn));
  return parts.join(t("desk.comma"));
}

/** The badge of a trusted or banned author, or nothing. */
export function standingOf(author) {
  const { standing = "", by = "" } = author ?? {};
  if (!standing) return [];
  return [el("span", `badge ${standing}`, icon(standing === "banned" ? "ban" : "shield"), by ? t(`desk.standing_by.${standing}`, { by }) : t(`desk.standing.${standing}`))];
}

/** The author of a card as a button that opens the sheet about them. */
export function authorOf(post, open) {
  const content = post.card?.author ?? { name: "" };
  const name = el("strong", "", nameOf(post));
  name.dir = "auto";
  const head = el("span", "who-name", name);
  const network = networkName(post.card?.network ?? "");
  const line = el("span", "soft who-line", networkMark(post.card?.network ?? ""));
  const hasHandle = content.handle && content.handle !== content.name;
  line.append(el("span", "who-at", el("span", "who-net", network), " ", ...(hasHandle ? [el("bdi", "", content.handle)] : [])));
  const isWaiting = post.state === "queued" || post.state === "held";
  const time = since(isWaiting ? post.arrived ?? post.at : post.at, { isWaiting });
  const words = el("span", "who", head, line, el("span", "soft who-since", time, el("span", "who-past")));
  tellPast(words, post);
  if (!post.author?.key) return el("div", "by", face(content), words);
  const button = el("button", "by", face(content), words);
  button.type = "button";
  button.dataset.do = "author";
  button.setAttribute("aria-keyshortcuts", "T");
  button.title = t("desk.author_open");
  button.addEventListener("click", open);
  return button;
}

/** Says anew what the wall knows of the author of the card in `root`; its elements stay, a thumb may be on them. */
export function tellPast(root, { author }) {
  root.querySelector(".who-past").textContent = author?.counts ? ` · ${historyLine(author.counts)}` : "";
  for (const badge of root.querySelectorAll(".badge")) badge.remove();
  root.querySelector(".who-name").append(...standingOf(author));
}

/** Whether it makes sense to ask when it was on the screens. Pure. */
export function mayHaveBeenShown({ state }) {
  return state === "approved" || state === "rejected";
}

/** What became of a card so far, and the tools that are not a decision. */
export function factsOf(post, { open, mayDecide }) {
  const row = el("div", "facts");
  if (post.by && post.state !== "queued") row.append(el("span", "soft decided", t("desk.decided", { by: personName(post), state: stateWord(post.state) })));
  if (post.pinned) row.append(el("span", "chip mark", icon("pin"), t("desk.pinned")));
  const tools = el("div", "card-tools");
  if (mayDecide) tools.append(tool("label", t("desk.pass_on"), "L", () => open("labels")));
  if (mayDecide && post.state === "approved") tools.append(tool("spotlight", t("desk.spotlight"), "S", () => open("spotlight")));
  if (mayDecide && mayHaveBeenShown(post)) tools.append(tool("screen", t("desk.shown"), "D", () => open("shown")));
  const href = post.card?.url ?? "";
  if (/^https?:\/\//i.test(href)) {
    const original = el("a", "tool", icon("link"), el("span", "", t("desk.original")));
    original.href = href;
    original.target = "_blank";
    original.rel = "noopener noreferrer";
    tools.append(original);
  }
  row.append(tools);
  return row;
}

function tool(shape, text, key, press) {
  const button = el("button", "tool", icon(shape), el("span", "", text));
  button.type = "button";
  button.dataset.do = shape;
  button.setAttribute("aria-keyshortcuts", key);
  button.title = `${text} (${key})`;
  button.addEventListener("click", press);
  return button;
}

/** Whoever decided: a person's name; the rules when nobody has touched it yet. */
export function personName({ by, source }) {
  return by === "rules" || by === source ? t("desk.by_rules") : by;
}
