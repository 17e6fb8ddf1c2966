// The glass of a screen that nobody has let in: a code for five minutes, then another, until the desk says yes.

import { readJson, style } from "../dom.js";
import { leave } from "../screen/leave.js";
import { makeWords } from "../words.js";

const PATH = "/api/v1/screen-pairings";
const LOOK_MS = 2000;
const AGAIN_MS = 4000;
const LIMIT_MS = 6000;
const DRIFT_PLACES = [[0, 0], [1, 0.6], [-0.8, 0.8], [0.7, -0.9], [-1, -0.5]]; // the letters burn into no panel

const $ = (id) => document.getElementById(id);
const t = makeWords(readJson("words", {}));
const hour = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
let until = 0;
let lifeMs = 1;
let round = 0;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** {status, body, waitS}; status 0 when no answer came. */
async function ask(method, path) {
  try {
    const response = await fetch(path, { method, cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
    return { status: response.status, body: await response.json().catch(() => null), waitS: Number(response.headers.get("retry-after")) || 0 };
  } catch {
    return { status: 0, body: null, waitS: 0 };
  }
}

function say(text) {
  $("problem").textContent = text;
  $("glass").classList.toggle("is-lost", Boolean(text));
}

/** A code that the server knows; asked for until there is one. */
async function freshCode() {
  for (;;) {
    const { status, body, waitS } = await ask("POST", PATH);
    if (status === 409) return location.reload(); // pairing is not needed any more
    if (status === 201) {
      show(body);
      return;
    }
    say(status === 429 ? t("screens.glass_wait") : t("screens.glass_lost"));
    await pause(Math.max(AGAIN_MS, waitS * 1000));
  }
}

function show({ code, life_s: lifeS }) {
  const [first, second] = $("code").children;
  [first.textContent, second.textContent] = code.split("-");
  lifeMs = lifeS * 1000;
  until = performance.now() + lifeMs;
  const [x, y] = DRIFT_PLACES[round++ % DRIFT_PLACES.length];
  style($("code"), { translate: `${x}vmin ${y}vmin` });
  say("");
  tick();
}

function tick() {
  $("time").textContent = hour.format(new Date());
  const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
  $("left").textContent = until ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "";
  style($("bar"), { "--share": (left * 1000) / lifeMs });
}

/** Until the desk has said yes: the answer then holds the token, in a cookie. */
async function wait() {
  for (;;) {
    await pause(LOOK_MS);
    const { status, body } = await ask("GET", `${PATH}/own`);
    if (body?.state === "paired") return body.screen;
    if (status === 0 || status >= 500) say(t("screens.glass_lost"));
    else say("");
    if (body?.state === "over" || performance.now() > until) await freshCode();
  }
}

await leave(); // nothing of what this device may have shown before
setInterval(tick, 1000);
tick();
await freshCode();
location.replace(`/screen/${await wait()}`);
