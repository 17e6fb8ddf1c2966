// A page of type like an old playbill: every line runs from edge to edge, the heavier its words the larger. Pure; the
// lengths of words are ems of their own type, everything else is CSS pixels.

const GAP_EMS = 0.3;
const LEADING = 1.2;
const AIR = 0.004; // of the page's height between lines, at least
const CONTRAST = { power: 0.72, most: 6 }; // how much larger a heavy word is
const TALLEST = 0.3; // of the page's height
const EVEN = 1.06;
const FULL = 0.86; // a last line that is shorter is left out
const STEPS = 22;
const SERIF_FROM = 2.5; // times the legible size

/**
 * Composes at most `most` words [{text, weight, ems: {serif, sans}}] (heaviest first) on a page.
 * @returns {{lines: {words: object[], px: number, face: "serif"|"sans"}[], gap: number} | null} null when there is no room
 */
export function compose(words, { width, height, text, most, least }) {
  const chosen = words.slice(0, most);
  for (let count = chosen.length; count >= Math.min(least, chosen.length) && count > 0; count--) {
    const page = fill(chosen.slice(0, count), { width, height, text });
    if (page) return page;
  }
  return null;
}

/** The largest setting of exactly these words in which none is smaller than legible; null when there is none. */
function fill(words, page) {
  let [low, high] = [page.text * 0.5, page.height];
  let best = null;
  for (let step = 0; step < STEPS; step++) {
    const scale = (low + high) / 2;
    const lines = set(words, scale, page);
    const total = lines.reduce((sum, line) => sum + line.px * LEADING, 0) + AIR * page.height * Math.max(0, lines.length - 1);
    if (total <= page.height) {
      low = scale;
      if (lines.length && (!best || total > best.total)) best = { lines, total };
    } else {
      high = scale;
    }
  }
  if (!best || best.lines.some((line) => line.px < page.text)) return null;
  const free = page.height - best.lines.reduce((sum, line) => sum + line.px * LEADING, 0);
  return { lines: rhythm(best.lines), gap: best.lines.length > 1 ? free / (best.lines.length - 1) : 0, leading: LEADING };
}

/** Breaks words into lines, each as near to the size that its words deserve as a full line can be. */
function set(words, scale, { width, height, text }) {
  const heaviest = words[0].weight;
  const lines = [];
  let at = 0;
  while (at < words.length) {
    const wanted = Math.min(height * TALLEST, scale / Math.min(CONTRAST.most, (heaviest / words[at].weight) ** CONTRAST.power));
    const face = wanted >= text * SERIF_FROM ? "serif" : "sans";
    const most = Math.min(height * TALLEST, (lines.at(-1)?.px ?? Infinity) * EVEN); // no line is larger than a heavier one
    let ems = 0;
    let end = at;
    let best = null;
    while (end < words.length) {
      ems += words[end].ems[face] + (end > at ? GAP_EMS : 0);
      end++;
      const px = width / ems;
      if (px > most * 1.0001) continue;
      const far = Math.abs(Math.log(px / wanted));
      if (!best || far < best.far) best = { far, px, end };
      if (px < wanted) break;
    }
    if (!best || (best.end === words.length && lines.length && width / ems > wanted / FULL)) break; // too few are left for a line
    lines.push({ words: words.slice(at, best.end), px: best.px, face });
    at = best.end;
  }
  return lines;
}

/** Large and small in turn, the largest at the upper third. */
function rhythm(lines) {
  const order = [...lines].sort((a, b) => b.px - a.px);
  const half = Math.ceil(order.length / 2);
  const [large, small] = [order.slice(0, half), order.slice(half)];
  if (large.length > 1) [large[0], large[1]] = [large[1], large[0]];
  const found = [];
  for (let i = 0; i < half; i++) {
    found.push(large[i]);
    if (small[i]) found.push(small[i]);
  }
  return found;
}

/** A word in the form in which it is looked for in a text: no case, no accents, no sign of a tag. */
export function plain(text) {
  return text.normalize("NFKD").replace(/[\p{M}\u0640]/gu, "").replace(/[’ʼ]/g, "'").toLowerCase().replace(/^#/, "");
}
