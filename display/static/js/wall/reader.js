// The wall as a page for reading: whole from the server, then alive. New messages wait until the reader asks for them.

import { readJson } from "../dom.js";
import { hour, language, many, mountTheme, t } from "../page.js";
import { Shelf } from "./shelf.js";
import { Stream } from "./stream.js";
import { keepTrue, tell } from "./times.js";

const SPEAK_EVERY_MS = 8000; // a crowd must not talk over what is being read
const PATIENCE_MS = 4000; // a line that is back sooner was never away
const CHECK_PAGE = 200;

const $ = (id) => document.getElementById(id);
const state = readJson("state", { since: "", before: null, is_older: false, is_panic: false, page: 20 });
const title = document.title;
let before = state.before;
let isPanic = state.is_panic;
let isPaused = false;
let spokenAt = -SPEAK_EVERY_MS;
let speaking = 0;
let away = 0;
const asking = new Set(); // for each answer on its way, the ids that have left meanwhile

const shelf = new Shelf($("feed"), (node) => tell(node.querySelector("time"), language()));
const stream = new Stream("/api/v1/wall/events", { since: state.since, heard, changed });

// -- what comes ----------------------------------------------------------------------------------------------------

function heard(kind, data) {
  if (kind === "reset") reset(data);
  else if (kind === "panic") pause(data.on === true);
  else if (kind === "del") leave(data.id);
  else if (!isPanic && (!state.is_older || shelf.has(data.id))) shelf.take(data);
  show();
}

function leave(id) {
  shelf.remove(id);
  for (const gone of asking) gone.add(id);
}

/** The calm notice instead of every message; nothing of them stays on the page. */
function pause(isOn) {
  isPanic = isOn;
  $("break").hidden = !isOn;
  if (!isOn) return;
  shelf.clear();
  before = null;
  $("more")?.remove();
}

function reset({ items = [], panic = false, before: older = null }) {
  pause(panic);
  if (panic) return;
  if (!$("feed").firstElementChild && !state.is_older) {
    shelf.append(items);
    follow(older);
    return;
  }
  const from = older === null ? 0 : Math.min(...items.map((item) => item.seq));
  const below = shelf.compare(state.is_older ? items.filter((item) => shelf.has(item.id)) : items, from);
  if (below.length) void check(below, older);
}

/** What stands below a reset's own posts is asked for again; what does not come back leaves. */
async function check(ids, from) {
  const there = new Map();
  try {
    for (let next = from; next && next > shelf.oldest; ) {
      const page = await ask(next, CHECK_PAGE);
      for (const item of page.items) there.set(item.id, item);
      next = page.before;
    }
  } catch {
    there.clear(); // nobody knows: "older messages" brings them back
  }
  for (const id of ids.filter((one) => shelf.has(one))) {
    if (there.has(id)) shelf.take(there.get(id));
    else shelf.remove(id);
  }
  show();
}

async function ask(from, limit) {
  const query = new URLSearchParams({ limit, ...(from ? { before: from } : {}) });
  const gone = new Set();
  asking.add(gone);
  try {
    const response = await fetch(`/api/v1/wall?${query}`, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(String(response.status));
    const page = await response.json();
    return { ...page, items: page.items.filter((item) => !gone.has(item.id)) };
  } finally {
    asking.delete(gone);
  }
}

// -- what the reader sees and hears --------------------------------------------------------------------------------

function show() {
  const count = isPaused || isPanic ? 0 : shelf.waiting;
  const button = $("news");
  if (count) button.textContent = many("twin.show", count);
  button.hidden = count === 0;
  $("nothing").hidden = isPanic || !$("feed").hidden;
  document.title = count ? `(${count}) ${title}` : title;
  if (count) announce();
  else clearTimeout(speaking);
}

/** Says how many wait, politely and not often. */
function announce() {
  clearTimeout(speaking);
  const wait = Math.max(300, spokenAt + SPEAK_EVERY_MS - performance.now());
  speaking = setTimeout(() => {
    spokenAt = performance.now();
    if (shelf.waiting && !isPaused) speak(many("twin.new", shelf.waiting));
  }, wait);
}

function speak(text) {
  $("voice").textContent = text;
}

async function showNew() {
  let nodes = [];
  $("feed").setAttribute("aria-busy", "true");
  if (shelf.isOverfull) {
    const page = await ask(null, state.page).catch(() => null);
    if (page && !isPanic) {
      shelf.clear();
      nodes = shelf.append(page.items);
      follow(page.before);
    }
  } else {
    nodes = shelf.show();
  }
  $("feed").setAttribute("aria-busy", "false");
  show();
  if (!nodes.length) return;
  speak(many("twin.shown", nodes.length));
  nodes[0].focus({ preventScroll: true });
  nodes[0].scrollIntoView({ block: "start", behavior: "instant" });
}

function togglePause() {
  isPaused = !isPaused;
  $("pause").setAttribute("aria-pressed", String(isPaused));
  $("pause").textContent = t(isPaused ? "twin.resume" : "twin.pause");
  speak(t(isPaused ? "twin.paused" : "twin.resumed"));
  show();
}

function changed(isLive) {
  clearTimeout(away);
  if (isLive) {
    $("offline").hidden = true;
    return;
  }
  const seen = new Date().toISOString();
  away = setTimeout(() => {
    $("offline").textContent = t("twin.offline", { hour: hour(seen) });
    $("offline").hidden = false;
    speak($("offline").textContent);
  }, PATIENCE_MS);
}

// -- older ones ----------------------------------------------------------------------------------------------------

/** Where the next page begins; null is the end. */
function follow(next) {
  before = next;
  if (next === null) {
    $("more")?.remove();
  } else if (!$("more")) {
    const link = document.createElement("a");
    Object.assign(link, { id: "more", className: "button line", rel: "next", textContent: t("twin.more") });
    $("foot").prepend(link);
    link.addEventListener("click", more);
  }
  if (next !== null) {
    const query = new URLSearchParams(location.search);
    query.set("before", next);
    $("more").href = `/wall?${query}`;
  }
}

async function more(event) {
  if (before === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const link = $("more");
  if (link.getAttribute("aria-disabled") === "true") return;
  link.setAttribute("aria-disabled", "true");
  link.textContent = t("twin.loading");
  try {
    // what was dropped at the bottom meanwhile comes again: the page begins below what stands here
    const page = await ask(shelf.oldest || before, state.page);
    if (isPanic) return;
    const [first] = shelf.append(page.items);
    link.textContent = t("twin.more");
    follow(page.before);
    show();
    if (page.before === null) speak(t("twin.end"));
    first?.focus({ preventScroll: true });
  } catch {
    link.textContent = t("twin.more_failed");
  } finally {
    link.removeAttribute("aria-disabled");
  }
}

// -- keys ----------------------------------------------------------------------------------------------------------

/** As the ARIA feed pattern has it: Page Down and Page Up go from message to message. */
function step(event) {
  const here = event.target.closest("[data-post]");
  if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
  const next = { PageDown: here.nextElementSibling, PageUp: here.previousElementSibling }[event.key];
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "start", behavior: "instant" });
}

function open() {
  mountTheme();
  keepTrue($("feed"), language());
  $("pause").hidden = state.is_older;
  $("pause").addEventListener("click", togglePause);
  $("news").addEventListener("click", showNew);
  $("more")?.addEventListener("click", more);
  $("feed").addEventListener("keydown", step);
  stream.open();
}

open();
