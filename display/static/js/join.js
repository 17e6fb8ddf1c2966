// The visitors' page on a phone: words, a photo, a name if they like; then what becomes of it.

import { PhotoError, shrink } from "./join/photo.js";
import { lookUp, pauseMs, sendSubmission, stepOf, takeBack } from "./join/send.js";
import { icon } from "./icons.js";
import { Outbox, blobShelf } from "./outbox.js";
import { keep, language, many, speak, t, tOr } from "./page.js";
import { languageOf } from "./words.js";

const $ = (id) => document.getElementById(id);
const DRAFT = "parvis.join.draft";
const SENT = "parvis.join.sent";
const KEPT_MS = 24 * 3600_000;
const SEND_LIMIT_MS = 90_000; // a photo over a crowded hall's Wi-Fi
const LIMIT = Number($("join").dataset.limit);

let photo = null;
let sent = null; // {key, receipt?, text, at}: what the status view tells of
let step = "";
let timer = 0;
let unchanged = 0;
let shownPhoto = "";

const outbox = new Outbox({
  shelf: blobShelf("join"),
  limitMs: SEND_LIMIT_MS,
  send: (entry, signal) => sendSubmission(entry, signal, progress),
  answered: (entry, answer) => answered(entry, answer),
  changed: (state) => onItsWay(state),
});

// -- the form ----------------------------------------------------------------------------------------------------

function complain(field, text) {
  const place = $(`${field}-problem`);
  if (!place) return;
  place.textContent = text;
  const input = $(field);
  if (input && field !== "form") input.setAttribute("aria-invalid", String(Boolean(text)));
}

function count() {
  const letters = [...$("text").value.trim()].length;
  $("counter").textContent = `${letters} / ${LIMIT}`;
  $("counter").classList.toggle("is-over", letters > LIMIT);
  if (letters <= LIMIT) complain("text", "");
  return letters;
}

async function pick() {
  const [file] = $("photo").files;
  complain("photo", "");
  if (!file) return;
  $("photo-words").textContent = t("join.photo_working");
  try {
    showPhoto(await shrink(file));
  } catch (error) {
    complain("photo", t(`join.photo_${error instanceof PhotoError ? error.message : "broken"}`));
  }
  $("photo").value = "";
  $("photo-words").textContent = t("join.photo_pick");
}

function showPhoto(blob) {
  photo = blob;
  if (shownPhoto) URL.revokeObjectURL(shownPhoto);
  shownPhoto = blob ? URL.createObjectURL(blob) : "";
  $("photo-shown").hidden = !blob;
  $("photo-pick").hidden = Boolean(blob);
  if (blob) {
    $("photo-image").src = shownPhoto;
    $("photo-image").alt = t("join.photo_yours");
    complain("text", "");
  } else {
    $("photo-image").removeAttribute("src");
  }
}

function submit(event) {
  event.preventDefault();
  for (const field of ["text", "photo", "consent", "form"]) complain(field, "");
  const text = $("text").value.trim();
  const letters = count();
  let wrong = "";
  if (!$("consent").checked) complain((wrong = "consent"), t("join.no_consent"));
  if (!text && !photo) complain((wrong = "text"), t("join.empty"));
  else if (letters > LIMIT) complain((wrong = "text"), many("join.too_long", letters - LIMIT));
  if (wrong) {
    $(wrong).focus();
    $(wrong).scrollIntoView({ block: "center" });
    return;
  }
  const fields = { text, name: $("name").value.trim(), lang: language() };
  const code = new URLSearchParams(location.search).get("k");
  if (code) fields.k = code;
  const entry = outbox.add({ lane: "join", fields, photo });
  sent = { key: entry.key, text, at: Date.now() };
  show("status");
  tell("sending");
}

/** What is written survives the page: a code that ran out is scanned again, often into another tab. */
function draft() {
  keep.set(DRAFT, JSON.stringify({ text: $("text").value, name: $("name").value, at: Date.now() }));
}

function restoreDraft() {
  const kept = keptJson(DRAFT);
  if (!kept) return;
  $("text").value = kept.text ?? "";
  $("name").value = kept.name ?? "";
}

/** Something kept on this phone less than a day ago, else null. */
function keptJson(key) {
  try {
    const kept = JSON.parse(keep.get(key) ?? "null");
    if (kept && Date.now() - kept.at < KEPT_MS) return kept;
  } catch {
    // not ours
  }
  keep.drop(key);
  return null;
}

// -- on its way --------------------------------------------------------------------------------------------------

function progress(share) {
  $("progress").hidden = share >= 1;
  $("progress").setAttribute("aria-valuenow", String(Math.round(share * 100)));
  $("progress").firstElementChild.style.setProperty("--share", String(share));
}

/** The outbox waits: no network, or a server that asked for patience. What was written is safe. */
function onItsWay({ size, isTroubled }) {
  if (size && isTroubled && sent && !sent.receipt) tell("kept");
}

function answered(entry, { status, body }) {
  if (status === 202 && body?.receipt) {
    keep.drop(DRAFT);
    sent = { key: entry.key, receipt: body.receipt, text: entry.fields.text, at: Date.now() };
    keep.set(SENT, JSON.stringify(sent));
    show("status");
    follow();
    return;
  }
  sent = null;
  if ($("text")) {
    $("text").value = entry.fields.text;
    $("name").value = entry.fields.name;
    draft();
  }
  if (status === 403 || !$("form")) {
    $("closed-kept").hidden = false;
    show("closed");
    return;
  }
  showPhoto(entry.photo ?? null);
  show("form");
  count();
  const error = body?.error ?? {};
  const field = ["text", "photo", "consent"].includes(error.field) ? error.field : status === 413 ? "photo" : "form";
  const key = status === 413 ? "join.photo_heavy" : `error.${error.code}`;
  complain(field, tOr(key, t("join.refused", { message: error.message ?? String(status) })));
  $(field === "form" ? "send" : field).focus();
}

