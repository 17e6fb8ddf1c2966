// The page of themes: the wardrobe, the form, the live preview, saving and putting on.

import { icon } from "../icons.js";
import { hour, many, mountTheme, t } from "../page.js";
import { isGood, reason } from "../people/ask.js";
import { confirm, openDialog, tell } from "../people/pieces.js";
import { undoable } from "../programme/undone.js";
import { Apply } from "./apply.js";
import { Form } from "./form.js";
import { Line } from "./line.js";
import { List } from "./list.js";
import { LivePreview } from "./preview.js";
import { Store } from "./store.js";
import { slug, themeTitle } from "./words.js";

const LOOK_MS = 8000;
const TOML_MOST = 64_000;
const $ = (id) => document.getElementById(id);
const page = $("themes");
const canChange = page.dataset.role === "admin";
const house = page.dataset.house.split(" ");

const store = new Store();
const trouble = (text) => { $("trouble").textContent = text; };
const line = new Line(store, { trouble: (answer) => trouble(answer ? reason(answer) : "") });
const apply = new Apply($("apply-list"), store, line, { close: () => $("apply-panel").hidePopover(), trouble });
new List($("wardrobe"), store, { open: (name) => void open(name) });
new Form($("form"), store, { upload, canChange });
new LivePreview($("preview"), store, { lang: document.documentElement.lang });

store.subscribe((what) => {
  if (what === "draft") line.check();
  if (what === "open") store.told = null;
  frame();
});

const mayBeSaved = () => canChange && store.told && !store.faults && (store.isDirty || !store.from);

/** Everything around the parts. */
function frame() {
  const { from } = store;
  $("theme-title").textContent = themeTitle(store.name, store.get("", "title"));
  $("about").textContent = !from ? t("themes.is_new")
    : from.origin === "desk" ? t("programme.saved_by", { name: from.by, time: hour(from.at) })
    : t(house.includes(from.name) ? "themes.of_house_fixed" : from.origin === "house" ? "themes.of_house" : "themes.of_files");
  $("files-problems").textContent = store.problems.join("\n");
  $("remove").hidden = !canChange || from?.origin !== "desk";
  $("export").hidden = !from;
  if (from) $("export").href = `/api/v1/themes/${from.name}/toml`;
  $("save").disabled = !mayBeSaved();
  $("discard").disabled = !store.isDirty || !from;
  $("undo").disabled = !store.canUndo;
  $("apply").disabled = store.isDirty || !from;
  $("state").textContent = !canChange ? t("themes.view_only") : store.isDirty ? t("programme.unsaved") : from ? t("programme.all_saved") : "";
  verdict();
  stale();
}

/** Whether the theme can be read, in one sentence for both sides. */
function verdict() {
  const pairs = store.told?.pairs ?? [];
  const bad = pairs.filter((pair) => !pair.is_good);
  const sides = ["night", "day"].filter((side) => bad.some((pair) => pair.side === side)).map((side) => t(`themes.side_${side}`));
  $("verdict").hidden = !pairs.length;
  $("verdict").className = bad.length ? "verdict is-bad" : "verdict is-good";
  const text = bad.length ? many("themes.unreadable", bad.length, { sides: sides.join(", ") }) : t("themes.all_readable", { n: pairs.length });
  if ($("verdict-text").textContent !== text) $("verdict-text").textContent = text;
  $("mend-all").hidden = !canChange || !bad.some((pair) => pair.better !== null);
}

/** Somebody else has saved this theme since it was opened. Without a draft of one's own, it is simply shown. */
function stale() {
  const now = store.find(store.name);
  const isStale = store.from && (now?.rev ?? 0) !== store.from.rev;
  if (isStale && !store.isDirty) return queueMicrotask(() => store.open(now ? store.name : store.usual));
  $("stale").hidden = !isStale;
  if (isStale) $("stale-text").textContent = t("themes.stale", { name: now?.by || "?", time: hour(now?.at) });
}

const mayLeave = async () => !store.isDirty || !canChange || confirm(t("programme.leave"), t("programme.leave_text"), t("programme.discard"));

async function open(name) {
  if (name === store.name || !(await mayLeave())) return;
  store.open(name);
}

async function save() {
  if (house.includes(store.name)) return askName(); // ours stay ours
  const sent = store.draft;
  const answer = await line.save(store.name, sent, store.from?.rev ?? 0);
  if (isGood(answer)) {
    store.saved(answer.body, sent);
    trouble("");
    return tell(t("themes.saved"));
  }
  trouble(answer.status === 409 && answer.body?.error?.code === "stale" ? "" : reason(answer));
  if (answer.status === 409) await line.look();
  if (answer.status === 400) line.check();
}

