// Signing in at the desk with the code that the terminal shows. Forgiving about how it is typed, exact about what is wrong.

import { retryAfter } from "./outbox.js";
import { keep, mountTheme, t } from "./page.js";

const LENGTH = 8;
const $ = (id) => document.getElementById(id);

/** A typed code as it was printed: case, spaces, hyphens and full-width letters do not matter. Pure. */
export function normalCode(typed) {
  return typed.normalize("NFKC").toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** The catalogue key of what is wrong with a typed code, or "". The printed ones hold no 0, 1, I or O. Pure. */
export function codeProblem(typed) {
  const code = normalCode(typed);
  if (!code) return "signin.no_code";
  if (/[01IO]/.test(code)) return "signin.look_alike";
  if (/[^A-Z2-9]/.test(code)) return "signin.foreign_sign";
  if (code.length !== LENGTH) return "signin.length";
  return "";
}

function complain(field, text) {
  $(`${field}-problem`).textContent = text;
  const input = $(field);
  if (input?.matches("input")) {
    input.setAttribute("aria-invalid", String(Boolean(text)));
    if (text) input.focus();
  }
}

function clear() {
  for (const field of ["name", "code", "form"]) {
    $(`${field}-problem`).textContent = "";
    $(field)?.removeAttribute("aria-invalid");
  }
}

/** Counts down on the button while the server asks for patience. */
function waitFor(seconds) {
  const button = $("enter");
  const until = Date.now() + seconds * 1000;
  button.disabled = true;
  const beat = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) {
      button.disabled = false;
      button.textContent = t("signin.enter");
      $("form-problem").textContent = "";
      return;
    }
    button.textContent = t("signin.again_in", { n: left });
    setTimeout(beat, 250);
  };
  beat();
}

async function enter(event) {
  event.preventDefault();
  clear();
  const name = $("name").value.trim();
  const problem = codeProblem($("code").value);
  if (!name) complain("name", t("signin.no_name"));
  if (problem) complain("code", t(problem, { n: normalCode($("code").value).length }));
  if (problem || !name) return;
  const button = $("enter");
  button.disabled = true;
  let response;
  try {
    response = await fetch("/api/v1/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code: normalCode($("code").value), name }),
      signal: AbortSignal.timeout(12_000),
    });
  } catch {
    button.disabled = false;
    complain("form", t("signin.no_answer"));
    return;
  }
  if (response.ok) {
    keep.set("parvis.name", name);
    location.reload();
    return;
  }
  button.disabled = false;
  if (response.status === 429) {
    const seconds = Math.max(1, Math.ceil(retryAfter(response.headers)) || 10);
    complain("form", t("signin.slow_down"));
    waitFor(seconds);
    return;
  }
  const error = (await response.json().catch(() => null))?.error ?? {};
  if (response.status === 401) complain("code", t("signin.wrong"));
  else if (error.code === "no-name") complain("name", t("signin.no_name"));
  else if (response.status >= 500) complain("form", t("signin.trouble"));
  else complain("form", t("signin.refused", { message: error.message ?? String(response.status) }));
}

if ($("signin")) {
  mountTheme();
  $("signin").addEventListener("submit", enter);
  $("name").value = keep.get("parvis.name") ?? "";
  $("code").focus();
}
