// The page that changes programmes: the filmstrip, the scene's form, the live preview, the hour, the screens.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { hour, mountTheme, t } from "../page.js";
import { isGood, reason } from "../people/ask.js";
import { confirm, openDialog, tell } from "../people/pieces.js";
import { chooseLayout } from "./chooser.js";
import { Day } from "./day.js";
import { Form } from "./form.js";
import { Hour } from "./hour.js";
import { Line } from "./line.js";
import { Preview } from "./preview.js";
import { Screens } from "./screens.js";
import { Store } from "./store.js";
import { Strip } from "./strip.js";
import { undoable } from "./undone.js";
import { percent, programmeTitle, sceneTitle } from "./words.js";

const LOOK_MS = 8000;
const TRY_MIN = 10;
const NAME_MOST = 40;
const SHARES_MOST = 60;
const $ = (id) => document.getElementById(id);
const page = $("programme");
const canChange = page.dataset.role !== "viewer";

const store = new Store();
const line = new Line(store, { trouble: (answer) => { $("trouble").textContent = answer ? reason(answer) : ""; } });

const situation = () => {
  const now = new Date();
  return { counts: store.counts, minutes: now.getHours() * 60 + now.getMinutes() };
};

const act = {
  async add() {
    const layout = await chooseLayout($("chooser"), store.layouts);
    if (!layout) return;
    store.add(layout);
    strip.reveal();
    strip.focus();
  },
  duplicate() {
    store.duplicate(store.selected);
    strip.reveal();
    tell(t("programme.duplicated"));
  },
  remove() {
    const name = sceneTitle(store.scene);
    store.remove(store.selected);
    undoable(t("programme.removed", { name }), t("programme.undo"), () => store.undo());
    if (!store.scenes.length) $("first-add")?.focus();
  },
  move(step) {
    store.move(store.selected, store.place + step);
    strip.reveal();
    const button = $(step < 0 ? "move-left" : "move-right");
    if (document.activeElement === document.body) (button?.disabled ? $(step < 0 ? "move-right" : "move-left") : button)?.focus();
    $("voice-quiet").textContent = t("programme.moved", { n: store.place + 1, of: store.scenes.length });
  },
};

const hours = new Hour($("hour"), store, { situation, shares: () => line.shares });
const strip = new Strip($("strip"), store, { act, hour: () => hours.now(), situation, canChange });
new Form($("scene"), store, { assets: () => line.assets, act, canChange });
new Day($("day"), store, { quiet: page.dataset.quiet, situation });
new Preview($("preview"), store, { lang: document.documentElement.lang });
const screens = new Screens($("followers"), store, { tryOn, endTrial, canChange });

store.subscribe((what) => {
  if (what === "draft") line.check();
  if (what !== "told") return frame();
  $("save").disabled = !mayBeSaved();
  $("wrong").textContent = wrongWithAll();
});

/** What is wrong with the programme as a whole. */
function wrongWithAll() {
  const promised = store.scenes.reduce((sum, scene) => sum + scene.share, 0);
  if (promised > SHARES_MOST) return t("programme.shares_wrong", { share: percent(promised / 100), most: percent(SHARES_MOST / 100) });
  return store.problems.find((row) => row.scene === null)?.message ?? "";
}

const mayBeSaved = () => canChange && store.scenes.length > 0 && !store.problems.length && (store.isDirty || !store.base);

/** Everything around the parts: the list of programmes, what may be saved, what is being tried. */
function frame() {
  const names = [...new Set([...store.programmes.map((one) => one.name), ...(store.name ? [store.name] : [])])];
  $("programmes").replaceChildren(...names.map((name) => {
    const button = el("button", "programme-tab", el("span", "", programmeTitle(name)));
    button.type = "button";
    button.dataset.name = name;
    button.setAttribute("aria-pressed", String(name === store.name));
    const count = store.screens.filter((one) => one.programme === name && one.connected).length;
    if (count) button.append(el("span", "count", String(count)));
    if (name === store.name && store.isDirty) button.append(el("i", "unsaved"));
    button.addEventListener("click", () => void open(name));
    return button;
  }));
  const { base } = store;
  $("about").textContent = !base ? t("programme.is_new")
    : base.origin === "desk" ? t("programme.saved_by", { name: base.by, time: hour(base.at) })
    : t(base.origin === "house" ? "programme.of_house" : "programme.of_settings");
  $("remove").hidden = !canChange || base?.origin !== "desk";
  $("nothing").hidden = store.scenes.length > 0;
  page.classList.toggle("is-empty", !store.scenes.length);
  $("bar").hidden = !canChange;
  $("save").disabled = !mayBeSaved();
  $("discard").disabled = !store.isDirty || !base;
  $("undo").disabled = !store.canUndo;
  $("try").disabled = !store.scenes.length;
  $("state").textContent = store.isDirty ? t("programme.unsaved") : base ? t("programme.all_saved") : "";
  screens.fillTrials($("trials"));
  stale();
}

