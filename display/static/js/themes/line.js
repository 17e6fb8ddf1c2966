// The line to the server: reading the list, having the draft looked at, saving, files, dressing screens.

import { ask, isGood } from "../people/ask.js";

const LOOK_MS = 140;
const UPLOAD_MS = 120_000;

export class Line {
  #timer = 0;
  #round = 0;

  /** `trouble(answer|null)` is told what did not work, and that it works again. */
  constructor(store, { trouble }) {
    Object.assign(this, { store, trouble });
  }

  /** Reads everything once. False when the server did not give it. */
  async start() {
    const [isThere] = await Promise.all([this.look(), this.lookAtAssets()]);
    return isThere;
  }

  async look() {
    const list = await ask("GET", "/themes");
    this.trouble(isGood(list) ? null : list);
    if (isGood(list)) this.store.list(list.body);
    return isGood(list);
  }

  async lookAtAssets() {
    const assets = await ask("GET", "/assets");
    if (!isGood(assets)) return;
    this.store.assets = assets.body.assets;
    this.store.say("assets");
  }

  /** Has the server look at the draft in a moment. */
  check() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), LOOK_MS);
  }

  async #check() {
    const round = ++this.#round;
    const answer = await ask("POST", "/themes", { theme: this.store.draft });
    if (round !== this.#round) return;
    if (!isGood(answer)) return this.trouble(answer);
    // while there is a mistake, what was told before goes on being shown
    const { tried, values, pairs } = this.store.told ?? {};
    const body = answer.body.tried ? answer.body : { ...answer.body, tried, values, pairs: pairs ?? [] };
    this.store.told = body;
    this.store.say("told");
  }

  /** A file's text as a table: the server's answer {table, problems}. */
  read(toml) {
    return ask("POST", "/themes", { toml });
  }

  save(name, theme, rev) {
    return ask("PUT", `/themes/${name}`, { rev, theme });
  }

  remove(name, rev) {
    return ask("DELETE", `/themes/${name}?rev=${rev}`);
  }

  dress(screen, name) {
    return ask("POST", `/screens/${screen}/command`, { command: "theme", name });
  }

  /** A file of the organiser's: the server's answer, its name in `body.name`. */
  async upload(file) {
    try {
      const response = await fetch(`/api/v1/assets?name=${encodeURIComponent(file.name)}`, {
        method: "POST", body: file, headers: { "content-type": "application/octet-stream" }, signal: AbortSignal.timeout(UPLOAD_MS),
      });
      return { status: response.status, body: await response.json().catch(() => null), waitS: 1 };
    } catch {
      return { status: 0, body: null, waitS: 1 };
    }
  }
}
