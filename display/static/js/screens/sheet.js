// Everything about one screen, live, and every order it can be given.

import { el } from "../dom.js";
import { t } from "../page.js";
import { busy } from "../people/fields.js";
import { openDialog } from "../people/pieces.js";
import { Miniature } from "./miniature.js";
import { spark } from "./spark.js";
import { keyOf, nameOf, stateOf } from "./state.js";
import { drawnText, factsOf, helpText, programmeName, stateText, themeName } from "./words.js";

const $ = (id) => document.getElementById(id);

export class Sheet {
  #key = "";
  #row = null;
  #signs = {};

  /** orders: see Orders; mayOrder () whether any are offered. */
  constructor({ orders, posts, event, mayOrder }) {
    Object.assign(this, { orders, mayOrder });
    this.mini = new Miniature({ posts, event, label: drawnText });
    $("one-mini").append(this.mini.node);
    const on = (id, work) => $(id).addEventListener("click", () => void busy($(id), () => work(this.#row)));
    on("one-identify", (row) => orders.identify(row));
    on("one-next", (row) => orders.next(row));
    on("one-reload", (row) => orders.reload(row));
    on("one-blank", (row) => orders.blank(row));
    on("one-forget", async (row) => (await orders.forget(row)) && this.close());
    on("one-let-go", (row) => orders.letGo(row));
    $("one-programme").addEventListener("change", () => orders.programme(this.#row, $("one-programme").value));
    $("one-theme").addEventListener("change", () => orders.theme(this.#row, $("one-theme").value));
    $("one-rename").addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(event.submitter ?? $("one-title"), () => orders.rename(this.#row, $("one-title").value));
    });
  }

  get isOpen() {
    return $("one").open;
  }

  open(row, facts, now) {
    this.#key = keyOf(row);
    this.#signs = {};
    $("one-title").value = row.title || nameOf(row);
    this.show([row], facts, now);
    openDialog($("one"));
  }

  close() {
    $("one").close("");
  }

  /** Keeps what is open up to date; a screen that came back under another link is still the same. */
  show(rows, facts, now) {
    const [id] = this.#key.split("/");
    const row = rows.find((one) => keyOf(one) === this.#key) ?? rows.find((one) => one.id === id);
    if (!row) return this.isOpen && this.close();
    this.#row = row;
    this.#key = keyOf(row);
    this.mini.show(row);
    const state = stateOf(row, facts, now);
    this.#once("head", [nameOf(row), state.light, stateText(state, now), helpText(state, row, facts, now)], ([name, light, text, help]) => {
      $("one-name").textContent = name;
      $("one-state").replaceChildren(el("i", `dot ${light}`), text);
      $("one-help").textContent = help;
      $("one").dataset.light = light;
    });
    this.#once("facts", factsOf(row, facts, now), (facts) => $("one-facts").replaceChildren(...facts.flatMap(([term, text]) => [el("dt", "", term), el("dd", "", text)])));
    this.#once("heaps", row.heaps ?? [], (heaps) => $("one-spark").replaceChildren(spark(heaps)));
    this.#tools(row, facts);
  }

  #tools(row, facts) {
    const may = this.mayOrder();
    for (const node of document.querySelectorAll("#one .for-orders")) node.hidden = !may;
    for (const id of ["one-identify", "one-next", "one-reload"]) $(id).hidden = !row.connected;
    $("one-let-go").hidden = !facts.pairing || !row.paired;
    $("one-forget").hidden = row.connected && !row.paired;
    $("one-blank").lastElementChild.textContent = t(row.order.blank ? "screens.unblank" : "screens.blank");
    const own = row.health?.programme && !row.order.programme ? t("screens.own_programme", { programme: programmeName(row.health.programme) }) : t("screens.own");
    this.#choose($("one-programme"), row.order.programme, [["", own], ...facts.programmes.map((name) => [name, programmeName(name)])]);
    this.#choose($("one-theme"), row.order.theme, [["", t("screens.own")], ...facts.themes.map((name) => [name, themeName(name)])]);
  }

  #choose(select, chosen, options) {
    this.#once(select.id, options, () => {
      select.replaceChildren(...options.map(([value, text]) => Object.assign(el("option", "", text), { value })));
    });
    if (document.activeElement !== select || select.value === chosen) select.value = chosen;
  }

  /** Does `work` when `value` is another than the last time. */
  #once(name, value, work) {
    const sign = JSON.stringify(value);
    if (this.#signs[name] === sign) return;
    this.#signs[name] = sign;
    work(value);
  }
}