/** Somebody else has saved this programme since it was opened. Without a draft of one's own, it is simply shown. */
function stale() {
  const now = store.programmes.find((one) => one.name === store.name);
  const isStale = store.base && (now?.rev ?? 0) !== store.base.rev;
  if (isStale && !store.isDirty) {
    if (now) return queueMicrotask(() => store.open(store.name));
    return queueMicrotask(() => store.open(store.programmes[0].name));
  }
  $("stale").hidden = !isStale;
  if (isStale) $("stale-text").textContent = t("programme.stale", { name: now?.by || "?", time: hour(now?.at) });
}

async function open(name) {
  if (name === store.name) return;
  if (store.isDirty && !(await confirm(t("programme.leave"), t("programme.leave_text"), t("programme.discard")))) return;
  store.open(name);
}

async function save() {
  const sent = store.draft;
  const answer = await line.save(store.base?.rev ?? 0);
  if (isGood(answer)) {
    store.saved(answer.body, sent);
    tell(t("programme.saved"));
    return;
  }
  $("trouble").textContent = answer.status === 409 ? "" : reason(answer);
  if (answer.status === 409 || answer.status === 400) await line.look();
  if (answer.status === 400) line.check();
}

async function tryOn(screen) {
  const answer = await line.tryOn(screen, TRY_MIN);
  $("trouble").textContent = isGood(answer) ? "" : reason(answer);
  if (isGood(answer)) store.list(answer.body);
}

async function endTrial(screen) {
  const answer = await line.endTrial(screen);
  $("trouble").textContent = isGood(answer) ? "" : reason(answer);
  if (isGood(answer)) store.list(answer.body);
}

/** A name as addresses and files take it. */
function slug(text) {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, NAME_MOST).replace(/-+$/, "");
}

function mountNew() {
  const input = $("new-name");
  const show = () => {
    const name = slug(input.value);
    $("new-problem").textContent = !input.value || name ? "" : t("programme.name_wrong");
    $("new-hint").textContent = name && name !== input.value ? t("programme.name_as", { name }) : t("programme.name_hint");
    return name;
  };
  input.addEventListener("input", show);
  $("new")?.addEventListener("click", () => {
    input.value = "";
    show();
    $("new-copy").checked = store.scenes.length > 0;
    openDialog($("new-dialog"));
    input.focus();
  });
  $("new-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = show();
    if (!name) return ($("new-problem").textContent = t("programme.name_wrong"));
    if (store.programmes.some((one) => one.name === name)) return ($("new-problem").textContent = t("programme.name_taken", { name }));
    const scenes = $("new-copy").checked ? store.draft.scenes : [];
    $("new-dialog").close("");
    if (store.isDirty && !(await confirm(t("programme.leave"), t("programme.leave_text"), t("programme.discard")))) return;
    store.open(name, scenes);
  });
}

async function remove() {
  const stands = t(page.dataset.set.split(" ").includes(store.name) ? "programme.remove_settings" : "programme.remove_gone");
  if (!(await confirm(t("programme.remove_ask", { name: programmeTitle(store.name) }), stands, t("programme.remove_do")))) return;
  const answer = await line.remove();
  if (!isGood(answer)) {
    $("trouble").textContent = reason(answer);
    return void line.look();
  }
  const name = store.name;
  store.list(answer.body);
  store.open(store.programmes.some((one) => one.name === name) ? name : store.programmes[0].name);
  tell(t("programme.removed_programme"));
}

function mountBar() {
  $("save").addEventListener("click", () => void save());
  $("undo").addEventListener("click", () => store.undo());
  $("discard").addEventListener("click", () => {
    store.discard();
    undoable(t("programme.discarded"), t("programme.undo"), () => store.undo());
  });
  $("try-panel").addEventListener("toggle", () => screens.fillTry($("try-list"), () => $("try-panel").hidePopover()));
  $("remove").addEventListener("click", () => void remove());
  $("stale-theirs").addEventListener("click", () => store.open(store.name));
  $("stale-mine").addEventListener("click", () => {
    store.rebase(store.programmes.find((one) => one.name === store.name) ?? { ...store.base, rev: 0 });
    void save();
  });
  $("first-add")?.addEventListener("click", () => void act.add());
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.matches?.("input, textarea")) return;
    if (event.key === "z" && store.canUndo) store.undo();
    else if (event.key === "s" && mayBeSaved()) void save();
    else return;
    event.preventDefault();
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
  store.open(store.programmes.some((one) => one.name === wanted) ? wanted : store.others);
  page.dataset.ready = "yes";
  setInterval(() => document.visibilityState === "visible" && void line.look(), LOOK_MS);
}

void begin();
