// The screen's service worker: the wall stands without server, without network, on a full disk.
//
// It keeps the page that painted last, every file of its build, and the pictures that may still be shown. It never
// answers for the API or the sockets. A page of another build takes the kept one's place once it says that it has
// painted; what belongs to former builds goes after that.

const PAGES = "parvis-screen-pages";
const FILES = "parvis-screen-files";
const PICTURES = "parvis-screen-pictures";
const ASSETS = "parvis-screen-assets";
const CODE = "/join/qr.svg";
const PAGE = /^\/screen\/[a-z0-9-]+$/;
const PATIENCE_MS = 1500;
const PICTURE_MS = 4000; // a layout gives up after six seconds
const ANSWER_MS = 1500; // until a picture's head has come
const ASKED_MOST = 4;
const PICTURES_MOST = 400;
const ASSETS_MOST = 60;
const GONE_MOST = 2000;
const AT_ONCE = 4;
const VARIANTS = ["large", "medium", "small", "avatar"];
const FORGET = "parvis-forget"; // a request that the server answers with 404, so that the browser's own cache lets go

const gone = new Set(); // digests of what was taken off the wall: an answer still on its way is not kept
const fetching = new Set();
let needed = new Set();
let need = 0;
let pictures = null; // how many are kept, at most; null when nobody has counted
let isLetGo = false;
let dropped = 0; // kept things that had to make room
let refused = 0; // things for which there was none
let isFull = false; // the disk, or our share of it; until a page comes anew

addEventListener("install", (event) => event.waitUntil(skipWaiting()));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  const [, head] = url.pathname.split("/");
  if (request.mode === "navigate") {
    const isGuest = ["preview", "trial"].includes(url.searchParams.get("as")); // a trial must come from the server
    if (PAGE.test(url.pathname) && !isGuest) event.respondWith(page(event, url.pathname));
    else if (url.pathname === "/screen") event.respondWith(fetch(request).catch(() => Response.redirect("/screen/main", 307)));
  } else if (head === "static") event.respondWith(file(request));
  else if (head === "media") event.respondWith(picture(event, url.pathname));
  else if (head === "asset" || head === "theme") event.respondWith(asset(event, url.pathname));
  else if (url.pathname === CODE) event.respondWith(code(event));
});

const DUTIES = { painted, need: want, forget, room: () => makeRoom(PICTURES).then(counts) };

addEventListener("message", (event) => {
  const [port] = event.ports;
  const duty = Object.hasOwn(DUTIES, event.data?.type) ? DUTIES[event.data.type] : null;
  if (duty) event.waitUntil(duty(event.data, event).then((answer) => port?.postMessage(answer), () => port?.postMessage(null)));
});

// -- the page ------------------------------------------------------------------------------------------------

/** The server's page; the kept one when no good answer comes in time. A late answer waits for its first painting. */
async function page(event, path) {
  const fresh = fetch(event.request);
  event.waitUntil(fresh.then((response) => heed(path, response.clone())).catch(() => {}));
  const shelf = await caches.open(PAGES);
  const kept = (await shelf.match(path)) ?? (await shelf.match(next(path)));
  if (!kept) return fresh;
  // a server in trouble is as good as none, and so is somebody else who answers in its place (a hotel's sign-in page)
  return Promise.race([fresh.then((response) => (isOurs(response) ? response : kept)).catch(() => kept), later(PATIENCE_MS, kept)]);
}

const next = (path) => `${path}?next`;
const buildOf = (response) => response.headers.get("parvis-build") ?? "";
const later = (ms, value) => new Promise((done) => setTimeout(done, ms, value));

/** What the server says about a page: the one that it gives now, or that there is none for this browser. */
async function heed(path, response) {
  const shelf = await caches.open(PAGES);
  if (isClosed(response)) await Promise.all([shelf.delete(path), shelf.delete(next(path))]);
  else if (isPage(response)) await put(PAGES, next(path), response);
}

const isClosed = (response) => response.headers.has("parvis-page"); // the page that asks to be let in
const isOurs = (response) => isPage(response) || isClosed(response) || response.type === "opaqueredirect";
const isPage = (response) => Boolean(response?.ok && !response.redirected && buildOf(response));

/** The page of `build` stands on the glass: from now on it is the kept one, with all its files. */
async function painted({ build, path }) {
  isLetGo = isFull = false;
  const shelf = await caches.open(PAGES);
  let fresh = await shelf.match(next(path));
  // the first visit was not ours to see: ask for the page once more
  if (!fresh && !(await shelf.match(path))) fresh = await fetch(path, { cache: "no-store" }).catch(() => null);
  if (isPage(fresh) && buildOf(fresh) === build && (await put(PAGES, path, fresh))) await shelf.delete(next(path));
  const isWhole = await fill(build);
  const code = await fetch(CODE, { cache: "no-store" }).catch(() => null); // it stood there before this worker did
  if (code?.ok) await put(ASSETS, CODE, code);
  await tidy(build);
  const kept = await shelf.match(path);
  return { isKept: isWhole && Boolean(kept) && buildOf(kept) === build, ...(await counts()) };
}

