// The line to the server: reading the list, looking at the draft, saving, trying.

import { ask, isGood } from "../people/ask.js";

const LOOK_MS = 260;

export class Line {
  #timer = 0;
  #round = 0;

  /** `trouble(answer|null)` is told what did not work, and that it works again. */
  constructor(store, { trouble }) {
    this.store = store;
    this.trouble = trouble;
  }

  /** Reads everything once. False when the server did not give it. */
  async start() {
    const [layouts, list, assets] = await Promise.all([ask("GET", "/layouts"), ask("GET", "/programmes"), ask("GET", "/assets")]);
    const bad = [layouts, list].find((answer) => !isGood(answer));
    this.trouble(bad ?? null);
    if (bad) return false;
    this.store.layouts = new Map(layouts.body.layouts.map((layout) => [layout.name, layout]));
    this.assets = isGood(assets) ? assets.body.assets : [];
    this.store.list(list.body);
    return true;
  }

  assets = [];
  shares = new Map();

  /** Reads the list again, and what screens have really shown. */
  async look() {
    const [list, plays] = await Promise.all([ask("GET", "/programmes"), ask("GET", "/plays")]);
    this.trouble(isGood(list) ? null : list);
    if (isGood(list) && isGood(plays)) this.shares = sharesOf(plays.body, list.body.screens.filter((one) => one.programme === this.store.name));
    if (isGood(list)) this.store.list(list.body);
    return isGood(list);
  }

  /** Has the server look at the draft in a moment: what a screen would be told, or what is wrong. */
  check() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), LOOK_MS);
  }

  async #check() {
    const round = ++this.#round;
    const { store } = this;
    if (!store.scenes.length) return this.#tell([], []);
    const answer = await ask("POST", "/programmes", { scenes: store.scenes });
    if (round !== this.#round) return;
    if (isGood(answer)) this.#tell(answer.body.programme.scenes, []);
    else if (answer.status === 400) this.#tell(store.told, answer.body?.problems ?? []);
    else this.trouble(answer);
  }

  #tell(told, problems) {
    this.store.told = told;
    this.store.problems = problems;
    this.store.say("told");
  }

  save(rev) {
    const { scenes, screens } = this.store.draft;
    return ask("PUT", `/programmes/${this.store.name}`, { rev, scenes, screens });
  }

  remove() {
    return ask("DELETE", `/programmes/${this.store.name}?rev=${this.store.base.rev}`);
  }

  tryOn(screen, minutes) {
    return ask("POST", `/screens/${screen}/trial`, { scenes: this.store.scenes, minutes });
  }

  endTrial(screen) {
    return ask("DELETE", `/screens/${screen}/trial`);
  }
}

/** What screens showed on the newest day of which there are plays: Map scene id -> {share} of all their seconds. */
function sharesOf(body, screens) {
  const names = new Set(screens.map((one) => one.screen));
  const rows = (body?.scenes ?? []).filter((row) => names.has(row.screen));
  const today = rows.reduce((newest, row) => (row.day > newest ? row.day : newest), "");
  const sums = new Map();
  let total = 0;
  for (const row of rows.filter((one) => one.day === today)) {
    sums.set(row.scene, (sums.get(row.scene) ?? 0) + row.seconds);
    total += row.seconds;
  }
  return new Map([...sums].map(([scene, seconds]) => [scene, { share: total ? seconds / total : 0 }]));
}
