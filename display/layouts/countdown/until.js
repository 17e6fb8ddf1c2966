// How long until a moment, and how the numerals stand. Pure: time is passed in.

const DAY_MS = 86_400_000;
const HOUR = /^([01]?\d|2[0-3])[:hH.]([0-5]\d)$/;

/**
 * The moment that is counted down to, in milliseconds; null when nothing says one. A date alone is its first minute,
 * a date and time without a zone are the screen's own. An hour of the day is today's until `lingerMs` after it.
 * @param {{to?: string, at?: string, dates?: string[]}} given
 */
export function momentOf({ to = "", at = "", dates = [] }, nowMs, lingerMs) {
  const hour = HOUR.exec(String(at).trim());
  if (to) {
    const moment = localTime(to, hour);
    if (Number.isFinite(moment)) return moment;
  }
  if (hour) {
    const today = new Date(nowMs);
    const moment = today.setHours(Number(hour[1]), Number(hour[2]), 0, 0);
    const yesterday = new Date(moment).setDate(new Date(moment).getDate() - 1); // not 24 h where clocks change
    if (nowMs - yesterday < lingerMs && nowMs >= yesterday) return yesterday;
    return nowMs - moment < lingerMs ? moment : new Date(moment).setDate(new Date(moment).getDate() + 1);
  }
  const first = dates.map((day) => localTime(day, null)).filter(Number.isFinite).sort((a, b) => a - b)[0];
  return first ?? null;
}

function localTime(text, hour) {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  if (!isDay) return Date.parse(text);
  return Date.parse(`${text}T${hour ? `${hour[1].padStart(2, "0")}:${hour[2]}` : "00:00"}`);
}

/**
 * What is left, as [{unit: "day"|"hour"|"minute"|"second", n}]; days only while there are any, seconds alone in the last
 * minute. Empty at zero.
 */
export function parts(leftMs) {
  const seconds = Math.ceil(leftMs / 1000);
  if (seconds <= 0) return [];
  if (seconds < 60) return [{ unit: "second", n: seconds }];
  const days = Math.floor((seconds * 1000) / DAY_MS);
  const all = [
    { unit: "day", n: days },
    { unit: "hour", n: Math.floor(seconds / 3600) % 24 },
    { unit: "minute", n: Math.floor(seconds / 60) % 60 },
    { unit: "second", n: seconds % 60 },
  ];
  return days ? all : all.slice(1);
}

/** The numeral of a part as it stands: two digits, but for the last minute's seconds and for days. */
export function numeralOf({ unit, n }, count) {
  return unit === "day" || count === 1 ? String(n) : String(n).padStart(2, "0");
}

/** The word of a unit for `n` as this language writes it: "jours", "hour", "分钟". */
export function wordOf({ unit, n }, lang) {
  const format = new Intl.NumberFormat(lang || "en", { style: "unit", unit, unitDisplay: "long" });
  return format.formatToParts(n).filter((part) => part.type === "unit").map((part) => part.value.trim()).join(" ");
}