/** Every file that a screen of this build may ask for, layouts that were not seen yet too. Whether all are there. */
async function fill(build) {
  const response = await fetch("/screen-files.json", { cache: "no-store" }).catch(() => null);
  const list = response?.ok ? await response.json().catch(() => null) : null;
  if (list?.build !== build) return Boolean(await (await caches.open(FILES)).match(`/static/${build}/js/screen.js`));
  const shelf = await caches.open(FILES);
  const kept = new Set((await shelf.keys()).map(({ url }) => new URL(url).pathname));
  const missing = list.files.filter((path) => !kept.has(path));
  let failures = 0;
  const load = async () => {
    for (let path = missing.pop(); path; path = missing.pop()) {
      const answer = await fetch(path).catch(() => null);
      if (!answer || !isLasting(answer) || !(await put(FILES, path, answer))) failures++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, load));
  return failures === 0;
}

/** Files of builds that no kept page is made of. */
async function tidy(build) {
  const pages = await caches.open(PAGES);
  const builds = new Set([build]);
  for (const key of await pages.keys()) builds.add(buildOf((await pages.match(key)) ?? new Response()));
  const files = await caches.open(FILES);
  for (const key of await files.keys()) if (!builds.has(new URL(key.url).pathname.split("/")[2])) await files.delete(key);
}

/** Files carry the build in their address: what is kept is what the server would give. */
async function file(request) {
  const kept = await (await caches.open(FILES)).match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (isLasting(response)) await put(FILES, request, response.clone());
  return response;
}

/** Not so what the server gives to an address of another build: it is not what that address said. */
const isLasting = (response) => response.status === 200 && !response.headers.get("cache-control")?.includes("no-store");

// -- pictures ------------------------------------------------------------------------------------------------

const digestOf = (path) => path.split("/")[2];

/** The kept copy, else the server's, else another size of the same picture. The browser's own cache stays out of it. */
async function picture(event, path) {
  const shelf = await caches.open(PICTURES);
  const kept = await shelf.match(path);
  if (kept) return kept;
  const fresh = ask(path);
  event.waitUntil(fresh.then((response) => response && isLasting(response) && keepPicture(path, response.clone())));
  const response = await Promise.race([fresh, later(PICTURE_MS, null)]);
  if (response && response.status < 500) return response;
  for (const variant of VARIANTS) {
    const other = await shelf.match(`/media/${digestOf(path)}/${variant}`);
    if (other) return other;
  }
  return (await fresh) ?? Response.error();
}

/**
 * The server's answer, or null. A connection on which nothing comes back is given up for another: there are six of them,
 * and each that died unnoticed would otherwise hold one for minutes.
 */
async function ask(path) {
  for (let left = ASKED_MOST; left > 0; left--) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ANSWER_MS);
    try {
      return await fetch(path, { cache: "no-store", signal: stop.signal });
    } catch {
      if (!stop.signal.aborted) return null; // nobody is there
    } finally {
      clearTimeout(timer);
    }
  }
  return null;
}

async function keepPicture(path, response) {
  if (gone.has(digestOf(path))) return;
  await put(PICTURES, path, response);
  const shelf = await caches.open(PICTURES);
  if (gone.has(digestOf(path))) await shelf.delete(path);
  if (pictures !== null && ++pictures <= PICTURES_MOST) return;
  pictures = (await shelf.keys()).length;
  if (pictures > PICTURES_MOST) await drop(PICTURES, pictures - PICTURES_MOST);
}

/**
 * What the wall may still show: `paths` are fetched if no size of them is kept, `digests` may stay if they are there.
 * Everything else goes.
 */
async function want({ paths, digests }) {
  const turn = ++need;
  needed = new Set(paths.map(digestOf));
  const wanted = new Set([...needed, ...digests]);
  for (const digest of wanted) gone.delete(digest); // put up again
  const shelf = await caches.open(PICTURES);
  const kept = new Set();
  for (const key of await shelf.keys()) {
    const digest = digestOf(new URL(key.url).pathname);
    if (wanted.has(digest)) kept.add(digest);
    else await shelf.delete(key);
  }
  for (const path of paths) {
    if (turn !== need) break; // the wall has moved on
    if (kept.has(digestOf(path))) continue;
    const response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(PICTURE_MS) }).catch(() => null);
    if (response && isLasting(response)) await keepPicture(path, response);
  }
  return counts();
}

/**
 * Taken off the wall: no copy stays here. Answers when that is so; the browser's own cache follows. Without digests the
 * desk has let this screen go: nothing at all stays, and nothing is kept until a page says again that it has painted.
 */