// -- what became of it -------------------------------------------------------------------------------------------

function follow() {
  clearTimeout(timer);
  unchanged = 0;
  void look();
}

async function look() {
  clearTimeout(timer);
  const { receipt } = sent ?? {};
  if (!receipt) return;
  if (document.visibilityState === "visible") {
    try {
      const found = await lookUp(receipt);
      const next = stepOf(found);
      if (sent?.receipt !== receipt) return;
      shownOn(found?.receipt ?? "");
      unchanged = next === step ? unchanged + 1 : 0;
      tell(next);
      if (next === "gone" || next === "refused") return;
    } catch {
      unchanged++;
    }
  }
  timer = setTimeout(look, pauseMs(unchanged, step));
}

/** Where the screens' own receipts for it stand, once there are any. */
function shownOn(path) {
  $("shown-link").hidden = !path;
  if (path) $("shown-link").href = `${path}?lang=${language()}`;
}

const REACHED = { received: 1, waiting: 2, wall: 3 };

/** Says where the submission stands. */
function tell(next) {
  const isNew = next !== step;
  step = next;
  const status = $("status");
  status.dataset.step = next;
  const title = t(next === "refused" ? "join.refused_title" : `join.${next}`);
  $("status-title").textContent = title;
  $("status-text").textContent = t(`join.${next}_text`);
  $("progress").hidden = next !== "sending" || !photo;
  const reached = REACHED[next] ?? 0;
  $("steps").hidden = next === "refused" || next === "gone";
  [...$("steps").children].forEach((item, at) => {
    item.classList.toggle("is-done", at + 1 < reached || next === "wall");
    item.classList.toggle("is-now", at + 1 === reached);
    if (at + 1 === reached) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
  const isOver = next === "refused" || next === "gone";
  $("take-back").hidden = isOver || next === "sending";
  $("another").hidden = !$("form") || next === "sending" || next === "kept";
  const mine = $("mine");
  mine.hidden = isOver || !(sent?.text || shownPhoto);
  const quote = mine.querySelector("blockquote");
  quote.textContent = sent?.text ?? "";
  quote.lang = languageOf(sent?.text ?? "") || "und";
  const image = mine.querySelector("img");
  image.hidden = !shownPhoto;
  if (shownPhoto && image.src !== shownPhoto) image.src = shownPhoto;
  if (isNew) $("status-voice").textContent = `${title} ${t(`join.${next}_text`)}`;
}

async function goBack() {
  $("sure").returnValue = "";
  $("sure").showModal();
  await new Promise((done) => $("sure").addEventListener("close", done, { once: true }));
  if ($("sure").returnValue !== "yes" || !sent) return;
  if (!sent.receipt && outbox.drop(sent.key)) {
    tell("gone");
    return;
  }
  if (sent.receipt && (await takeBack(sent.receipt))) {
    clearTimeout(timer);
    keep.drop(SENT);
    showPhoto(null);
    tell("gone");
  } else {
    $("status-text").textContent = t("join.take_back_failed");
  }
}

function again() {
  clearTimeout(timer);
  sent = null;
  step = "";
  keep.drop(SENT);
  shownOn("");
  $("form").reset();
  showPhoto(null);
  count();
  show("form");
}

/** One of three views; the focus goes to its heading. */
function show(view) {
  for (const name of ["form", "closed", "status"]) if ($(name)) $(name).hidden = name !== view;
  scrollTo({ top: 0 });
  $(view)?.querySelector("h1")?.focus({ preventScroll: true });
}

function translate(event) {
  const link = event.target.closest("[data-lang]");
  if (!link || !speak(link.dataset.lang)) return;
  event.preventDefault();
  for (const one of document.querySelectorAll("[data-lang]")) {
    if (one === link) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
  const url = new URL(location.href);
  url.searchParams.set("lang", link.dataset.lang);
  history.replaceState(null, "", url);
  for (const problem of document.querySelectorAll(".problem")) problem.textContent = "";
  if (step) tell(step);
}

async function open() {
  for (const place of document.querySelectorAll("[data-icon]")) place.append(icon(place.dataset.icon));
  document.querySelector(".languages").addEventListener("click", translate);
  if ($("form")) {
    restoreDraft();
    count();
    $("form").addEventListener("submit", submit);
    $("form").addEventListener("input", draft);
    $("text").addEventListener("input", count);
    $("photo").addEventListener("change", pick);
    $("photo-drop").addEventListener("click", () => {
      showPhoto(null);
      $("photo").focus();
    });
    $("consent").addEventListener("change", () => complain("consent", ""));
  }
  $("another").addEventListener("click", again);
  $("take-back").addEventListener("click", goBack);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && sent?.receipt && follow());
  const kept = keptJson(SENT);
  if (kept?.receipt) {
    sent = kept;
    show("status");
    tell("received");
    follow();
  }
  await outbox.open();
  const [waiting] = outbox.entries;
  if (waiting) {
    sent = { key: waiting.key, text: waiting.fields.text, at: waiting.at };
    if (waiting.photo) showPhoto(waiting.photo);
    show("status");
    tell("sending");
  }
}

await open();
