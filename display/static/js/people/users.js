// What an admin does with people: add, change a role, invite again, set a password, remove, end their logins.

import { el } from "../dom.js";
import { t } from "../page.js";
import { ask, isGood, reason } from "./ask.js";
import { busy, clear, complain, forget } from "./fields.js";
import { chosenOf, confirm, deviceRow, face, openDialog, qr, roleCards, stateOf, tell } from "./pieces.js";

const $ = (id) => document.getElementById(id);

/** `state` holds what was last read: {users, logins}; `reload()` reads it again. */
export function mountUsers({ state, reload, endLogin }) {
  let openId = "";

  // -- adding
  const isTyped = () => chosenOf($("add-ways")) === "password";
  $("add-ways").addEventListener("change", () => {
    $("add-password-field").hidden = !isTyped();
    if (isTyped()) $("add-password").focus();
  });
  $("add-open").addEventListener("click", () => {
    clear($("add-form"));
    $("add-form").reset();
    $("add-password-field").hidden = true;
    roleCards($("add-roles"), "add-role", "moderator");
    openDialog($("add"), () => forget($("add-form")));
    $("add-name").focus();
  });
  $("add-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(event.submitter ?? $("add-open"), add);
  });

  async function add() {
    clear($("add-form"));
    const name = $("add-name").value.trim();
    const password = isTyped() ? $("add-password").value : "";
    if (!name) return complain("add-name", t("people.no_name"));
    if (isTyped() && !password) return complain("add-password", t("people.no_password"));
    const body = { name, role: chosenOf($("add-roles")), ...(password ? { password } : {}) };
    const answer = await ask("POST", "/users", body);
    if (!isGood(answer)) {
      const field = { name: "add-name", password: "add-password" }[answer.body?.error?.field];
      return complain(field ?? "add-form", reason(answer));
    }
    $("add").close("");
    await reload();
    if (answer.body.invitation) showLink(answer.body.user.name, answer.body.invitation);
    else tell(t("people.added", { name: answer.body.user.name }));
  }

  // -- an invitation's link
  function showLink(name, invitation) {
    $("link-title").textContent = t("people.link_title", { name });
    $("link-qr").replaceChildren(qr(invitation.qr, t("people.link_qr", { name })));
    $("link-url").textContent = invitation.url;
    $("link-copy").textContent = t("people.copy");
    $("link-problem").textContent = invitation.only_here ? t("people.only_here") : "";
    openDialog($("link"), () => {
      $("link-url").textContent = "";
      $("link-qr").replaceChildren();
    });
  }
  $("link-copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText($("link-url").textContent);
      $("link-copy").textContent = t("people.copied");
    } catch {
      // a page on plain http may not write to the clipboard: the address is marked, a press on "copy" of the system does it
      getSelection().selectAllChildren($("link-url"));
    }
  });

  // -- one person
  function open(id) {
    openId = id;
    fill();
    openDialog($("person"), () => {
      openId = "";
    });
  }

  function fill() {
    const user = state.users.find((one) => one.id === openId);
    if (!user) return openId && $("person").close("");
    face($("person-face"), user.name);
    $("person-name").textContent = user.name;
    $("person-state").textContent = stateOf(user);
    $("person-problem").textContent = "";
    roleCards($("person-roles"), "person-role", user.role, (role) => void change(user, role));
    const rows = state.logins.filter((login) => login.user === user.id).map((login) => deviceRow(login, endLogin));
    $("person-devices").replaceChildren(...(rows.length ? rows : [el("li", "soft", t("people.no_devices"))]));
  }

  async function change(user, role) {
    const answer = await ask("PATCH", `/users/${user.id}`, { role });
    await reload();
    fill();
    if (!isGood(answer)) $("person-problem").textContent = reason(answer);
    else tell(t("people.changed", { name: user.name, role: t(`people.role.${role}`) }));
    $("person-roles").querySelector("input:checked")?.focus();
  }

  const current = () => state.users.find((one) => one.id === openId);

  $("person-invite").addEventListener("click", async () => {
    const user = current();
    if (user.state === "active" && !(await confirm(t("people.reset_ask", { name: user.name }), t("people.reset_text"), t("people.invite_again")))) return;
    const answer = await ask("POST", `/users/${user.id}/invitation`);
    await reload();
    fill();
    if (isGood(answer)) showLink(user.name, answer.body.invitation);
    else $("person-problem").textContent = reason(answer);
  });

  $("person-remove").addEventListener("click", async () => {
    const user = current();
    if (!(await confirm(t("people.remove_ask", { name: user.name }), t("people.remove_text"), t("people.remove")))) return;
    const answer = await ask("DELETE", `/users/${user.id}`);
    if (isGood(answer) || answer.status === 404) $("person").close("");
    else $("person-problem").textContent = reason(answer);
    await reload();
    if (isGood(answer)) tell(t("people.removed", { name: user.name }));
  });

  $("person-password").addEventListener("click", () => {
    clear($("other-form"));
    $("other-title").textContent = t("people.password_for", { name: current().name });
    openDialog($("other"), () => forget($("other-form")));
    $("other-password").focus();
  });
  $("other-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(event.submitter ?? $("person-password"), async () => {
      clear($("other-form"));
      const user = current();
      const answer = await ask("POST", `/users/${user.id}/password`, { password: $("other-password").value });
      if (!isGood(answer)) {
        return complain(answer.body?.error?.field === "password" ? "other-password" : "other-form", reason(answer));
      }
      $("other").close("");
      await reload();
      fill();
      tell(t("people.password_set", { name: user.name }));
    });
  });

  return { open, fill };
}
