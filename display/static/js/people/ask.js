// Talking to the server about people, and what its refusals mean to whoever reads the page.

import { span, t, tOr } from "../page.js";

const LIMIT_MS = 15_000;
const BUSY_TRIES = 8;

/** The server's answer `{status, body, waitS}`; status 0 when none came. A full line ("busy") is asked again. */
export async function ask(method, path, body) {
  for (let tries = 1; ; tries++) {
    const answer = await once(method, path, body);
    if (answer.status !== 503 || tries >= BUSY_TRIES) return answer;
    await new Promise((done) => setTimeout(done, 400 + 400 * Math.random() * tries));
  }
}

async function once(method, path, body) {
  try {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const waitS = Math.max(1, Math.ceil(Number(response.headers.get("retry-after")) || 1));
    return { status: response.status, body: await response.json().catch(() => null), waitS };
  } catch {
    return { status: 0, body: null, waitS: 1 };
  }
}

export const isGood = (answer) => answer.status >= 200 && answer.status < 300;

/** What is wrong, in the language of the page. */
export function reason({ status, body, waitS }) {
  const error = body?.error ?? {};
  if (status === 0) return t("signin.no_answer");
  if (status === 429) return t("people.slow", { span: span(waitS * 1000) });
  if (status >= 500) return t("signin.trouble");
  if (error.code === "weak-password") return t(`people.weak.${body.why}`);
  if (error.code === "name-taken") return body.taken ? t("people.taken", { name: body.taken }) : t("people.own_name");
  return tOr(`people.refused.${error.code}`, t("signin.refused", { message: error.message ?? String(status) }));
}

/** Whether this machine has a screen to touch: an iPad's browser calls itself a Mac's. */
export const hasTouch = () => navigator.maxTouchPoints > 1;
