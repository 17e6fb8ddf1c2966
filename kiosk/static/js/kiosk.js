// The kiosk: attract, consent, compose, live camera, done; then it forgets. Nothing personal is stored here:
// what could not be sent yet waits in memory alone.

import { icon } from "../../js/icons.js";
import { PhotoError, shrink } from "../../js/join/photo.js";
import { lookUp, pauseMs, sendSubmission, stepOf, takeBack } from "../../js/join/send.js";
import { readJson } from "../../js/dom.js";
import { Outbox, noShelf } from "../../js/outbox.js";
import { language, many, speak, t, tOr } from "../../js/page.js";
import { makeWords } from "../../js/words.js";
import { Attract } from "./attract.js";
import { Camera, CameraError } from "./camera.js";
import { Idle } from "./idle.js";

const SECOND_MS = 1000;
const SEND_LIMIT_MS = 90_000;
const RETAKES = 3;

const $ = (id) => document.getElementById(id);
const root = $("kiosk");
const HOME = root.dataset.lang;
const LIMIT = Number(root.dataset.limit);
const query = new URLSearchParams(location.search);

let photo = null;
let photoUrl = "";
let mine = null; // {key, receipt?} of the visitor who stands here now
let visit = 0; // grows with each visitor: what was asked for an earlier one is not shown to the next
let shots = 0;

const camera = new Camera($("video"));
const idle = new Idle({ warn, wipe: () => go("attract"), scale: Number(query.get("idle") ?? 60) / 60 || 1 });
const outbox = new Outbox({
  shelf: noShelf(),
  limitMs: SEND_LIMIT_MS,
  send,
  answered,
  changed: ({ size, isTroubled }) => size && isTroubled && mine && !mine.receipt && tell("kept"),
});

// -- views -------------------------------------------------------------------------------------------------------

function go(view) {
  const before = root.dataset.view;
  root.dataset.view = view;
  for (const section of document.querySelectorAll(".view")) section.hidden = section.dataset.view !== view;
  if (before === "live" && view !== "live") camera.close();
  if (view === "attract") forget();
  else idle.start();
  if (view === "live") void live();
  const target = view === "attract" ? null : document.querySelector(`.view[data-view="${view}"] [tabindex="-1"]`);
  target?.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** Wipes whoever was here: words, photo, language, contrast. */
function forget() {
  visit++;
  idle.stop();
  camera.close();
  mine = null;
  shots = 0;
  $("form").reset();
  setPhoto(null);
  count();
  for (const problem of document.querySelectorAll(".problem")) problem.textContent = "";
  $("done-art").querySelector("blockquote").textContent = "";
  $("voice").textContent = "";
  contrast(false);
  say(HOME);
}

function say(code) {
  if (!speak(code)) return;
  for (const button of document.querySelectorAll("[data-lang][aria-pressed]")) button.setAttribute("aria-pressed", String(button.dataset.lang === code));
}

function contrast(isMore) {
  root.dataset.contrast = isMore ? "more" : "";
  $("contrast").setAttribute("aria-pressed", String(isMore));
}

function warn(isOn, ms) {
  $("idle").hidden = !isOn;
  const bar = document.querySelector(".idle-bar");
  for (const running of bar.getAnimations()) running.cancel();
  if (!isOn) return;
  bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: ms });
  $("still-here").focus({ preventScroll: true });
}

// -- words and photo ---------------------------------------------------------------------------------------------

function complain(field, text) {
  const place = $(`${field}-problem`);
  if (place) place.textContent = text;
}

function count() {
  const letters = [...$("text").value.trim()].length;
  $("counter").textContent = `${letters} / ${LIMIT}`;
  $("counter").classList.toggle("is-over", letters > LIMIT);
  complain("text", "");
  return letters;
}

function setPhoto(blob) {
  photo = blob;
  if (photoUrl) URL.revokeObjectURL(photoUrl);
  photoUrl = blob ? URL.createObjectURL(blob) : "";
  $("snap-shown").hidden = !blob;
  $("snap-add").hidden = Boolean(blob);
  for (const image of [$("snap-image"), $("shot-taken"), $("done-art").querySelector("img")]) {
    if (blob) image.src = photoUrl;
    else image.removeAttribute("src");
  }
  $("done-art").querySelector("img").hidden = !blob;
  if (blob) complain("text", "");
}

async function live() {
  review(false);
  try {
    await camera.open();
    if (root.dataset.view !== "live") camera.close();
  } catch (error) {
    if (root.dataset.view !== "live") return;
    go("compose");
    complain("photo", t(`kiosk.camera_${error instanceof CameraError ? error.message : "busy"}`));
    $("file").click();
  }
}

function review(isTaken) {
  $("shot-taken").hidden = !isTaken;
  $("snap-keep").hidden = !isTaken;
  $("snap-again").hidden = !isTaken || shots >= RETAKES;
  $("shoot").hidden = isTaken;
  root.classList.toggle("is-review", isTaken);
}