async function upload(file) {
  const answer = await line.upload(file);
  trouble(isGood(answer) ? "" : reason(answer));
  await line.lookAtAssets();
  return isGood(answer) ? answer.body.name : null;
}

function askName() {
  $("new-name").value = "";
  showName();
  openDialog($("new-dialog"));
  $("new-name").focus();
}

function showName() {
  const { value } = $("new-name");
  const name = slug(value);
  $("new-problem").textContent = !value || name ? "" : t("programme.name_wrong");
  $("new-hint").textContent = name && name !== value ? t("programme.name_as", { name }) : t("themes.name_hint");
  return name;
}

/** The open theme under another name; what the two have in common is changed in the copy alone. */
function mountNew() {
  $("new-name").addEventListener("input", showName);
  $("new")?.addEventListener("click", askName);
  $("new-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = showName();
    if (!name) return ($("new-problem").textContent = t("programme.name_wrong"));
    if (house.includes(name) || store.find(name)) return ($("new-problem").textContent = t("themes.name_taken", { name }));
    const table = { ...store.draft, title: $("new-name").value.trim() };
    $("new-dialog").close("");
    store.open(name, table);
    void save();
  });
}

async function remove() {
  const { from, name } = store;
  const title = themeTitle(name, store.get("", "title"));
  const answer = await line.remove(name, from.rev);
  if (!isGood(answer)) {
    trouble(reason(answer));
    return void line.look();
  }
  store.list(answer.body);
  store.open(store.find(name) ? name : store.usual);
  undoable(t("themes.removed", { name: title }), t("programme.undo"), async () => {
    const back = await line.save(name, from.theme, 0);
    trouble(isGood(back) ? "" : reason(back));
    if (!isGood(back)) return;
    store.list(back.body);
    store.open(name);
  });
}

/** A file that somebody has: opened as a draft, saved when it is right. */
async function bring(file) {
  if (!file || !(await mayLeave())) return;
  const answer = file.size > TOML_MOST ? { status: 413, body: { error: { message: t("themes.too_large") } } } : await line.read(await file.text());
  if (!isGood(answer)) return trouble(reason(answer));
  const wanted = slug(answer.body.table.name || file.name.replace(/\.toml$/i, "")) || "theme";
  let name = house.includes(wanted) ? `${wanted}-2` : wanted;
  for (let n = 2; store.find(name); n++) name = `${wanted.slice(0, 36)}-${n}`;
  store.open(name, answer.body.table);
  tell(t("themes.imported", { name }));
}

/** Every pair that cannot be read gets the nearest value with which it can, the ground's neighbours last. */
function mendAll() {
  const bad = store.told.pairs.filter((pair) => !pair.is_good && pair.better !== null);
  for (const pair of bad) store.set(pair.changes === "dim" ? "" : pair.side, pair.changes, pair.better);
  store.say("open");
  line.check();
}

function mountBar() {
  $("save").addEventListener("click", () => void save());
  $("undo").addEventListener("click", () => store.undo());
  $("discard").addEventListener("click", () => {
    store.discard();
    undoable(t("programme.discarded"), t("programme.undo"), () => store.undo());
  });
  $("apply-panel").addEventListener("toggle", () => apply.fill());
  $("remove").addEventListener("click", () => void remove());
  $("mend-all").addEventListener("click", mendAll);
  $("stale-theirs").addEventListener("click", () => store.open(store.find(store.name) ? store.name : store.usual));
  $("stale-mine").addEventListener("click", () => {
    store.rebase(store.find(store.name) ?? { ...store.from, rev: 0 });
    void save();
  });
  $("import")?.addEventListener("click", () => $("import-file").click());
  $("import-file")?.addEventListener("change", () => {
    const [file] = $("import-file").files;
    void bring(file).finally(() => { $("import-file").value = ""; });
  });
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    if (event.key === "s") {
      event.preventDefault();
      if (mayBeSaved()) void save();
    } else if (event.key === "z" && store.canUndo && !event.target.matches?.("input, textarea")) {
      event.preventDefault();
      store.undo();
    }
  });
  addEventListener("beforeunload", (event) => store.isDirty && canChange && event.preventDefault());
}

async function begin() {
  mountTheme();
  for (const node of document.querySelectorAll("[data-icon]")) node.prepend(icon(node.dataset.icon));
  mountNew();
  mountBar();
  while (!(await line.start())) await new Promise((done) => setTimeout(done, 2000));
  const wanted = decodeURIComponent(location.hash.slice(1));
  store.open(store.find(wanted) ? wanted : store.usual);
  page.dataset.ready = "yes";
  setInterval(() => document.visibilityState === "visible" && void line.look(), LOOK_MS);
}

void begin();
