// How the house is: the sources and the screens, one light each, and in plain words when tapped.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { hour, many, span, t, tOr } from "../page.js";
import { networkName } from "./pieces.js";

const GOOD = ["live", "polling"];

/** "good", "busy" or "bad": a light for a source's link. Pure. */
export function lightOf(link) {
  if (GOOD.includes(link)) return "good";
  return link === "off" ? "bad" : "busy";
}

/** The sentence for a source: what it does now, since when, why. */
export function sourceText({ link, since, reason }) {
  const text = tOr(`desk.source.${link}`, link, { since: hour(since) });
  return reason && !GOOD.includes(link) ? t("desk.with_reason", { text, reason }) : text;
}

/** The rows of the sources' panel; also used by the start page. */
export function sourceRows(sources, now = Date.now()) {
  return sources.map((source) => {
    const light = el("span", `dot ${lightOf(source.link)}`);
    const last = Date.parse(source.last_post_at ?? "");
    const facts = [many("desk.source_posts", source.posts ?? 0)];
    if (Number.isFinite(last)) facts.push(t("desk.source_last", { ago: span(now - last) }));
    const skipped = Object.values(source.skips ?? {}).reduce((sum, n) => sum + n, 0);
    if (skipped) facts.push(many("desk.source_skips", skipped));
    return el(
      "li",
      "state-row",
      light,
      el(
        "span",
        "state-words",
        el("strong", "", source.title || source.name || networkName(source.network)),
        el("span", "", sourceText(source)),
        el("span", "soft", facts.join(" · ")),
      ),
    );
  });
}

export class Lights {
  #sign = "";

  /** @param command (screenId, command) ask a screen to show its name or to load itself again, if mayCommand () */
  constructor({ sourceButton, screenButton, sourceList, screenList, command, mayCommand = () => true }) {
    Object.assign(this, { sourceButton, screenButton, sourceList, screenList, command, mayCommand });
    this.showSources([]);
    this.showScreens([]);
  }

  showSources(sources) {
    const bad = sources.filter((source) => lightOf(source.link) !== "good");
    const worst = sources.some((source) => lightOf(source.link) === "bad") ? "bad" : bad.length ? "busy" : "good";
    const good = sources.length - bad.length;
    const words = sources.length ? t("desk.sources_light", { n: good, of: sources.length }) : t("desk.sources_none");
    paint(this.sourceButton, "source", sources.length ? worst : "", sources.length ? (bad.length ? `${good}/${sources.length}` : String(good)) : "–", words);
    this.sourceList.replaceChildren(...(sources.length ? sourceRows(sources) : [el("li", "soft", t("desk.sources_none"))]));
  }

  showScreens(screens) {
    this.screens = screens;
    const sign = JSON.stringify([this.mayCommand(), screens.map(({ id, connected, shown, size }) => [id, connected, shown?.length, size])]);
    if (sign === this.#sign) return; // beats come each second: the panel's buttons keep their focus
    this.#sign = sign;
    const here = screens.filter((screen) => screen.connected).length;
    const kind = !screens.length ? "" : here === screens.length ? "good" : here ? "busy" : "bad";
    paint(this.screenButton, "screen", kind, here === screens.length ? String(here) : `${here}/${screens.length}`, many("desk.screens_light", here));
    this.screenList.replaceChildren(...(screens.length ? screens.map((screen) => this.#screen(screen)) : [el("li", "soft", t("desk.screens_none"))]));
  }

  /** Who we are may change what is offered. */
  refresh() {
    this.showScreens(this.screens);
  }

  #screen(screen) {
    const words = el("span", "state-words", el("strong", "", screen.id));
    words.append(
      el("span", "", screen.connected ? many("desk.screen_on", screen.shown?.length ?? 0) : t("desk.screen_away", { since: hour(screen.seen_at) })),
      el("span", "soft", screen.size ?? ""),
    );
    const row = el("li", "state-row", el("span", `dot ${screen.connected ? "good" : "bad"}`), words);
    if (screen.connected && this.mayCommand()) {
      const tools = el("span", "state-tools");
      for (const command of ["identify", "reload"]) {
        const button = el("button", "button", t(`desk.screen_${command}`));
        button.type = "button";
        button.setAttribute("aria-label", t(`desk.screen_${command}_label`, { id: screen.id }));
        button.addEventListener("click", () => this.command(screen.id, command));
        tools.append(button);
      }
      row.append(tools);
    }
    return row;
  }
}

function paint(button, shape, kind, number, words) {
  button.replaceChildren(icon(shape), el("span", `dot ${kind}`), el("span", "light-number", number));
  button.setAttribute("aria-label", words);
  button.title = words;
}
