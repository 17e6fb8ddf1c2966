// A visitor's words and photo on their way, and what became of them.

import { retryAfter } from "../outbox.js";

/** Sends a submission: `entry` is {key, fields, photo}; `progress(share)` from 0 to 1. Throws when no answer came. */
export function sendSubmission(entry, signal, progress = () => {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(entry.fields)) form.set(name, value);
  form.set("key", entry.key);
  form.set("consent", "1");
  if (entry.photo) form.set("photo", entry.photo, "photo.jpg");
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest(); // fetch tells nothing of an upload's progress
    request.open("POST", "/api/v1/submissions");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () =>
      done({
        status: request.status,
        body: request.response,
        waitS: retryAfter({ get: (name) => request.getResponseHeader(name) }),
      });
    request.onerror = () => failed(new Error("no answer"));
    signal.addEventListener("abort", () => request.abort());
    request.onabort = () => failed(new Error("too slow"));
    request.send(form);
  });
}

/** {state, shown} of a receipt; null when there is no such post (any more). Throws when no answer came. */
export async function lookUp(receipt) {
  const response = await fetch(`/api/v1/submissions/${encodeURIComponent(receipt)}`, { signal: AbortSignal.timeout(8000) });
  if (response.status === 404 || response.status === 410) return null;
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

/** Takes a submission back. True when the server has done it. */
export async function takeBack(receipt) {
  const path = `/api/v1/submissions/${encodeURIComponent(receipt)}/withdraw`;
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(10_000),
  }).catch(() => null);
  await response?.text().catch(() => "");
  return Boolean(response?.ok || response?.status === 410);
}

/** What a state means for the visitor: "received", "waiting", "wall", "refused" or "gone". Pure. */
export function stepOf(found) {
  if (!found) return "gone";
  if (found.state === "approved") return "wall";
  if (found.state === "rejected") return "refused";
  if (found.state === "withdrawn" || found.state === "expired") return "gone";
  return found.state === "received" ? "received" : "waiting";
}

/** Milliseconds until the next look: three seconds, slower while nothing changes and once it is on the wall. Pure. */
export function pauseMs(unchanged, step) {
  if (step === "wall") return 20_000;
  return Math.min(15_000, 3000 * 1.25 ** Math.max(0, unchanged - 4));
}
