// The start page: dates as people write them, the theme, and for whoever is signed in how the sources are, in plain words.

import { sourceRows } from "./desk/lights.js";
import { el } from "./dom.js";
import { language, mountTheme, t } from "./page.js";

const LOOK_MS = 15_000;
const QR_MS = 60_000; // the code on the picture is good for ten minutes

mountTheme();

const dates = document.querySelector(".dates");
if (dates) {
  const face = new Intl.DateTimeFormat(language(), { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const [from, to] = [dates.dataset.from, dates.dataset.to].map((day) => new Date(`${day}T00:00:00Z`));
  dates.textContent = face.formatRange(from, to);
}

async function look(list) {
  try {
    const response = await fetch("/api/v1/sources", { signal: AbortSignal.timeout(8000) });
    if (!response.ok) throw new Error(String(response.status));
    const { sources } = await response.json();
    list.replaceChildren(...(sources.length ? sourceRows(sources) : [el("li", "soft", t("desk.sources_none"))]));
  } catch {
    list.replaceChildren(el("li", "soft", t("start.no_answer")));
  }
}

const list = document.getElementById("sources-list");
if (list) {
  void look(list);
  setInterval(() => document.visibilityState === "visible" && void look(list), LOOK_MS);
}

const qr = document.querySelector(".qr img");
setInterval(() => {
  if (qr && document.visibilityState === "visible") qr.src = `/join/qr.svg?${Math.floor(Date.now() / QR_MS)}`;
}, QR_MS);
