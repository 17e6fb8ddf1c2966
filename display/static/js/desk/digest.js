// A post in one line, for the lists inside sheets.

import { el } from "../dom.js";
import { t, tOr } from "../page.js";
import { postLanguage, runsOf } from "../words.js";
import { nameOf, picture, since, stateWord } from "./pieces.js";
import { line } from "./sheet.js";
import { whyVeiled } from "./veil.js";

/** The first words of a post, or what stands for them. */
export function snippetOf(post, className = "snippet") {
  const content = post.card;
  const text = runsOf(content?.spans).map((run) => run.text).join("");
  const instead = !content ? "desk.no_content" : content.is_film ? "desk.film" : content.pictures?.length ? "desk.picture_only" : "desk.no_content";
  const snippet = el("span", className, text || t(instead));
  snippet.lang = (content && text && postLanguage(content)) || "";
  if (!snippet.lang) snippet.removeAttribute("lang");
  snippet.dir = "auto";
  return snippet;
}

/** A row: the words, the state, the time; `press` makes it a button. */
export function digestOf(post, press, { named = false } = {}) {
  const [first] = post.card?.pictures ?? [];
  const thumb = first ? el("span", "thumb mini", picture({ ...first, alt: "" }, "small")) : "";
  if (first && whyVeiled(post)) thumb.classList.add("is-veiled");
  const about = el("span", "soft", named ? `${nameOf(post)} · ` : "", tOr(`desk.tab.${post.state}`, stateWord(post.state)), " · ", since(post.at));
  return line("digest", press, thumb, el("span", "line-words", snippetOf(post), about));
}
