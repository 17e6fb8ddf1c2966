// The wall on another site. No cookies, nothing stored, nothing counted; words are text nodes, styles stay inside.
//
//   <div data-parvis-wall data-limit="12" data-lang="fr" data-theme="auto"></div>
//   <script async src="https://wall.example.org/embed.js"></script>
//
// data-limit: 1 to 50 messages, 12. data-lang: fr, en, zh; the page's own. data-theme: auto, day, night.
// Colours and type: --parvis-ground, --parvis-card, --parvis-ink, --parvis-accent, --parvis-font on the element or above it.
// See docs/embed.md. Self-contained on purpose: it lives on pages that are not ours.

(() => {
  const { event: EVENT, words: WORDS } = "SITE"; // filled in by the server
  const BASE = new URL("./", document.currentScript.src);
  const UNSEEN_MS = 30_000;
  const SILENT_MS = 40_000;
  const AGAIN_MS = 4000;
  const SLOWEST_MS = 120_000;
  const SHEET = new CSSStyleSheet();
  SHEET.replaceSync(`
    :host { display: block; container-type: inline-size; font-family: var(--parvis-font, inherit);
      --ground: var(--parvis-ground, transparent); --card: var(--parvis-card, #fbfaf6); --ink: var(--parvis-ink, #1d1b2b);
      --soft: color-mix(in oklab, var(--ink) 76%, var(--card)); --accent: var(--parvis-accent, #a03514) }
    :host([data-night]) { --card: var(--parvis-card, #22212f); --ink: var(--parvis-ink, #f5f2e9); --accent: var(--parvis-accent, #f0bd53) }
    * { box-sizing: border-box; margin: 0 }
    [hidden] { display: none !important }
    section { display: grid; gap: 16px; background: var(--ground); color: var(--ink); line-height: 1.45 }
    ul { list-style: none; padding: 0; columns: 19em auto; column-gap: 16px }
    li { break-inside: avoid; padding-bottom: 16px }
    article { display: grid; gap: 10px; padding: 18px; border-radius: 16px; background: var(--card); color: var(--ink); overflow-wrap: anywhere }
    h3 { font: inherit; font-weight: 650 }
    .meta { display: flex; flex-wrap: wrap; gap: 0 .8em; color: var(--soft); font-size: .86em }
    .words { font-size: 1.1em; white-space: pre-line }
    img { display: block; width: 100%; height: auto; max-height: 32rem; object-fit: contain; border-radius: 10px }
    a { color: var(--accent) }
    button { justify-self: center; min-height: 44px; padding: .5em 1.5em; border: 0; border-radius: 999px; background: var(--accent); color: var(--card); font: inherit; font-weight: 650; cursor: pointer }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
    .note { padding: 24px 0; color: var(--ink) }
    .voice { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  `);

  const node = (tag, className = "", ...children) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };
  const isWeb = (url) => typeof url === "string" && /^https?:\/\/[^\s/]/i.test(url);
  const plain = (spans) => (spans ?? []).map((span) => String(span.text ?? "")).join("");
  const byNumber = (a, b) => (b.seq ?? 0) - (a.seq ?? 0);

  class Wall {
    #shown = [];
    #waiting = new Map();
    #since = "";
    #source = null;
    #pauseMs = AGAIN_MS;
    #isPanic = false;
    #timers = {};

    constructor(host) {
      this.host = host;
      this.limit = Math.min(50, Math.max(1, Number.parseInt(host.dataset.limit, 10) || 12));
      const lang = (host.dataset.lang || document.documentElement.lang || navigator.language || "en").slice(0, 2).toLowerCase();
      this.lang = lang in WORDS ? lang : "en";
      this.list = node("ul");
      this.list.setAttribute("role", "list");
      this.button = node("button");
      this.button.type = "button";
      this.button.hidden = true;
      this.button.addEventListener("click", () => this.#show());
      this.note = node("p", "note");
      this.note.hidden = true;
      this.voice = node("p", "voice");
      this.voice.setAttribute("role", "status");
      const whole = node("a", "", this.t("twin.embed.whole"));
      whole.href = new URL(`wall?lang=${this.lang}`, BASE).href;
      const section = node("section", "", this.button, this.note, this.list, node("p", "", whole), this.voice);
      section.lang = this.lang;
      section.setAttribute("aria-label", this.t("twin.embed.title", { event: EVENT }));
      const root = host.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [SHEET];
      root.append(section);
    }

    t(key, places = {}) {
      return (WORDS[this.lang][key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(places[name] ?? whole));
    }

    /** Nothing is asked for before the wall comes near the window. */
    open() {
      this.#dress();
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#dress());
      const near = new IntersectionObserver(
        (entries) => {
          if (!entries.some((entry) => entry.isIntersecting)) return;
          near.disconnect();
          this.#connect();
          document.addEventListener("visibilitychange", () => this.#look());
        },
        { rootMargin: "600px" },
      );
      near.observe(this.host);
    }

    #dress() {
      const theme = this.host.dataset.theme ?? "auto";
      const isNight = theme === "night" || (theme !== "day" && matchMedia("(prefers-color-scheme: dark)").matches);
      this.host.toggleAttribute("data-night", isNight);
    }

    #look() {
      clearTimeout(this.#timers.unseen);
      if (document.visibilityState === "hidden") this.#timers.unseen = setTimeout(() => this.#drop(), UNSEEN_MS);
      else if (!this.#source) this.#connect();
    }

    #connect() {
      this.#drop();
      if (!this.host.isConnected && this.#since) return; // the page has thrown it away
      const url = new URL("api/v1/wall/events", BASE);
      if (this.#since) url.searchParams.set("since", this.#since);
      const source = (this.#source = new EventSource(url));
      source.onopen = () => {
        this.#pauseMs = AGAIN_MS;
        this.#watch();
      };
      source.onerror = () => {
        if (!this.#since) this.#say("away");
        if (source.readyState !== EventSource.CLOSED) return;
        this.#drop();
        this.#timers.again = setTimeout(() => this.#connect(), this.#pauseMs * (0.5 + Math.random()));
        this.#pauseMs = Math.min(SLOWEST_MS, this.#pauseMs * 2);
      };
      source.addEventListener("beat", () => this.#watch());
      for (const kind of ["add", "upd", "del", "panic", "reset"]) {
        source.addEventListener(kind, (event) => {
          this.#watch();
          this.#since = event.lastEventId || this.#since;
          this.#take(kind, JSON.parse(event.data));
        });
      }
      this.#watch();
    }

    #watch() {
      clearTimeout(this.#timers.silent);
      this.#timers.silent = setTimeout(() => this.#connect(), SILENT_MS);
    }

    #drop() {
      for (const timer of Object.values(this.#timers)) clearTimeout(timer);
      this.#source?.close();
      this.#source = null;
    }

    #take(kind, data) {
      if (kind === "reset") {
        this.#isPanic = data.panic;
        const items = new Map(data.items.map((item) => [item.id, item]));
        this.#shown = this.#shown.filter((post) => items.has(post.id)).map((post) => items.get(post.id));
        this.#waiting.clear();
        if (!this.#shown.length) this.#shown = data.items.slice(0, this.limit);
        else for (const item of data.items) if (item.seq > this.#shown[0].seq) this.#waiting.set(item.id, item);
      } else if (kind === "panic") {
        this.#isPanic = data.on;
        this.#shown = [];
        this.#waiting.clear();
      } else if (kind === "del") {
        this.#waiting.delete(data.id);
        this.#shown = this.#shown.filter((post) => post.id !== data.id);
      } else if (this.#shown.some((post) => post.id === data.id)) {
        this.#shown = this.#shown.map((post) => (post.id === data.id ? data : post));
      } else if (this.#shown.length) {
        this.#waiting.set(data.id, data);
        if (this.#waiting.size > this.limit) this.#waiting.delete(this.#waiting.keys().next().value);
      } else {
        this.#shown = [data];
      }
      this.#draw();
    }

    #show() {
      this.#shown = [...this.#waiting.values(), ...this.#shown].sort(byNumber).slice(0, this.limit);
      this.#waiting.clear();
      this.#draw();
      this.list.querySelector("article")?.focus({ preventScroll: true });
    }

    /** What is unchanged stays the same node. */
    #draw() {
      const there = new Map([...this.list.children].map((item) => [item.dataset.key, item]));
      const wanted = this.#shown.map((post) => there.get(key(post)) ?? this.#item(post));
      for (const item of [...this.list.children]) if (!wanted.includes(item)) item.remove();
      wanted.forEach((item, at) => this.list.children[at] !== item && this.list.insertBefore(item, this.list.children[at] ?? null));
      const count = this.#waiting.size;
      if (count) {
        this.button.textContent = this.t(`twin.embed.show.${new Intl.PluralRules(this.lang).select(count) === "one" ? "one" : "other"}`, { n: count });
        this.voice.textContent = this.button.textContent;
      }
      this.button.hidden = count === 0;
      this.#say(this.#isPanic ? "panic" : wanted.length ? "" : "empty");
    }

    #say(word) {
      this.note.hidden = !word;
      this.note.textContent = word && this.t(`twin.embed.${word}`);
    }

    #item(post) {
      const author = post.author ?? {};
      const name = (author.name || author.handle || this.t("screen.visitor")).trim();
      const title = node("h3", "", node("bdi", "", name));
      const network = this.t(`network.${post.network}`);
      const time = node("time", "", new Intl.DateTimeFormat(this.lang, { dateStyle: "medium", timeStyle: "short" }).format(new Date(post.at)));
      time.dateTime = post.at;
      const url = [post.url, author.url].find(isWeb);
      const source = node(url ? "a" : "span", "", network.startsWith("network.") ? post.network : network);
      if (url) Object.assign(source, { href: url, target: "_blank", rel: "nofollow ugc noopener noreferrer" });
      const card = node("article", "", title, node("p", "meta", source, time));
      if (post.warning) card.append(node("p", "", node("strong", "", post.warning)));
      const text = plain(post.spans);
      if (text) {
        const words = node("p", "words", text);
        words.dir = "auto";
        if (post.lang) words.lang = post.lang;
        card.append(words);
      }
      const [picture] = post.pictures ?? [];
      if (picture) {
        const image = node("img");
        Object.assign(image, { loading: "lazy", decoding: "async", alt: picture.alt || this.t("twin.embed.no_alt", { name }), width: picture.width_px, height: picture.height_px });
        image.src = new URL(`media/${encodeURIComponent(picture.digest)}/medium`, BASE).href;
        card.append(image);
      }
      card.tabIndex = -1;
      const item = node("li", "", card);
      item.dataset.key = key(post);
      return item;
    }
  }

  const key = (post) => `${post.id} ${post.rev ?? 0} ${post.seq ?? 0}`;

  const start = () => {
    for (const host of document.querySelectorAll("[data-parvis-wall]")) if (!host.shadowRoot) new Wall(host).open();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
