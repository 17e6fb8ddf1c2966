// Times as readers say them: "5 minutes ago" for a day, then the day. Pure but for the one timer.

const STEPS = [
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86_400, 3600, "hour"],
];
const EVERY_MS = 60_000;

/** How a time is said at `now` in a language. Pure. */
export function said(atMs, now, lang) {
  const seconds = Math.max(0, (now - atMs) / 1000);
  const step = STEPS.find(([limit]) => seconds < limit);
  if (!step) return new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "short" }).format(atMs);
  const [, unit, name] = step;
  const count = name === "second" ? 0 : Math.floor(seconds / unit);
  return new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(-count, name);
}

/** Says a `<time>` anew; the whole date is its title. */
export function tell(node, lang, now = Date.now()) {
  const at = Date.parse(node.dateTime);
  if (!Number.isFinite(at)) return;
  const text = said(at, now, lang);
  if (node.textContent !== text) node.textContent = text;
  node.title ||= new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "short" }).format(at);
}

/** Keeps every `<time>` below `root` true, once a minute. */
export function keepTrue(root, lang) {
  const all = () => {
    for (const node of root.querySelectorAll("time")) tell(node, lang);
  };
  all();
  setInterval(() => document.visibilityState === "visible" && all(), EVERY_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && all());
}
