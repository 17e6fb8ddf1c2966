// The desk's service worker: a reload without Wi-Fi opens the desk, with what was decided and not yet sent.
//
// It keeps the page as the server last gave it to somebody signed in, and the page's own files. It never answers for
// the API, the sockets or pictures. Whoever signs out takes the kept page with them.

const SHELF = "parvis-desk";
const PAGE = "/desk";
const PATIENCE_MS = 2500;

addEventListener("install", (event) => event.waitUntil(skipWaiting()));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page(event));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
});

// "keep": the page has loaded all it needs; what belongs to other builds goes
addEventListener("message", (event) => {
  if (event.data?.type === "keep") event.waitUntil(tidy(event.data.files ?? []));
});

/** The server's page; the kept one when no answer comes in time. A late answer is kept for the next time. */
async function page(event) {
  const fresh = fetch(event.request).then(async (response) => {
    await remember(response.clone());
    return response;
  });
  event.waitUntil(fresh.catch(() => {}));
  const kept = await (await caches.open(SHELF)).match(PAGE);
  if (!kept) return fresh;
  const late = new Promise((done) => setTimeout(done, PATIENCE_MS));
  // a server in trouble is as good as none
  return Promise.race([fresh.then((response) => (response.status < 500 ? response : kept)).catch(() => kept), late.then(() => kept)]);
}

async function remember(response) {
  if (response.status >= 500) return;
  const isDesk = response.ok && response.headers.get("parvis-page") === "desk";
  // signed out: nothing of the desk stays on this tablet; nor does somebody else's where there is no room for this one
  if (!isDesk || !(await put(PAGE, response))) await caches.delete(SHELF);
}

/** Files carry the build in their address: what is kept is what the server would give. */
async function file(request) {
  const shelf = await caches.open(SHELF);
  const kept = await shelf.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (isLasting(response)) await put(request, response.clone());
  return response;
}

/** Not so what the server gives to an address of another build: it is not what that address said. */
const isLasting = (response) => response.ok && !response.headers.get("cache-control")?.includes("no-store");

/** Whether there was room for it. */
async function put(request, response) {
  try {
    await (await caches.open(SHELF)).put(request, response);
    return true;
  } catch {
    return false;
  }
}

async function tidy(files) {
  // the first visit was not ours to see: ask for the page once more
  if (!(await (await caches.open(SHELF)).match(PAGE))) await fetch(PAGE).then(remember).catch(() => {});
  const shelf = await caches.open(SHELF);
  if (!(await shelf.match(PAGE))) return;
  const wanted = new Set(files);
  for (const request of await shelf.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname !== PAGE && !wanted.has(pathname)) await shelf.delete(request);
  }
  await Promise.all([...wanted].map((path) => file(new Request(path)).catch(() => {})));
}
