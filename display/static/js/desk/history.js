// The history: what everybody has decided, newest first, and the way to take it back.

import { Recent, el } from "../dom.js";
import { icon } from "../icons.js";
import { many, t, tOr } from "../page.js";
import { snippetOf } from "./digest.js";
import { ask } from "./lists.js";
import { letterOf, nameOf, since, stateWord } from "./pieces.js";
import { plain } from "./sheet.js";
import { TABS, takeBackOf } from "./verdicts.js";

const PAGE = 40;
const PAGES_MOST = 5; // a page may be short: the server looks through so many entries only
const FEW = 12;
const WHY = ["approve", "reject", "hold", "release", "withdraw", "unapprove", "reopen", "pin", "unpin", "ban", "first-yes", "standing", "withdrawn", "panic", "alarm", "programme", "theme"];
const TOGETHER_MS = 400; // what one gesture moved is one line
const CARDS_KEPT = 200;
const AT_ONCE = 4;

/** Entries as lines: what one person moved in one gesture stands together. Pure. */
export function gatherEntries(entries) {
  const lines = [];
  for (const entry of entries) {
    const last = lines.at(-1);
    const first = last?.entries[0];
    const isSame = first && ["by", "why", "from", "to"].every((name) => first[name] === entry[name]);
    if (isSame && Math.abs(Date.parse(last.entries.at(-1).at) - Date.parse(entry.at)) < TOGETHER_MS) last.entries.push(entry);
    else lines.push({ ...entry, entries: [entry] });
  }
  return lines;
}

/** What screens show, in the audit's words: "programme day", "theme gala"; "programme ~hall-a" is a draft tried there. */
function showsOf(why) {
  const [kind, name = ""] = why.split(" ");
  if (kind !== "programme" && kind !== "theme") return null;
  return name.startsWith("~") ? { kind: "trial", name: name.slice(1) } : { kind, name };
}

export class History {
  #cards = new Recent(CARDS_KEPT);
  #before = null;
  #count = 0;
  #newest = new Map();

  /** @param card (id) the card in memory, or null; takeBack (post, verdict); takeAllBack (verdict, ids); goTo (post) */
  constructor({ sheet, card, mayDecide, takeBack, takeAllBack, goTo }) {
    Object.assign(this, { sheet, card, mayDecide, takeBack, takeAllBack, goTo });
  }

  open() {
    this.#count = 0;
    this.#before = null;
    this.#newest.clear();
    this.box = el("ol", "lines history");
    this.more = plain("wide", "down", t("desk.history_more"), () => void this.#fetch());
    this.more.hidden = true;
    this.state = el("p", "soft", t("desk.loading"));
    this.sheet.open("history", t("desk.history"), [el("p", "soft", t("desk.history_text")), this.box, this.state, this.more]);
    void this.#fetch();
  }

  async #fetch() {
    const { box } = this;
    this.more.hidden = true;
    this.state.textContent = t("desk.loading");
    try {
      const fresh = [];
      for (let page = 0; page < PAGES_MOST && fresh.length < FEW; page++) {
        const query = { limit: PAGE, why: WHY.join(","), ...(this.#before === null ? {} : { before: this.#before }) };
        const { entries, before } = await ask("/api/v1/audit", query);
        fresh.push(...entries);
        this.#before = before;
        if (before === null) break;
      }
      if (!box.isConnected) return;
      this.#count += fresh.length;
      for (const { id, n } of fresh) if (!this.#newest.has(id)) this.#newest.set(id, n);
      box.append(...gatherEntries(fresh).map((one) => this.#line(one)));
      this.more.hidden = this.#before === null;
      this.state.textContent = this.#count ? "" : t("desk.history_none");
      await this.#dress([...box.querySelectorAll("[data-wants]")]);
    } catch (error) {
      if (!("status" in error)) throw error;
      if (box.isConnected) this.state.textContent = t(error.status === 403 ? "desk.history_closed" : "desk.list_lost");
    }
  }

  #line(line) {
    const { by, why, to, at, id, entries, name } = line;
    const isMany = entries.length > 1;
    const isPerson = by && by !== "rules";
    const shows = showsOf(why);
    const did = shows || why === "standing" || why === "panic" || why === "alarm" ? `${shows?.kind ?? why}.${to || "none"}` : why;
    const does = tOr(`desk.did.${did}`, stateWord(to));
    const what = isMany ? many("desk.history_many", entries.length) : "";
    const who = el("span", "history-who", el("strong", "", isPerson ? by : t("desk.by_rules")), ` ${does} `, what);
    const about = shows?.name ?? (isMany ? "" : name);
    const post = el("span", "history-post", ...(about ? [el("bdi", "", about)] : []));
    const row = el("li", "line", isPerson ? letterOf(by) : el("span", "face rules", icon("shield")), el("span", "line-words", who, post, el("span", "soft", since(at))));
    const verdict = takeBackOf(line);
    const fresh = entries.filter((entry) => this.#newest.get(entry.id) === entry.n);
    if (isMany && verdict && verdict !== "unapprove" && fresh.length && this.mayDecide()) {
      row.append(this.#button(t("desk.take_back_many"), () => this.takeAllBack(verdict, fresh.map((entry) => entry.id)), row));
    } else if (!isMany && TABS.includes(to)) {
      row.dataset.wants = id;
      if (verdict && fresh.length) row.dataset.verdict = verdict;
      row.dataset.to = to;
    }
    return row;
  }

  #button(text, press, row) {
    return plain("back", "undo", text, () => {
      press();
      row.classList.add("is-back");
      row.querySelector(".back").replaceWith(el("span", "soft", t("desk.taken_back_done")));
    });
  }

  /** Names the post of each line, and offers to take it back where that is still true: a few at a time. */
  async #dress(rows) {
    const next = async () => {
      for (let row = rows.shift(); row?.isConnected; row = rows.shift()) {
        const post = await this.#post(row.dataset.wants);
        delete row.dataset.wants;
        if (!post || !row.isConnected) continue;
        row.querySelector(".history-post").replaceChildren(el("bdi", "", nameOf(post)), " · ", snippetOf(post, ""));
        const { verdict, to } = row.dataset;
        if (verdict && post.state === to && this.mayDecide()) row.append(this.#button(t("desk.take_back"), () => this.takeBack(post, verdict), row));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  async #post(id) {
    const known = this.card(id);
    if (known) return known;
    const kept = this.#cards.get(id);
    if (kept !== undefined && this.#newest.get(id) === kept.n) return kept.post;
    const post = await ask(`/api/v1/posts/${encodeURIComponent(id)}`).then((found) => found.post, () => null);
    this.#cards.set(id, { n: this.#newest.get(id), post });
    return post;
  }
}
