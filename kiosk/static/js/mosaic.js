// A visitor's own page: the mosaic to look into, to save and share, who is in it, and the way to delete it all.

import { el, readJson } from "../../js/dom.js";
import { language, speak, t } from "../../js/page.js";
import { Away, Mosaic, Refusal } from "./mosaic-api.js";
import { MosaicView } from "./view.js";

const LOOK_EVERY_MS = 1500;
const CALM_MS = 10_000;
const FILE_TRIES = 60;

const $ = (id) => document.getElementById(id);
const config = readJson("config", {});
const mosaic = new Mosaic(config.token);
const view = new MosaicView($("mosaic"), { tile });
let edition = 0;
let isGone = false;

function tile(post) {
  $("tile").hidden = !post || !(post.name || post.text);
  $("tile").querySelector("strong").textContent = post?.name ?? "";
  $("tile").querySelector("span").textContent = post?.text ?? "";
}

/** Stays in step for as long as the page is open: a photo may be withdrawn, the kiosk may delete it all. */
async function follow() {
  while (!isGone) {
    let pause = LOOK_EVERY_MS;
    try {
      const state = await mosaic.state({ patienceMs: 8000 });
      if (isGone) return;
      await took(state);
      if (state.state === "ready") pause = CALM_MS;
    } catch (error) {
      if (error instanceof Refusal && [404, 410].includes(error.status)) return gone("none");
      $("text").textContent = t("mosaic.away");
    }
    await new Promise((done) => setTimeout(done, document.hidden ? CALM_MS : pause));
  }
}

async function took(state) {
  if (state.state === "ready" && state.edition !== edition) {
    try {
      const [picture, cells] = await Promise.all([mosaic.picture("mosaic.jpg", state.edition), mosaic.cells()]);
      const isFirst = edition === 0;
      edition = state.edition;
      $("whole").hidden = false;
      view.show(picture, cells);
      who(cells);
      if (isFirst) void view.form();
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 409) && !(error instanceof Away)) throw error;
      return;
    }
  }
  const word = { waiting: "forming", mending: "mending", failed: "failed" }[state.state];
  $("text").textContent = word ? t(`mosaic.${word}`) : "";
  if (state.state === "mending") view.clear();
  for (const what of ["keep", "show"]) $(`agree-${what}`).setAttribute("aria-checked", String(state[what]));
  const time = new Intl.DateTimeFormat(language(), { weekday: "long", hour: "2-digit", minute: "2-digit" }).format(state.until);
  $("until").textContent = t("mosaic.until", { time });
  $("save").href = `${mosaic.file("mosaic.jpg", edition)}&save`;
  for (const link of document.querySelectorAll("[data-file]")) link.href = `${mosaic.file(link.dataset.file, edition)}&save`;
}

/** Names, those with most photos first. */
function who({ photos, posts }) {
  const times = new Map();
  for (const [pid] of photos) {
    const name = posts[pid]?.name || (pid === "plain" ? "" : t("mosaic.visitor"));
    if (name) times.set(name, (times.get(name) ?? 0) + 1);
  }
  const names = [...times].sort((a, b) => b[1] - a[1]);
  $("who").replaceChildren(...names.map(([name, n]) => el("li", "", el("bdi", "", name), ...(n > 1 ? [el("span", "soft", ` × ${n}`)] : []))));
  if (!names.length) $("who").replaceChildren(el("li", "soft", t("mosaic.nobody")));
}

function gone(word) {
  isGone = true;
  edition = 0;
  view.clear();
  $("whole").remove();
  $("title").textContent = t(`mosaic.${word}`);
  $("text").textContent = t(`mosaic.${word}_text`);
  $("title").focus();
}

async function remove() {
  for (const id of ["yes", "no"]) $(id).disabled = true;
  try {
    await mosaic.remove();
    gone("gone");
  } catch {
    $("sure-text").textContent = t("kiosk.not_deleted");
    for (const id of ["yes", "no"]) $(id).disabled = false;
  }
}

async function agree(what) {
  const isOn = $(`agree-${what}`).getAttribute("aria-checked") !== "true";
  $("problem").textContent = "";
  try {
    await took(await mosaic.wish({ [what]: isOn, lang: language(), text: config.versions[language()] }));
  } catch (error) {
    if (error instanceof Refusal && [404, 410].includes(error.status)) gone("none");
    else $("problem").textContent = t("kiosk.not_done");
  }
}

/** A file that is made when somebody wants it: waited for, then saved. */
async function fetchFile(event) {
  const link = event.currentTarget;
  if (!["film.webp", "large.jpg"].includes(link.dataset.file) || link.dataset.ready === String(edition)) return;
  event.preventDefault();
  if (link.ariaBusy === "true") return;
  const word = link.textContent;
  link.ariaBusy = "true";
  link.textContent = t("mosaic.preparing");
  try {
    for (let left = FILE_TRIES; left > 0; left--) {
      const answer = await fetch(mosaic.file(link.dataset.file, edition), { method: "HEAD" });
      if (answer.status === 200) break;
      if (answer.status !== 202 && answer.status < 500) throw new Error(String(answer.status));
      await new Promise((done) => setTimeout(done, 700));
    }
    link.dataset.ready = String(edition);
    link.click();
  } catch {
    $("problem").textContent = t("kiosk.not_done");
  } finally {
    link.textContent = word;
    link.ariaBusy = "false";
  }
}

async function share() {
  try {
    const answer = await fetch(mosaic.file("mosaic.jpg", edition));
    const file = new File([await answer.blob()], "mosaic.jpg", { type: "image/jpeg" });
    await navigator.share(navigator.canShare?.({ files: [file] }) ? { files: [file] } : { url: location.href });
  } catch {
    // closed without sharing
  }
}

speak(document.documentElement.lang);
for (const place of document.querySelectorAll("[data-agree]")) place.textContent = t(`kiosk.agree_${place.dataset.agree}`, config);
$("share").hidden = !navigator.share;
$("share").addEventListener("click", share);
$("zoom-in").addEventListener("click", () => view.dive());
$("zoom-out").addEventListener("click", () => view.whole());
for (const link of document.querySelectorAll("[data-file]")) link.addEventListener("click", fetchFile);
for (const what of ["keep", "show"]) $(`agree-${what}`).addEventListener("click", () => agree(what));
$("delete").addEventListener("click", () => {
  $("sure").hidden = false;
  $("delete").hidden = true;
  $("no").focus();
});
$("no").addEventListener("click", () => {
  $("sure").hidden = true;
  $("delete").hidden = false;
  $("delete").focus();
});
$("yes").addEventListener("click", remove);
void follow();
