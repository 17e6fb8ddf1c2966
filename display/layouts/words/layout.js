// The words of the moment. They come from the server, counted over the whole wall; two people at least have said each.
//
// A word must not outlive its posts: what the newest facts do not know leaves at once, what a removed post said leaves
// in the moment of its removal, and when facts stay away after a removal nothing is left standing.

import { el, style } from "../../js/dom.js";
import { Motion } from "../../js/motion.js";
import { languageOf } from "../../js/words.js";
import { compose, plain } from "./broadside.js";

export const DEFAULTS = { most: 26, hold_s: 14, motion: 1 };

const LEAST = 4; // fewer words make no page
const SETTLE_MS = 180;
const DOUBT_MS = 1500; // without facts for so long after a removal, nobody knows what is left
const MEND_MS = 1400; // a page with holes is set anew
const PROBE_PX = 100;
const CAUTION = 0.994;
const TEXTS_KEPT = 200;
const EASE = "cubic-bezier(.2,.78,.16,1)";

export function mount(root, options, feed) {
  const page = new Page(root, options, feed);
  page.start();
  return () => page.stop();
}

class Page {
  #texts = new Map(); // id -> what a post says, plain
  #standing = new Map(); // word -> its node
  #setAt = -Infinity;
  #key = "";
  #isStopped = false;
  #timer = 0;
  #doubt = 0;
  #settling = 0;
  #stops = [];

  constructor(root, options, feed) {
    this.settings = { ...DEFAULTS, ...options.settings };
    Object.assign(this, { root, feed, metrics: options.metrics, done: options.done, motion: new Motion(this.settings.motion) });
    this.title = el("p", "title-line", options.words("moment.title"));
    this.sheet = el("div", "sheet");
    this.probe = el("div", "probe");
    this.probe.setAttribute("aria-hidden", "true");
    this.node = el("div", "words-page", this.title, this.sheet, this.probe);
    root.append(this.node);
  }

  start() {
    this.#stops.push(this.feed.subscribe((event) => this.#heard(event)));
    const resized = new ResizeObserver(() => {
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => this.#set({ isForced: true }), SETTLE_MS);
    });
    resized.observe(this.root);
    this.#stops.push(() => resized.disconnect());
    for (const post of this.feed.posts()) this.#remember(post);
    this.#set({});
  }

  stop() {
    this.#isStopped = true;
    for (const timer of [this.#timer, this.#doubt, this.#settling]) clearTimeout(timer);
    for (const stop of this.#stops) stop();
    this.#texts.clear();
    this.node.remove();
  }

  #heard(event) {
    if (event.type === "facts") this.#facts();
    else if (event.type === "del" && !event.isOld) this.#remove(event.id);
    else if (event.type === "upd" || event.type === "add") {
      if (event.type === "upd") this.#hide(this.#texts.get(event.post.id));
      this.#remember(event.post);
    } else if (event.type === "reset") {
      this.#texts.clear();
      for (const post of this.feed.posts()) this.#remember(post);
      this.#sweep();
    }
  }

  #remember(post) {
    this.#texts.delete(post.id);
    this.#texts.set(post.id, plain((post.spans ?? []).map((span) => span.text).join("")));
    if (this.#texts.size > TEXTS_KEPT) this.#texts.delete(this.#texts.keys().next().value);
  }

  /** A post is gone: every word that it says leaves now; the next facts tell which of them others say too. */
  #remove(id) {
    this.#hide(this.#texts.get(id));
    this.#texts.delete(id);
    clearTimeout(this.#doubt);
    this.#doubt = setTimeout(() => this.#hideAll(), DOUBT_MS);
  }

  #facts() {
    clearTimeout(this.#doubt);
    this.#sweep();
    this.#set({});
  }

  /** What the facts no longer know leaves at once; what was in doubt and is still said comes back. */
  #sweep() {
    const known = new Set(this.#known().map(({ text }) => text));
    for (const [text, node] of this.#standing) {
      node.classList.toggle("gone", !known.has(text));
      if (!known.has(text)) this.#forget(text, node);
    }
  }

  #hide(said) {
    if (!said) return;
    this.#unfade();
    for (const [text, node] of this.#standing) if (said.includes(plain(text))) node.classList.add("gone");
  }

  #hideAll() {
    for (const [text, node] of this.#standing) this.#forget(text, node);
  }

  /** Its place stays empty until the page is set anew. */
  #forget(text, node) {
    this.#unfade();
    node.classList.add("gone");
    node.replaceChildren();
    this.#standing.delete(text);
    this.#setAt = Math.min(this.#setAt, performance.now() - this.settings.hold_s * 1000 + MEND_MS);
    this.#later();
  }

  #known() {
    const words = this.feed.facts?.words;
    if (!Array.isArray(words)) return [];
    return words.filter((word) => Array.isArray(word) && typeof word[0] === "string" && word[0] && word[1] > 0).map(([text, weight]) => ({ text, weight }));
  }

