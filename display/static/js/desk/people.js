// Who else is at a desk, and what each has in view: nobody works on the same card without knowing.

import { el } from "../dom.js";
import { many, t } from "../page.js";
import { letterOf, nameOf } from "./pieces.js";
import { atMost } from "./pace.js";

const SAID_AT_MOST_MS = 500;
const SAID_AGAIN_MS = 10_000;
const FACES = 2;

export class People {
  #people = [];
  #tablet = "";
  #looking = null;
  #lookers = new Map();
  #say;

  /** @param send (message) over the socket; post (id) a card in memory, or null; changed () others look elsewhere */
  constructor({ button, list, send, post, changed }) {
    Object.assign(this, { button, list, post, changed });
    this.#say = atMost(SAID_AT_MOST_MS, (id) => send({ type: "looking", id }));
    setInterval(() => this.#say(this.#looking), SAID_AGAIN_MS);
    document.addEventListener("visibilitychange", () => this.#say(document.hidden ? null : this.#looking));
    this.#paint();
  }

  /** Our own tablet, as the server names it. */
  iAm(tablet) {
    this.#tablet = tablet ?? "";
    this.#say(this.#looking);
    this.heard(this.#people);
  }

  heard(people) {
    this.#people = people;
    this.#lookers = new Map();
    for (const { tablet, name, looking } of people) {
      if (tablet === this.#tablet || !looking) continue;
      this.#lookers.set(looking, [...(this.#lookers.get(looking) ?? []), name]);
    }
    this.#paint();
    this.changed();
  }

  /** The card in view here; the others are told when it changes, at most twice a second. */
  look(id) {
    if (id === this.#looking) return;
    this.#looking = id;
    if (!document.hidden) this.#say(id);
  }

  /** The names of those who have this card in view, ourselves left out. */
  lookers(id) {
    return this.#lookers.get(id) ?? [];
  }

  #paint() {
    const others = this.#people.filter((one) => one.tablet !== this.#tablet);
    const sign = JSON.stringify([others, this.#tablet]);
    if (sign === this.sign) return;
    this.sign = sign;
    this.button.hidden = !others.length;
    const words = many("desk.people_here", others.length);
    this.button.setAttribute("aria-label", words);
    this.button.title = words;
    this.button.replaceChildren(...others.slice(0, FACES).map(({ name }) => letterOf(name)));
    if (others.length > FACES) this.button.append(el("span", "light-number", `+${others.length - FACES}`));
    this.list.replaceChildren(...this.#people.map((one) => this.#row(one)));
  }

  #row({ tablet, name, role, looking }) {
    const isMe = tablet === this.#tablet;
    const post = looking ? this.post(looking) : null;
    const sees = isMe ? t("desk.people_you") : post ? t("desk.people_looks", { name: nameOf(post) }) : looking ? t("desk.people_looks_far") : t("desk.people_idle");
    return el("li", "state-row", letterOf(name), el("span", "state-words", el("strong", "", name), el("span", "soft", t(`desk.role.${role}`)), el("span", "soft", sees)));
  }
}
