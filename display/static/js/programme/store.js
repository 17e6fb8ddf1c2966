// The programme that is being changed: the draft, what is saved of it, what may be undone, what the server says of it.

const UNDO_MAX = 60;

export class Store {
  layouts = new Map();
  programmes = [];
  screens = [];
  trials = [];
  counts = null;
  others = "";
  name = "";
  selected = "";
  /** As a screen would be told the draft, and what is wrong with it: [{scene: 1…|null, field, message}]. */
  told = [];
  problems = [];
  #draft = null;
  #saved = "";
  #base = null;
  #past = [];
  #listeners = new Set();

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells everybody; `what` is "draft", "selection", "list", "told". */
  say(what) {
    for (const listener of this.#listeners) listener(what);
  }

  get scenes() {
    return this.#draft?.scenes ?? [];
  }

  get followers() {
    return this.#draft?.screens ?? [];
  }

  get scene() {
    return this.scenes.find((scene) => scene.id === this.selected) ?? null;
  }

  /** A scene as a screen is told it: with its layout's needs and traits. */
  asTold(scene) {
    const layout = this.layouts.get(scene.layout);
    return { ...scene, when: { ...layout?.needs, ...scene.when }, traits: layout?.traits ?? {} };
  }

  get place() {
    return this.scenes.findIndex((scene) => scene.id === this.selected);
  }

  /** The programme as it is saved; null for one that is new. */
  get base() {
    return this.#base;
  }

  get isDirty() {
    return this.#draft !== null && JSON.stringify(this.#draft) !== this.#saved;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  /** Takes the server's list in; the draft stays as it is. */
  list(list) {
    this.#take(list);
    this.say("list");
  }

  #take({ programmes, screens, others, trials, counts }) {
    Object.assign(this, { programmes, screens, others, trials, counts });
  }

  /** Opens a programme of the list, or with `scenes` a new one. */
  open(name, scenes = null) {
    this.#base = scenes ? null : (this.programmes.find((one) => one.name === name) ?? null);
    this.name = name;
    const lost = new Set(this.screens.filter((one) => one.programme !== name && !one.sent).map((one) => one.screen));
    const screens = (this.#base?.screens ?? []).filter((screen) => !lost.has(screen));
    this.#draft = structuredClone({ scenes: scenes ?? this.#base?.scenes ?? [], screens });
    this.#saved = scenes ? "" : JSON.stringify(this.#draft);
    this.#past = [];
    this.selected = this.scenes[0]?.id ?? "";
    this.told = [];
    this.problems = [];
    this.say("list");
    this.say("draft");
  }

  /** What is saved now is what was sent: what was changed meanwhile stays a change. */
  saved(answer, sent) {
    this.#take(answer);
    this.#base = answer.programme;
    this.#saved = JSON.stringify(sent);
    this.say("list");
    this.say("draft");
  }

  /** The newest revision is another one: the draft goes on above it. */
  rebase(programme) {
    this.#base = programme;
    this.say("draft");
  }

  get draft() {
    return structuredClone(this.#draft);
  }

  /** Changes the draft. `kind` the same as last time within a second counts as one step of undoing. */
  change(mutate, kind = "") {
    const before = { draft: this.draft, selected: this.selected, kind, at: performance.now() };
    mutate(this.#draft);
    if (JSON.stringify(before.draft) === JSON.stringify(this.#draft)) return;
    const last = this.#past.at(-1);
    if (kind && last?.kind === kind && before.at - last.at < 1000) last.at = before.at;
    else this.#past.push(before);
    if (this.#past.length > UNDO_MAX) this.#past.shift();
    this.say("draft");
  }

  undo() {
    const last = this.#past.pop();
    if (!last) return;
    this.#draft = last.draft;
    this.selected = last.selected;
    this.say("draft");
  }

  /** Back to what is saved; undoing brings the draft back. */
  discard() {
    if (!this.#base) return;
    const saved = JSON.parse(this.#saved);
    this.change((draft) => Object.assign(draft, saved));
    if (!this.scene) this.select(this.scenes[0]?.id ?? "");
  }

  select(id) {
    if (this.selected === id) return;
    this.selected = id;
    this.say("selection");
  }

  // -- scenes -----------------------------------------------------------------------------------------------------------

  #freeId(scenes) {
    const taken = new Set(scenes.map((scene) => scene.id));
    for (let n = 1; ; n++) if (!taken.has(`s${n}`)) return `s${n}`;
  }

  /** A new scene behind the selected one. */
  add(layout) {
    this.change((draft) => {
      const id = this.#freeId(draft.scenes);
      const scene = { layout, seconds: 60, hours: "", when: {}, share: 0, title: "", options: {}, id };
      draft.scenes.splice(this.place + 1, 0, scene);
      this.selected = id;
    });
  }

  duplicate(id) {
    this.change((draft) => {
      const at = draft.scenes.findIndex((scene) => scene.id === id);
      const copy = { ...structuredClone(draft.scenes[at]), id: this.#freeId(draft.scenes) };
      draft.scenes.splice(at + 1, 0, copy);
      this.selected = copy.id;
    });
  }

  remove(id) {
    this.change((draft) => {
      const at = draft.scenes.findIndex((scene) => scene.id === id);
      draft.scenes.splice(at, 1);
      this.selected = draft.scenes[Math.min(at, draft.scenes.length - 1)]?.id ?? "";
    });
  }

  /** Moves a scene to the place `to`. */
  move(id, to) {
    this.change((draft) => {
      const at = draft.scenes.findIndex((scene) => scene.id === id);
      const place = Math.min(draft.scenes.length - 1, Math.max(0, to));
      draft.scenes.splice(place, 0, ...draft.scenes.splice(at, 1));
    });
  }

  /** Sets fields of the selected scene; `options` and `when` are merged, undefined takes a value away. */
  set(fields, kind = Object.keys(fields).join()) {
    const id = this.selected;
    this.change((draft) => {
      const scene = draft.scenes.find((one) => one.id === id);
      if (!scene) return;
      for (const [key, value] of Object.entries(fields)) {
        if (key === "options" || key === "when") {
          Object.assign(scene[key], value);
          for (const name of Object.keys(value)) if (value[name] === undefined) delete scene[key][name];
        } else scene[key] = value;
      }
    }, `${id} ${kind}`);
  }
}
