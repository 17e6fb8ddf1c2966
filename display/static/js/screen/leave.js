// Let go by the desk: whatever this device has kept for the time without a server is thrown away.

export const LET_GO = 4401; // how the server closes the line of a screen that may not be one (any more)
const OURS = ["parvis.screen.", "parvis.plays.", "parvis-screen-"]; // not the desk's own, on a machine that has both
const PATIENCE_MS = 1500;

/** Resolves when nothing is kept here any more, or after a while: a database that is still open goes with the page. */
export async function leave() {
  const all = Promise.allSettled([forgetWorker(), forgetCaches(), forgetDatabases()]);
  forgetStorage();
  await Promise.race([all, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
}

/** The worker holds answers that are still on their way: it throws them away too. */
async function forgetWorker() {
  const worker = navigator.serviceWorker?.controller;
  if (!worker) return;
  const { port1, port2 } = new MessageChannel();
  await new Promise((done) => {
    port1.onmessage = done;
    worker.postMessage({ type: "forget" }, [port2]);
  });
}

async function forgetCaches() {
  if (!globalThis.caches) return; // plain http on a foreign address
  const names = (await caches.keys()).filter(isOurs);
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function forgetDatabases() {
  const found = (await globalThis.indexedDB?.databases?.()) ?? [];
  const ours = found.filter(({ name }) => isOurs(name ?? ""));
  await Promise.all(ours.map(({ name }) => new Promise((done) => {
    const asked = indexedDB.deleteDatabase(name);
    asked.onsuccess = asked.onerror = done; // one that is still open is deleted when this page goes
  })));
}

function forgetStorage() {
  try {
    for (const key of Object.keys(localStorage)) if (isOurs(key)) localStorage.removeItem(key);
  } catch {
    // storage is refused: nothing was kept
  }
}

const isOurs = (name) => OURS.some((start) => name.startsWith(start));
