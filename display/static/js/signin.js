// Signing in at the desk with a password, or with the code that the terminal shows. Forgiving about how a code is typed,
// exact about what is wrong.

import { keep, mountTheme, t } from "./page.js";
import { ask, hasTouch, isGood, reason } from "./people/ask.js";
import { busy, clear, complain, mountEyes } from "./people/fields.js";

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

/** Shows the fields of a way in: "password" or "code". */
function take(way) {
  $("signin").dataset.way = way;
  for (const node of document.querySelectorAll("[data-for]")) node.hidden = node.dataset.for !== way;
  for (const button of document.querySelectorAll("[data-way][aria-pressed]")) button.setAttribute("aria-pressed", String(button.dataset.way === way));
  clear($("signin"));
}

function firstEmpty() {
  const fields = $("signin").dataset.way === "code" ? ["code", "name"] : ["name", "password"];
  $(fields.find((id) => !$(id).value) ?? fields.at(-1)).focus();
}

function said() {
  const name = $("name").value.trim();
  if ($("signin").dataset.way === "code") {
    const problem = codeProblem($("code").value);
    if (!name) complain("name", t("signin.no_name"));
    if (problem) complain("code", t(problem, { n: normalCode($("code").value).length }));
    return problem || !name ? null : { code: normalCode($("code").value), name, touch: hasTouch() };
  }
  const password = $("password").value;
  if (!password) complain("password", t("people.no_password"));
  if (!name) complain("name", t("signin.no_name"));
  return password && name ? { name, password, touch: hasTouch() } : null;
}

async function enter() {
  clear($("signin"));
  const body = said();
  if (!body) return;
  const answer = await ask("POST", "/session", body);
  if (isGood(answer)) {
    keep.set("parvis.name", body.name);
    location.reload();
    return;
  }
  const error = answer.body?.error ?? {};
  if (answer.status === 429) {
    complain("form", t("signin.slow_down"));
    waitFor(answer.waitS);
  } else if (answer.status === 401 && body.code) complain("code", t("signin.wrong"));
  else if (answer.status === 401) complain("password", t("signin.wrong_password"));
  else if (error.code === "no-name") complain("name", t("signin.no_name"));
  else if (error.code === "name-taken") complain("name", reason(answer));
  else complain(error.field === "password" ? "password" : "form", reason(answer));
}

/** A code that came by QR stands behind the "#"; it goes into its field and out of the address. */
function takeCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!code) return;
  history.replaceState(null, "", location.pathname + location.search);
  take("code");
  $("code").value = code.slice(0, 40);
}

if ($("signin")) {
  mountTheme();
  mountEyes();
  $("signin").addEventListener("submit", (event) => {
    event.preventDefault();
    void busy($("enter"), enter);
  });
  for (const button of document.querySelectorAll("[data-way][aria-pressed]")) {
    button.addEventListener("click", () => {
      take(button.dataset.way);
      firstEmpty();
    });
  }
  $("name").value = keep.get("parvis.name") ?? "";
  takeCode();
  firstEmpty();
}
