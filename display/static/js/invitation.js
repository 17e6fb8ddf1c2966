// Accepting an invitation: whose it is, a password, in. The secret stays behind the "#", which no browser sends by itself.

import { keep, mountTheme, t } from "./page.js";
import { ask, hasTouch, isGood, reason } from "./people/ask.js";
import { busy, clear, complain, mountEyes } from "./people/fields.js";

const $ = (id) => document.getElementById(id);
const secret = location.hash.slice(1);

async function look() {
  const answer = secret ? await ask("POST", "/invitations/look", { code: secret }) : { status: 410 };
  if (isGood(answer)) {
    $("hello").textContent = t("invitation.hello", { name: answer.body.name });
    $("intro").textContent = t("invitation.intro", { role: t(`people.role.${answer.body.role}`) });
    $("name").value = answer.body.name;
    $("accept").hidden = false;
    $("password").focus();
    return;
  }
  $("intro").textContent = answer.status === 410 ? "" : reason(answer);
  $("spent").hidden = answer.status !== 410;
}

async function enter() {
  clear($("accept"));
  if (!$("password").value) return complain("password", t("people.no_password"));
  const answer = await ask("POST", "/invitations", { code: secret, password: $("password").value, touch: hasTouch() });
  if (isGood(answer)) {
    keep.set("parvis.name", $("name").value);
    location.replace("/desk");
  } else if (answer.status === 410) {
    $("accept").hidden = true;
    $("spent").hidden = false;
  } else complain(answer.body?.error?.field === "password" ? "password" : "form", reason(answer));
}

mountTheme();
mountEyes();
addEventListener("hashchange", () => location.reload());
$("accept").addEventListener("submit", (event) => {
  event.preventDefault();
  void busy($("enter"), enter);
});
void look();
