// Looking for posts: the words, the filters with their counts, and what is looked for now, as chips that can be taken away.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { many, t, tOr } from "../page.js";
import { FACETS, Filter } from "./filter.js";
import { ask } from "./lists.js";
import { networkName } from "./pieces.js";
import { plain, toggle } from "./sheet.js";

const TYPING_MS = 350;
const SHOWN = 12; // values of one kind before "all of them"
const FROM_ADDRESS = ["label", "network", "source", "rule", "author", "q"]; // "lang" there is the page's own language

/** A value of a facet as people say it. */
export function valueName(facet, value, titles = new Map()) {
  if (facet === "network") return networkName(value);
  if (facet === "label") return titles.get(value) ?? value;
  if (facet === "rule") return tOr(`desk.rule_name.${value}`, value);
  if (facet === "lang") return languageName(value);
  return value;
}

function languageName(code) {
  try {
    return new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code; // a network may state anything
  }
}

export class Finder {
  #timer = 0;
  #facets = null;

  /**
   * @param parts {root, input, button, chips}; lists; sheet; titles () the departments' names
   * @param failed ({status}) a page did not come
   */
  constructor({ root, input, button, chips, lists, sheet, titles, failed }) {
    Object.assign(this, { root, input, button, chips, lists, sheet, titles, failed });
    input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#type(), TYPING_MS);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#type();
      else if (event.key === "Escape" && !input.value) input.blur();
      else return;
      event.preventDefault();
    });
    button.addEventListener("click", () => this.open());
    button.replaceChildren(icon("filter"));
  }

  /** Begins with what the page's address asks for: a department keeps its own view as a bookmark. */
  begin(query) {
    const wanted = Object.fromEntries([...new URLSearchParams(query)].filter(([name]) => FROM_ADDRESS.includes(name)));
    if (Object.keys(wanted).length) this.lists.seek(new Filter(wanted));
    this.input.value = this.lists.filter.fields.q;
  }

  /** Opens the search where it is folded away, or folds it again. */
  fold() {
    if (this.root.classList.toggle("is-open")) this.focus();
  }

  /** Puts the keyboard into the search. */
  focus() {
    this.root.classList.add("is-open");
    this.input.focus();
    this.input.select();
  }

  clear() {
    this.input.value = "";
    this.lists.seek(new Filter());
  }

  #type() {
    clearTimeout(this.#timer);
    this.lists.seek(this.lists.filter.with("q", this.input.value.trim()));
  }

  /** What is looked for now; `found` is how many there are, null while nobody knows. */
  paint({ found, unseen, isBuilding }) {
    const { filter } = this.lists;
    const rows = filter.chosen.map(([name, value, shown]) => [name, name === "q" ? t("desk.filter_words", { text: value }) : shown === value ? valueName(name, value, this.titles()) : shown]);
    const sign = JSON.stringify([rows, found, unseen, isBuilding]);
    this.root.classList.toggle("is-filtered", !filter.isEmpty);
    if (sign === this.sign) return;
    this.sign = sign;
    const facets = rows.filter(([name]) => name !== "q").length;
    this.button.classList.toggle("is-on", facets > 0);
    const hadFocus = this.chips.contains(document.activeElement);
    const chips = rows.map(([name, shown]) => {
      const chip = el("button", "chip found", el("span", "", shown), icon("close"));
      chip.type = "button";
      chip.setAttribute("aria-label", t("desk.filter_drop", { what: shown }));
      chip.addEventListener("click", () => {
        if (name === "q") this.input.value = "";
        this.lists.seek(filter.with(name, ""));
      });
      return chip;
    });
    const nodes = rows.length ? [el("span", "found-count", found === null ? t("desk.loading") : many(isBuilding ? "desk.found_so_far" : "desk.found", found)), ...chips] : [];
    if (rows.length > 1) {
      const all = plain("clear", "", t("desk.filter_clear"), () => this.clear());
      nodes.push(all);
    }
    if (unseen > 0) nodes.push(plain("refresh", "again", many("desk.filter_new", unseen), () => this.lists.refresh()));
    this.chips.hidden = !nodes.length;
    this.chips.replaceChildren(...nodes);
    if (hadFocus) (this.chips.querySelector("button") ?? this.input).focus();
  }

  /** The sheet of filters for the list in view. */
  async open() {
    this.sheet.open("filter", t("desk.filter"), [el("p", "soft", t("desk.loading"))]);
    try {
      const { q, author } = this.lists.filter.query;
      this.#facets = await ask("/api/v1/facets", { state: this.lists.tab, ...(q ? { q } : {}), ...(author ? { author } : {}) });
    } catch (error) {
      if (!("status" in error)) throw error;
      if (this.sheet.name === "filter") this.sheet.body.replaceChildren(el("p", "soft", t("desk.filter_failed")));
      this.failed(error);
      return;
    }
    this.#fill();
  }

  #fill() {
    if (this.sheet.name !== "filter") return;
    const { filter, tab } = this.lists;
    const groups = FACETS.map((facet) => this.#group(facet, this.#facets[facet] ?? [], filter)).filter(Boolean);
    const foot = el("div", "sheet-foot");
    if (!filter.isEmpty) foot.append(plain("", "close", t("desk.filter_clear"), () => (this.clear(), this.sheet.close())));
    foot.append(plain("go", "", t("desk.filter_show"), () => this.sheet.close()));
    const intro = el("p", "soft", t("desk.filter_in", { list: t(`desk.tab.${tab}`) }));
    const nothing = groups.length ? [] : [el("p", "soft", t("desk.filter_nothing"))];
    this.sheet.body.replaceChildren(intro, ...nothing, ...groups, foot);
  }

  #group(facet, rows, filter) {
    const chosen = filter.fields[facet];
    const known = rows.filter(([value]) => value);
    if (chosen && !known.some(([value]) => value === chosen)) known.push([chosen, 0]);
    if (!known.length) return null;
    const box = el("div", "toggles");
    const show = (isAll) => {
      const some = isAll ? known : known.slice(0, SHOWN);
      box.replaceChildren(...some.map(([value, n]) => {
        const name = valueName(facet, value, this.titles());
        return toggle("", value === chosen, () => {
          this.lists.seek(this.lists.filter.with(facet, value === this.lists.filter.fields[facet] ? "" : value, name));
          this.#fill();
        }, el("span", "", name), el("span", "count", new Intl.NumberFormat(document.documentElement.lang).format(n)));
      }));
      if (some.length < known.length) box.append(plain("more", "down", many("desk.filter_more", known.length - some.length), () => show(true)));
    };
    show(false);
    const title = el("h3", "", t(`desk.facet.${facet}`));
    title.id = `facet-${facet}`;
    const group = el("section", "facet", title, box);
    box.role = "group";
    box.setAttribute("aria-labelledby", title.id);
    return group;
  }
}
