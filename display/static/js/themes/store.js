// The theme that is being made: its draft as the TOML file has it, what is saved of it, what may be undone, what the
// server says of it.

const UNDO_MAX = 80;
const STEP_MS = 1000;

export class Store {
  themes = [];
  screens = [];
  problems = []; // of files and saved themes that cannot be worn
  usual = "";
  base = { night: {}, day: {} }; // Parvis' own, as hex and numbers
  assets = [];
  name = "";
  side = "night";
  told = null; // {problems, pairs, tried, values} of the draft
  #draft = null;
  #saved = "";
  #from = null;
  #past = [];
  #listeners = new Set();

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells everybody; `what` is "open", "draft", "side", "list", "told", "assets". */
  say(what) {
    for (const listener of this.#listeners) listener(what);
  }

  get draft() {
    return structuredClone(this.#draft);
  }

  /** The theme as the server has it; null for one that is new. */
  get from() {
    return this.#from;
  }

  get isDirty() {
    return this.#draft !== null && JSON.stringify(this.#draft) !== this.#saved;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  /** What cannot be kept: mistakes of the form, and pairs that cannot be read. */
  get faults() {
    return (this.told?.problems.length ?? 0) + (this.told?.pairs.filter((pair) => !pair.is_good).length ?? 0);
  }

  list({ themes, screens, usual, problems, base }) {
    Object.assign(this, { themes, screens, usual, problems, base });
    this.say("list");
  }

  find(name) {
    return this.themes.find((one) => one.name === name) ?? null;
  }

  /** Opens a theme of the list, or with `table` a new one. */
  open(name, table = null) {
    this.#from = table ? null : this.find(name);
    this.name = name;
    this.#draft = tidy(structuredClone(table ?? this.#from?.theme ?? {}));
    this.#saved = table ? "" : JSON.stringify(this.#draft);
    this.#past = [];
    this.told = null;
    if (this.#draft.mode !== "auto") this.side = this.#draft.mode === "day" ? "day" : "night";
    this.say("open");
    this.say("draft");
  }

  saved(answer, sent) {
    this.#from = answer.theme;
    this.#saved = JSON.stringify(sent);
    this.list(answer);
    this.say("draft");
  }

  /** The newest revision is another one: the draft goes on above it. */
  rebase(theme) {
    this.#from = theme;
    this.say("draft");
  }

  look(side) {
    if (side === this.side) return;
    this.side = side;
    this.say("side");
  }

  /** What stands at `key` of the table `at` ("", "fonts", "night", "day"); undefined when it is Parvis' own. */
  get(at, key) {
    return (at ? this.#draft?.[at] : this.#draft)?.[key];
  }

  /** Sets `key`; undefined and "" give it back to Parvis. Quick steps on the same thing are undone together. */
  set(at, key, value) {
    const before = { draft: this.draft, kind: `${at}.${key}`, at: performance.now() };
    const table = at ? (this.#draft[at] ??= {}) : this.#draft;
    if (value === undefined || value === "") delete table[key];
    else table[key] = value;
    tidy(this.#draft);
    if (JSON.stringify(before.draft) === JSON.stringify(this.#draft)) return;
    this.#remember(before);
    this.say("draft");
  }

  #remember(before) {
    const last = this.#past.at(-1);
    if (last?.kind === before.kind && before.at - last.at < STEP_MS) last.at = before.at;
    else this.#past.push(before);
    if (this.#past.length > UNDO_MAX) this.#past.shift();
  }

  undo() {
    const last = this.#past.pop();
    if (!last) return;
    this.#draft = last.draft;
    this.say("open");
    this.say("draft");
  }

  /** Back to what is saved; undoing brings the draft back. */
  discard() {
    if (!this.#from) return;
    this.#remember({ draft: this.draft, kind: "discard", at: performance.now() });
    this.#draft = JSON.parse(this.#saved);
    this.say("open");
    this.say("draft");
  }
}

/** Without tables that hold nothing, and without the name, which stands beside the draft. */
function tidy(draft) {
  delete draft.name;
  for (const at of ["fonts", "night", "day"]) if (draft[at] && !Object.keys(draft[at]).length) delete draft[at];
  return draft;
}