async function shoot() {
  const turn = visit;
  $("shoot").hidden = true;
  for (let n = 3; n > 0; n--) {
    $("countdown").textContent = String(n);
    await new Promise((done) => setTimeout(done, query.has("fast") ? 60 : SECOND_MS));
    if (turn !== visit || root.dataset.view !== "live") {
      $("countdown").textContent = "";
      return;
    }
  }
  $("countdown").textContent = "";
  shots++;
  setPhoto(await camera.shoot());
  $("flash").animate([{ opacity: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.9 }, { opacity: 0 }], 450);
  review(true);
  $("snap-keep").focus({ preventScroll: true });
}

function addPhoto() {
  complain("photo", "");
  if (Camera.isThere) go("live");
  else $("file").click();
}

async function takeFile() {
  const [file] = $("file").files;
  const turn = visit;
  if (!file) return;
  try {
    const blob = await shrink(file);
    if (turn === visit) setPhoto(blob);
    complain("photo", "");
  } catch (error) {
    complain("photo", t(`join.photo_${error instanceof PhotoError ? error.message : "broken"}`));
  }
  $("file").value = "";
}

// -- sending -----------------------------------------------------------------------------------------------------

function submit(event) {
  event.preventDefault();
  const text = $("text").value.trim();
  const letters = count();
  complain("form", "");
  if (!text && !photo) complain("text", t("join.empty"));
  else if (letters > LIMIT) complain("text", many("join.too_long", letters - LIMIT));
  else {
    const entry = outbox.add({ lane: `visit ${visit}`, fields: { text, name: $("name").value.trim(), lang: language() }, photo });
    mine = { key: entry.key };
    $("done-art").querySelector("blockquote").textContent = text;
    go("done");
    tell("sending");
    return;
  }
  $("text").focus();
}

/** A kiosk stands for days, its visit lasts two hours: a refusal is answered with a fresh visit, once. */
async function send(entry, signal) {
  const answer = await sendSubmission(entry, signal);
  if (answer.status !== 403) return answer;
  await fetch(location.pathname, { signal, cache: "no-store" });
  return sendSubmission(entry, signal);
}

function answered(entry, { status, body }) {
  if (mine?.key !== entry.key) return;
  if (status === 202 && body?.receipt) {
    mine.receipt = body.receipt;
    tell("waiting");
    void follow(visit, 0);
    return;
  }
  mine = null;
  go("compose");
  const code = body?.error?.code ?? "";
  const text = status === 413 ? t("join.photo_heavy") : tOr(`error.${code}`, t("join.refused", { message: body?.error?.message ?? String(status) }));
  complain(body?.error?.field === "photo" || status === 413 ? "photo" : "form", text);
}

async function follow(turn, unchanged) {
  if (turn !== visit || !mine?.receipt) return;
  let step = root.dataset.step;
  try {
    step = stepOf(await lookUp(mine.receipt));
  } catch {
    // asked again below
  }
  if (turn !== visit) return;
  const isSame = step === root.dataset.step;
  if (!isSame) tell(step === "received" ? "waiting" : step);
  if (step === "gone" || step === "refused") return;
  setTimeout(() => follow(turn, isSame ? unchanged + 1 : 0), pauseMs(unchanged, step));
}

function tell(step) {
  root.dataset.step = step;
  $("done-title").textContent = t(`kiosk.${step}`);
  $("done-text").textContent = t(`kiosk.${step}_text`);
  $("take-back").hidden = step === "gone" || step === "refused" || step === "sending";
  $("done-art").hidden = step === "gone";
  $("voice").textContent = `${t(`kiosk.${step}`)} ${t(`kiosk.${step}_text`)}`;
}

async function goBack() {
  if (!mine) return;
  if (mine.receipt ? await takeBack(mine.receipt) : outbox.drop(mine.key)) {
    mine = null;
    setPhoto(null);
    tell("gone");
  } else {
    $("done-text").textContent = t("join.take_back_failed");
  }
}

// -- wiring ------------------------------------------------------------------------------------------------------

for (const place of document.querySelectorAll("[data-icon]")) place.append(icon(place.dataset.icon));
for (const button of document.querySelectorAll("[data-start]")) {
  button.textContent = makeWords(readJson(`words-${button.dataset.start}`, {}))("kiosk.start");
  button.addEventListener("click", () => {
    say(button.dataset.start);
    go("consent");
  });
}
root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.go) go(button.dataset.go);
  if (button.dataset.lang) {
    say(button.dataset.lang);
    if (root.dataset.view === "done") tell(root.dataset.step);
  }
});
$("contrast").addEventListener("click", () => contrast(root.dataset.contrast !== "more"));
$("still-here").addEventListener("click", () => idle.touch());
$("form").addEventListener("submit", submit);
$("text").addEventListener("input", count);
$("snap-add").addEventListener("click", addPhoto);
$("snap-drop").addEventListener("click", () => setPhoto(null));
$("file").addEventListener("change", takeFile);
$("shoot").addEventListener("click", shoot);
$("snap-keep").addEventListener("click", () => go("compose"));
$("snap-again").addEventListener("click", () => {
  setPhoto(null);
  review(false);
});
$("take-back").addEventListener("click", goBack);
addEventListener("contextmenu", (event) => event.preventDefault());
new Attract($("pictures"), $("credit"));
go("attract");
const qr = document.querySelector(".scan .qr img");
if (qr) setInterval(() => (qr.src = `/join/qr.svg?${Math.floor(Date.now() / 60_000)}`), 60_000);
