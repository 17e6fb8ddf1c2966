// Words: the page's own from the catalogue, the visitors' made fit for a large screen. Pure.

/** `words("screen.minutes", {n: 4})`: the catalogue's text with its places filled; the key itself when unknown. */
export function makeWords(catalogue) {
  return (key, places = {}) =>
    (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(places[name] ?? whole));
}

const SCRIPTS = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, "ja"],
  [/\p{Script=Hangul}/u, "ko"],
  [/\p{Script=Han}/u, "zh-Hans"],
  [/\p{Script=Arabic}/u, "ar"],
  [/\p{Script=Hebrew}/u, "he"],
  [/\p{Script=Thai}/u, "th"],
  [/\p{Script=Cyrillic}/u, "ru"],
  [/\p{Script=Greek}/u, "el"],
];

/** The language of a text by its script, or "" where the script does not tell (Latin). */
export function languageOf(text) {
  return SCRIPTS.find(([script]) => script.test(text))?.[1] ?? "";
}

/**
 * The language to set a post in. A stated language that cannot be right (Chinese text posted from an
 * English account) gives way to the script: fonts depend on it.
 */
export function postLanguage(item) {
  const text = (item.spans ?? []).map((span) => span.text).join("");
  const stated = (item.lang ?? "").replace("_", "-");
  const seen = languageOf(text);
  if (!seen) return /^(zh|ja|ko)\b/.test(stated) ? "" : stated;
  if (seen === "zh-Hans" && /^(zh|ja)\b/.test(stated)) return stated;
  return stated.startsWith(seen) ? stated : seen;
}

const NARROW = "\u202f";

/** French spacing: a thin no-break space before high punctuation and inside guillemets, never a broken line there. */
export function french(text) {
  return text
    .replace(/[ \u00a0]+([;:!?»])/g, `${NARROW}$1`)
    .replace(/«[ \u00a0]+/g, `«${NARROW}`);
}

/** An address as a reader on foot can take it in: no scheme, no query, at most `limit` characters. */
export function shortAddress(address, limit = 28) {
  const plain = address.replace(/^https?:\/\/(www\.)?/i, "").replace(/[?#].*$/, "").replace(/\/$/, "");
  return plain.length > limit ? `${plain.slice(0, limit - 1)}…` : plain;
}

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s)+$/u;
const RUNS_MAX = 40;
const LETTERS_MAX = 1500;

/** True for a post that is one to eight emoji and nothing else: it is set very large. */
export function isEmojiOnly(text) {
  const plain = text.trim();
  return /\p{Extended_Pictographic}/u.test(plain) && EMOJI_ONLY.test(plain) && [...GRAPHEMES.segment(plain)].length <= 8;
}

/**
 * A post's spans as runs `{text, kind}` ready to set: neighbours of one kind joined, links shortened, French
 * spaced, blank lines closed. Bounded in number and length whatever a network sends.
 */
export function runsOf(spans, lang = "") {
  const runs = [];
  let letters = 0;
  for (const span of spans ?? []) {
    let text = String(span.text ?? "");
    const kind = ["link", "mention", "tag"].includes(span.kind) ? span.kind : "text";
    if (kind === "link" && /^https?:\/\//i.test(text)) text = shortAddress(text);
    if (letters + text.length > LETTERS_MAX) text = `${text.slice(0, LETTERS_MAX - letters).replace(/[\ud800-\udbff]$/, "")}…`;
    letters += text.length;
    const last = runs.at(-1);
    if (last && (last.kind === kind && kind === "text" || runs.length >= RUNS_MAX)) last.text += text;
    else if (text) runs.push({ text, kind });
    if (letters > LETTERS_MAX) break;
  }
  for (const run of runs) {
    run.text = run.text.replace(/[ \t]+/g, " ").replace(/ ?(?:\r?\n)+ ?/g, "\n");
    if (lang.startsWith("fr")) run.text = french(run.text);
  }
  if (runs.length) {
    runs[0].text = runs[0].text.trimStart();
    runs.at(-1).text = runs.at(-1).text.trimEnd();
  }
  return runs.filter((run) => run.text);
}

/** The letter or sign that stands for an author without a picture. */
export function initialOf(name) {
  const [first] = GRAPHEMES.segment(name.replace(/^[@#\s]+/, ""));
  return (first?.segment ?? "·").toLocaleUpperCase();
}
