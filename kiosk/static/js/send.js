// A phone that scanned the kiosk's code: one photo, one agreement, then on to the mosaic's own page.

import { readJson } from "../../js/dom.js";
import { shrink } from "../../js/join/photo.js";
import { speak, t } from "../../js/page.js";
import { Refusal, sendPhoto } from "./mosaic-api.js";

const $ = (id) => document.getElementById(id);
const config = readJson("config", {});
let photo = null;
let url = "";

async function take() {
  const [file] = $("file").files;
  if (!file) return;
  $("problem").textContent = "";
  try {
    photo = await shrink(file);
  } catch {
    $("problem").textContent = t("mosaic.broken");
    return;
  } finally {
    $("file").value = "";
  }
  if (url) URL.revokeObjectURL(url);
  url = URL.createObjectURL(photo);
  $("chosen").src = url;
  for (const [id, isHidden] of [["chosen", false], ["choose", true], ["go", false], ["other", false]]) $(id).hidden = isHidden;
  $("go").focus();
}

async function send() {
  for (const id of ["go", "other"]) $(id).disabled = true;
  $("problem").textContent = "";
  $("text").textContent = t("mosaic.sending");
  try {
    const fields = { key: config.key, handover: config.handover, lang: config.lang, text: config.versions[config.lang] };
    const state = await sendPhoto(photo, fields, { waiting: () => { $("text").textContent = t("mosaic.away"); } });
    location.replace(`/m/${state.token}?lang=${config.lang}`);
  } catch (error) {
    $("text").textContent = "";
    const isOver = error instanceof Refusal && [403, 410].includes(error.status);
    $("problem").textContent = isOver ? `${t("mosaic.over")}. ${t("mosaic.over_text")}` : t("mosaic.away");
    for (const id of ["go", "other"]) $(id).disabled = isOver;
  }
}

speak(config.lang);
$("agreement").textContent = t("kiosk.agree_make", config);
$("choose").addEventListener("click", () => $("file").click());
$("other").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", take);
$("go").addEventListener("click", send);
