// Asks the browser to keep the desk for a time without Wi-Fi. It needs https or localhost; elsewhere nothing happens.

const WORKER = "/desk-worker.js";
const LATER_MS = 4000;

/** Registers the service worker and tells it which files this page is made of. */
export async function keepShell() {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register(scriptUrl(WORKER), { scope: "/desk", updateViaCache: "none" });
    const { active } = await navigator.serviceWorker.ready;
    const keep = () => active?.postMessage({ type: "keep", files: filesOfPage() });
    keep();
    setTimeout(keep, LATER_MS); // what the first cards brought along
  } catch {
    // a browser that refuses (private window, policy) has a desk all the same
  }
}

/** Signing out: the kept page goes before the next person takes the tablet. */
export async function forgetShell() {
  await globalThis.caches?.delete("parvis-desk").catch(() => {});
}

function filesOfPage() {
  return performance
    .getEntriesByType("resource")
    .map(({ name }) => new URL(name))
    .filter(({ origin, pathname }) => origin === location.origin && pathname.startsWith("/static/"))
    .map(({ pathname }) => pathname);
}

/** The one address that our policy lets become a script. */
function scriptUrl(path) {
  const policy = globalThis.trustedTypes?.createPolicy("parvis-worker", {
    createScriptURL: (url) => {
      if (url !== WORKER) throw new TypeError(`not our worker: ${url}`);
      return url;
    },
  });
  return policy ? policy.createScriptURL(path) : path;
}
