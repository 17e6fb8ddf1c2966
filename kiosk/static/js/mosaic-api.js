// Talking to the wall about one mosaic. What could not be sent is sent again under the same key: nothing is made twice.

const PAUSES_MS = [400, 800, 1500, 3000];
const PATIENCE_MS = 90_000;
const ANSWER_MS = 20_000;

/** An answer that says no: `code` is the end of a catalogue key, `more` whatever else was said. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body?.error?.message ?? String(status));
    Object.assign(this, { status, code: body?.error?.code ?? "broken", more: body ?? {} });
  }
}

/** Nobody answered for as long as somebody may be asked to wait. */
export class Away extends Error {}

/** 32 letters that nobody has used before; on plain http too, where `randomUUID` is missing. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Asks until there is an answer. Raises `Refusal` for a no, `Away` when nobody answers within `patienceMs`, and
 * `AbortError` when `signal` stops it. `waiting` is called before each further try.
 */
export async function ask(path, options = {}, { signal, waiting = () => {}, patienceMs = PATIENCE_MS } = {}) {
  const until = performance.now() + patienceMs;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const answer = await once(path, options, signal);
    if (answer && answer.status !== 502 && answer.status !== 503 && answer.status !== 429 && answer.status < 500) return read(answer);
    if (answer?.status === 507) return read(answer);
    if (performance.now() > until) {
      if (answer) return read(answer);
      throw new Away("nobody answers");
    }
    waiting(answer?.status ?? 0);
    const pause = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] * (0.7 + 0.6 * Math.random());
    await new Promise((done) => setTimeout(done, pause));
  }
}

async function once(path, options, signal) {
  const limit = AbortSignal.timeout(ANSWER_MS);
  try {
    return await fetch(path, { cache: "no-store", ...options, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}

async function read(answer) {
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refusal(answer.status, body);
  return body;
}

/** Sends a photo; `fields` are those of `POST /api/v1/mosaics`. */
export function sendPhoto(photo, fields, how) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, consent: "1" })) form.set(name, value);
  form.set("photo", photo, "photo.jpg");
  return ask("/api/v1/mosaics", { method: "POST", body: form }, how);
}

/** Nothing is made of what was sent under a key, whether it has arrived or not. */
export async function forgetKey(key) {
  try {
    await ask(`/api/v1/mosaics/key/${key}`, { method: "DELETE" });
  } catch {
    // nobody is there: what has no address is deleted when its time is over
  }
}

/** A mosaic by its token. */
export class Mosaic {
  constructor(token, signal) {
    this.token = token;
    this.signal = signal;
    this.path = `/api/v1/mosaics/${token}`;
  }

  state(how = {}) {
    return ask(this.path, {}, { signal: this.signal, ...how });
  }

  cells() {
    return ask(`${this.path}/cells`, {}, { signal: this.signal });
  }

  wish(wish) {
    const body = JSON.stringify(wish);
    return ask(this.path, { method: "PATCH", headers: { "content-type": "application/json" }, body }, { signal: this.signal });
  }

  /** Resolves once it is gone everywhere, and also when it was before. */
  async remove() {
    try {
      await ask(this.path, { method: "DELETE" });
    } catch (error) {
      if (!(error instanceof Refusal) || (error.status !== 404 && error.status !== 410)) throw error;
    }
  }

  file(name, edition) {
    return `/m/${this.token}/${name}?${edition}`;
  }

  /** The picture as something that can be drawn; asked for again while it is away. */
  async picture(name, edition) {
    for (let left = 12; left > 0; left--) {
      this.signal?.throwIfAborted();
      const answer = await once(this.file(name, edition), {}, this.signal);
      if (answer?.ok && answer.status === 200) return createImageBitmap(await answer.blob());
      if (answer?.status === 404 || answer?.status === 410) throw new Refusal(answer.status, await answer.json().catch(() => null));
      await new Promise((done) => setTimeout(done, 500));
    }
    throw new Away("the picture does not come");
  }
}
