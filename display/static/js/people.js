// People and devices: one's own password, devices and pairing; for admins everybody's.

import { el } from "./dom.js";
import { icon } from "./icons.js";
import { mountTheme, t } from "./page.js";
import { ask, isGood, reason } from "./people/ask.js";
import { busy, clear, complain, forget, mountEyes } from "./people/fields.js";
import { mountPairing } from "./people/pairing.js";
import { confirm, deviceRow, face, openDialog, tell, userRow } from "./people/pieces.js";
import { mountUsers } from "./people/users.js";

const LOOK_MS = 10_000;
const $ = (id) => document.getElementById(id);
const { name, role, account } = $("people").dataset;
const isAdmin = role === "admin";
const hasAccount = account !== undefined;
const state = { users: [], logins: [] };
let users = null;
let told = "";

/** Reads everything again and shows what changed; what is focused stays so, for unchanged lists are left alone. */
async function reload() {
  const wanted = isAdmin ? [ask("GET", "/sessions?whose=all"), ask("GET", "/users")] : [ask("GET", "/sessions")];
  const [logins, people] = await Promise.all(wanted);
  const bad = [logins, people].find((answer) => answer && !isGood(answer));
  if (bad?.status === 401) return location.reload();
  $("trouble").textContent = bad ? reason(bad) : "";
  if (bad) return;
  const minute = Math.floor(Date.now() / 60_000);
  const now = JSON.stringify([logins.body, people?.body, minute]);
  if (now === told) return;
  told = now;
  state.logins = logins.body.sessions;
  state.users = people?.body.users ?? [];
  show();
}

function show() {
  const here = state.logins.find((login) => login.here);
  const own = state.logins.filter((login) => login.user === here?.user).sort((a, b) => Number(b.here) - Number(a.here));
  $("own-devices").replaceChildren(...own.map((login) => deviceRow(login, endLogin)));
  $("end-others").hidden = own.length < 2;
  if (!isAdmin) return;
  const rows = state.users.map((user) => userRow(user, users.open));
  $("users").replaceChildren(...(rows.length ? rows : [emptyHouse()]));
  const strangers = state.logins.filter((login) => !login.account && login.user !== here?.user);
  $("by-code").hidden = !strangers.length;
  $("code-logins").replaceChildren(...strangers.map((login) => deviceRow(login, endLogin, { withName: true })));
  users.fill();
}

function emptyHouse() {
  const sign = el("span", "empty-sign");
  sign.append(icon("people"));
  return el("li", "empty-house", sign, el("strong", "serif", t("people.empty")), el("span", "soft", t("people.empty_text")));
}

async function endLogin(login, button) {
  const device = login.device || t("people.unknown_device");
  if (!(await confirm(t("people.end_ask", { name: login.name, device }), t("people.end_text"), t("people.end")))) return;
  await busy(button, async () => {
    const answer = await ask("DELETE", `/sessions/${login.id}`);
    await reload();
    if (isGood(answer) || answer.status === 404) tell(t("people.ended", { device }));
    else $("trouble").textContent = reason(answer);
  });
}

$("end-others").addEventListener("click", async () => {
  if (!(await confirm(t("people.end_others_ask"), t("people.end_text"), t("people.end_others")))) return;
  await busy($("end-others"), async () => {
    const answer = await ask("DELETE", "/sessions");
    await reload();
    if (isGood(answer)) tell(t("people.ended_others"));
    else $("trouble").textContent = reason(answer);
  });
});

$("sign-out").addEventListener("click", async () => {
  const answer = await ask("DELETE", "/session");
  if (isGood(answer) || answer.status === 401) location.assign("/desk");
  else $("trouble").textContent = reason(answer);
});

$("password-open")?.addEventListener("click", () => {
  clear($("password-form"));
  openDialog($("password"), () => forget($("password-form")));
  ($("old") ?? $("new")).focus();
});

$("password-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void busy(event.submitter ?? $("password-open"), async () => {
    clear($("password-form"));
    const old = $("old")?.value ?? "";
    if ($("old") && !old) return complain("old", t("people.no_password"));
    if (!$("new").value) return complain("new", t("people.no_password"));
    const answer = await ask("POST", "/me/password", { old, new: $("new").value });
    if (!isGood(answer)) {
      const field = { old: "old", new: "new" }[answer.body?.error?.field];
      return complain(field ?? "password-form", reason(answer));
    }
    $("password").close("");
    if (!hasAccount) return location.reload();
    await reload();
    tell(t("people.password_changed"));
  });
});

mountTheme();
mountEyes();
for (const node of document.querySelectorAll("[data-face]")) face(node, name);
for (const node of document.querySelectorAll("[data-icon]")) node.append(icon(node.dataset.icon));
if (isAdmin) users = mountUsers({ state, reload, endLogin });
mountPairing({ role, arrived: () => void reload() });
void reload();
setInterval(() => document.visibilityState === "visible" && void reload(), LOOK_MS);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void reload());
