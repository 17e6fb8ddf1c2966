// Pairing a tablet: a QR code and eight letters for five minutes, and a word when the tablet has arrived.

import { style } from "../dom.js";
import { t } from "../page.js";
import { ask, isGood, reason } from "./ask.js";
import { openDialog, qr, roleCards } from "./pieces.js";

const $ = (id) => document.getElementById(id);
const LOOK_MS = 2000;

/** `arrived` runs when a tablet has come in. `role` is one's own: a tablet may as much or less. */
export function mountPairing({ role, arrived }) {
  let timers = [];
  let round = 0;

  const stop = () => {
    round++;
    timers.forEach(clearInterval);
    timers = [];
  };

  async function start(wanted) {
    stop();
    const mine = round;
    $("pair-problem").textContent = "";
    $("pair-done").hidden = true;
    $("pair-again").hidden = true;
    const known = new Set((await logins()).map((login) => login.id));
    const answer = await ask("POST", "/pairings", { role: wanted });
    if (mine !== round) return;
    if (!isGood(answer)) {
      $("pair-problem").textContent = reason(answer);
      $("pair-again").hidden = false;
      return;
    }
    const { code, url, qr: rows, life_s: lifeS, only_here: isOnlyHere } = answer.body;
    $("pair-qr").replaceChildren(qr(rows, t("people.pair_qr")));
    $("pair-code").textContent = code;
    $("pair-where").textContent = t("people.pair_where", { address: `${new URL(url).host}/pair` });
    $("pair-problem").textContent = isOnlyHere ? t("people.only_here") : "";
    $("pair").classList.remove("is-over");
    count(Date.now() + lifeS * 1000, lifeS);
    timers.push(setInterval(() => void look(known, mine), LOOK_MS));
  }

  function count(until, lifeS) {
    const show = () => {
      const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      $("pair-left").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      style($("pair-bar"), { "--share": left / lifeS });
      if (left) return;
      stop();
      over(t("people.pair_over"));
    };
    show();
    timers.push(setInterval(show, 500));
  }

  function over(text) {
    $("pair").classList.add("is-over");
    $("pair-problem").textContent = text;
    $("pair-again").hidden = false;
    $("pair-again").focus();
  }

  async function look(known, mine) {
    const fresh = (await logins()).find((login) => !known.has(login.id));
    if (!fresh || mine !== round) return;
    stop();
    $("pair").classList.add("is-over");
    $("pair-problem").textContent = "";
    $("pair-done").hidden = false;
    $("pair-done").textContent = t("people.pair_done", { device: fresh.device || t("people.unknown_device") });
    $("pair-again").hidden = false;
    arrived();
  }

  const logins = async () => (await ask("GET", "/sessions")).body?.sessions ?? [];

  $("pair-again").addEventListener("click", () => void start(picked));
  let picked = role;
  $("pair-open").addEventListener("click", () => {
    picked = role;
    $("pair-roles").hidden = role === "viewer";
    roleCards($("pair-roles"), "pair-role", role, (next) => void start((picked = next)), role);
    openDialog($("pair"), stop);
    void start(role);
  });
}