  #later() {
    clearTimeout(this.#timer);
    const due = this.#setAt + this.settings.hold_s * 1000;
    this.#timer = setTimeout(() => this.#set({}), Math.max(50, due - performance.now()));
  }

  /** Sets the page when it is time and the words have changed. */
  #set({ isForced = false }) {
    if (this.#isStopped) return;
    const now = performance.now();
    if (!isForced && now < this.#setAt + this.settings.hold_s * 1000) return this.#later();
    const words = this.#known();
    const isFirst = this.#setAt === -Infinity;
    if (words.length < LEAST) {
      if (!isFirst && !this.#standing.size) this.done?.();
      return undefined;
    }
    const frame = this.#frame();
    const page = compose(this.#measured(words), { ...frame, most: this.settings.most, least: LEAST });
    if (!page) return undefined;
    const key = JSON.stringify([frame, page.lines.map((line) => [Math.round(line.px / 4), line.words.map((word) => word.text)])]);
    this.#setAt = now;
    if (key !== this.#key) this.#show(page, frame);
    this.#key = key;
    if (isFirst) this.feed.painted([]);
    return undefined;
  }

  #frame() {
    const { unit, text } = this.metrics();
    const head = this.title.offsetHeight;
    return { width: this.root.clientWidth, height: Math.max(1, this.root.clientHeight - head), text: Math.max(text * 0.92, unit * 3.4) };
  }

  /** Words with their lengths in either face; measured where they will stand. */
  #measured(words) {
    const nodes = words.map(({ text }) => ["serif", "sans"].map((face) => this.#word(text, face)));
    this.probe.replaceChildren(...nodes.flat());
    const found = words.map((word, i) => {
      const [serif, sans] = nodes[i].map((node) => node.getBoundingClientRect().width / PROBE_PX);
      return { ...word, ems: { serif, sans } };
    });
    this.probe.replaceChildren();
    return found;
  }

  #word(text, face) {
    const node = el("bdi", `word ${face}`);
    if (text.startsWith("#")) node.append(el("i", "sign", "#"), text.slice(1));
    else node.append(text);
    node.lang = languageOf(text);
    return node;
  }

  #show({ lines, gap, leading }, { width }) {
    const former = this.sheet;
    this.sheet = el("div", "sheet");
    this.#standing.clear();
    const heaviest = lines.flatMap((line) => line.words).reduce((a, b) => (b.weight > a.weight ? b : a));
    for (const line of lines) {
      const nodes = line.words.map((word) => {
        const node = this.#word(word.text, line.face);
        node.classList.toggle("first", word === heaviest);
        this.#standing.set(word.text, node);
        return node;
      });
      const row = el("p", "line", ...spread(nodes));
      style(row, { "font-size": `${(line.px * CAUTION).toFixed(2)}px`, height: `${(line.px * leading).toFixed(2)}px`, "margin-top": this.sheet.childElementCount ? `${gap.toFixed(2)}px` : "0" });
      this.sheet.append(row);
    }
    style(this.sheet, { width: `${width}px` });
    former.after(this.sheet);
    [...this.sheet.children].forEach((row, i) => this.#enter(row, i));
    this.#leave(former);
  }

  #enter(row, i) {
    if (this.motion.isOff) return;
    const from = this.motion.isReduced ? { opacity: 0 } : { opacity: 0, transform: "translateY(18%)" };
    row.animate([from, { opacity: 1, transform: "none" }], { duration: 900, delay: 260 + 80 * i, easing: EASE, fill: "backwards" });
  }

  /** Nothing of a former page stands any longer: it may hold what was just taken down. */
  #unfade() {
    for (const former of this.node.querySelectorAll(".sheet[aria-hidden]")) former.remove();
  }

  /** The former page fades; nothing of it can be found any more. */
  #leave(former) {
    former.setAttribute("aria-hidden", "true");
    if (!former.childElementCount) former.remove();
    else this.motion.leave(former, () => former.remove());
  }
}

/** Words in a line that does not begin with its heaviest: the second, the first, the others. */
function spread(nodes) {
  return nodes.length > 2 ? [nodes[1], nodes[0], ...nodes.slice(2)] : nodes;
}