async function forget({ digests }, event) {
  if (!Array.isArray(digests)) {
    isLetGo = true;
    needed = new Set();
    await Promise.all([PAGES, FILES, PICTURES, ASSETS].map((name) => caches.delete(name)));
    return { pictures: 0, dropped, refused, isFull };
  }
  for (const digest of digests) gone.add(digest);
  while (gone.size > GONE_MOST) gone.delete(gone.values().next().value);
  const shelf = await caches.open(PICTURES);
  for (const key of await shelf.keys()) if (gone.has(digestOf(new URL(key.url).pathname))) await shelf.delete(key);
  event.waitUntil(Promise.all(digests.flatMap((digest) => VARIANTS.map((variant) => rinse(`/media/${digest}/${variant}`)))));
  return counts();
}

/** A copy from before this worker was there, in the browser's own cache, is overwritten by an answer that may not stay. */
async function rinse(path) {
  const here = await fetch(path, { cache: "only-if-cached", mode: "same-origin" }).catch(() => null);
  if (here) await fetch(path, { cache: "reload", headers: { [FORGET]: "1" }, signal: AbortSignal.timeout(PICTURE_MS) }).catch(() => {});
}

// -- what the organiser brings, and the way in ---------------------------------------------------------------

/** Logos, films, themes: their address changes with them. A film is asked for in parts and kept as a whole. */
async function asset(event, path) {
  const part = /^bytes=(\d+)-(\d*)$/.exec(event.request.headers.get("range") ?? "");
  const kept = await (await caches.open(ASSETS)).match(path);
  if (kept) return part ? partOf(kept, part) : kept;
  if (part) {
    event.waitUntil(keepWhole(path));
    return fetch(event.request);
  }
  const response = await fetch(event.request);
  if (isLasting(response)) event.waitUntil(keepAsset(path, response.clone()));
  return response;
}

async function keepWhole(path) {
  if (fetching.has(path)) return;
  fetching.add(path);
  const response = await fetch(path).catch(() => null);
  if (response && isLasting(response)) await keepAsset(path, response);
  fetching.delete(path);
}

async function keepAsset(path, response) {
  await put(ASSETS, path, response);
  const keys = await (await caches.open(ASSETS)).keys();
  if (keys.length > ASSETS_MOST) await drop(ASSETS, keys.length - ASSETS_MOST);
}

async function partOf(response, [, from, to]) {
  const whole = await response.blob();
  const start = Number(from);
  const end = Math.min(whole.size, to ? Number(to) + 1 : whole.size);
  if (start >= end) return new Response(null, { status: 416, headers: { "content-range": `bytes */${whole.size}` } });
  const headers = new Headers(response.headers);
  headers.set("content-range", `bytes ${start}-${end - 1}/${whole.size}`);
  headers.set("content-length", String(end - start));
  return new Response(whole.slice(start, end, whole.type), { status: 206, headers });
}

/** The code to join holds for minutes: the server's, and the last one for as long as there is no server. */
async function code(event) {
  const fresh = fetch(event.request);
  event.waitUntil(fresh.then((response) => response.ok && put(ASSETS, CODE, response.clone())).catch(() => {}));
  const kept = await (await caches.open(ASSETS)).match(CODE);
  if (!kept) return fresh;
  return Promise.race([fresh.then((response) => (response.ok ? response : kept)).catch(() => kept), later(PATIENCE_MS, kept)]);
}

// -- a full disk ---------------------------------------------------------------------------------------------

/** Whether there was room for it, or could be made. */
async function put(name, key, response) {
  if (isLetGo) return false;
  const shelf = await caches.open(name);
  for (;;) {
    try {
      await shelf.put(key, response.clone());
      return true;
    } catch (error) {
      isFull ||= error.name === "QuotaExceededError";
      if (error.name === "QuotaExceededError" && (await makeRoom(name))) continue;
      refused++;
      await tell();
      return false;
    }
  }
}

/** Pictures go first, a quarter of them at a time; for a page or a file, then films and logos. */
async function makeRoom(name) {
  const pictures = (await (await caches.open(PICTURES)).keys()).length;
  if (pictures) return drop(PICTURES, Math.max(4, Math.ceil(pictures / 4)));
  return name === PAGES || name === FILES ? drop(ASSETS, ASSETS_MOST) : false;
}

/** The oldest go; those that stand on the wall now after all others. */
async function drop(name, count) {
  const shelf = await caches.open(name);
  const keys = await shelf.keys();
  const isNeeded = (key) => needed.has(digestOf(new URL(key.url).pathname));
  const order = [...keys.filter((key) => !isNeeded(key)), ...keys.filter(isNeeded)].slice(0, count);
  for (const key of order) await shelf.delete(key);
  dropped += order.length;
  await tell();
  return order.length > 0;
}

async function counts() {
  return { pictures: (await (await caches.open(PICTURES)).keys()).length, dropped, refused, isFull };
}

async function tell() {
  const message = { type: "parvis.shelf", ...(await counts()) };
  for (const client of await clients.matchAll()) client.postMessage(message);
}
