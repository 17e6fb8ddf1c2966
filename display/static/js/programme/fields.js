// The fields of a scene's form. Each is made once and tells what was chosen; numbers are kept within their bounds.

import { el } from "../dom.js";
import { t } from "../page.js";

let serial = 0;

/** A field with its label, a place for what is wrong, and perhaps a hint. `name` is where the server names it. */
export function field(name, label, control, hint = "") {
  const id = `field-${++serial}`;
  const input = control.matches("input, select, textarea") ? control : (control.querySelector(".number") ?? control.querySelector("input, select, textarea"));
  const words = el("label", "", label);
  const node = el("div", "field", words, control);
  node.dataset.field = name;
  input.id = id;
  words.htmlFor = id;
  const described = [`${id}-problem`];
  if (hint) {
    const line = el("p", "hint", hint);
    line.id = `${id}-hint`;
    described.unshift(line.id);
    node.append(line);
  }
  const problem = el("p", "problem");
  problem.id = `${id}-problem`;
  problem.setAttribute("role", "alert");
  node.append(problem);
  input.setAttribute("aria-describedby", described.join(" "));
  return node;
}

function numberInput(value, { least, most, step }) {
  const input = el("input", "input number");
  Object.assign(input, { type: "number", min: least, max: most, step, inputMode: step < 1 ? "decimal" : "numeric", value });
  return input;
}

function slider(label, { min, max, step, value }) {
  const input = el("input", "slider");
  Object.assign(input, { type: "range", min, max, step, value });
  input.setAttribute("aria-label", label);
  return input;
}

/** A number with a slider beside it. `unit` stands behind the number. */
export function number(value, { least, most, step = 1, unit = "", label, set }) {
  const typed = numberInput(value, { least, most, step });
  const drawn = slider(label, { min: least, max: most, step, value });
  drawn.addEventListener("input", () => {
    typed.value = drawn.value;
    set(Number(drawn.value));
  });
  typed.addEventListener("change", () => {
    const wanted = typed.value === "" ? value : Number(typed.value);
    const kept = Math.min(most, Math.max(least, step === 1 ? Math.round(wanted) : wanted));
    typed.value = drawn.value = String(kept);
    set(kept);
  });
  return el("div", "with-slider", drawn, el("span", "typed", typed, ...(unit ? [el("span", "unit soft", unit)] : [])));
}

const STOPS = [5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1200, 1800, 2700, 3600];

/** Seconds from 5 to 3600, on a slider that is finer where it matters. */
export function duration(value, { label, say, set }) {
  const nearest = (seconds) => STOPS.reduce((best, stop, at) => (Math.abs(stop - seconds) < Math.abs(STOPS[best] - seconds) ? at : best), 0);
  const typed = numberInput(value, { least: 5, most: 3600, step: 1 });
  const drawn = slider(label, { min: 0, max: STOPS.length - 1, step: 1, value: nearest(value) });
  const show = (seconds) => drawn.setAttribute("aria-valuetext", say(seconds));
  drawn.addEventListener("input", () => {
    const seconds = STOPS[Number(drawn.value)];
    typed.value = String(seconds);
    show(seconds);
    set(seconds);
  });
  typed.addEventListener("change", () => {
    const seconds = Math.min(3600, Math.max(5, Math.round(Number(typed.value)) || value));
    typed.value = String(seconds);
    drawn.value = String(nearest(seconds));
    show(seconds);
    set(seconds);
  });
  show(value);
  return el("div", "with-slider", drawn, el("span", "typed", typed, el("span", "unit soft", t("programme.unit_s"))));
}

/** One line of words, or with `most` above 120 several. */
export function text(value, { most = 200, hint = "", set }) {
  const input = el(most > 120 ? "textarea" : "input", "input");
  if (most <= 120) input.type = "text";
  Object.assign(input, { maxLength: most, value, placeholder: hint, autocomplete: "off" });
  input.addEventListener("input", () => set(input.value));
  return input;
}

/** A list of texts: one a line. */
export function lines(value, { set }) {
  const input = el("textarea", "input");
  Object.assign(input, { value: value.join("\n"), maxLength: 8000 });
  input.addEventListener("input", () => set(input.value.split("\n").map((line) => line.trim()).filter(Boolean)));
  return input;
}

/** A switch: its words beside it. */
export function flag(value, { set }) {
  const input = el("input", "switch");
  Object.assign(input, { type: "checkbox", checked: value });
  input.setAttribute("role", "switch");
  input.addEventListener("change", () => set(input.checked));
  return input;
}

/** One of several: [{value, label}]. */
export function choice(value, { options, set }) {
  const input = el("select", "input");
  for (const one of options) {
    const option = el("option", "", one.label);
    option.value = one.value;
    input.append(option);
  }
  input.value = value;
  input.addEventListener("change", () => set(input.value));
  return input;
}

/** A day, perhaps with an hour. */
export function moment(value, { set }) {
  const input = el("input", "input");
  input.type = "datetime-local";
  input.value = value.length === 10 ? `${value}T00:00` : value.slice(0, 16);
  input.addEventListener("change", () => set(input.value));
  return input;
}

/** Hours of the day: at all, or from one time to another. */
export function hours(value, { set }) {
  const [from = "09:00", to = "18:00"] = value ? value.split("-") : [];
  const times = [["programme.from", from], ["programme.to", to]].map(([key, time]) => {
    const input = el("input", "input time-input");
    Object.assign(input, { type: "time", value: time, required: true });
    const label = el("label", "time-label", el("span", "soft", t(key)), input);
    return { label, input };
  });
  const only = flag(Boolean(value), { set: () => tell() });
  const span = el("div", "span-times", ...times.map((one) => one.label));
  const tell = () => {
    span.hidden = !only.checked;
    const [a, b] = times.map((one) => one.input.value);
    if (!only.checked) set("");
    else if (a && b && a !== b) set(`${a}-${b}`);
  };
  for (const { input } of times) input.addEventListener("change", tell);
  span.hidden = !only.checked;
  return el("div", "hours-field", el("label", "switch-row", only), span);
}

/** At least so many of something; empty asks for what the layout needs by itself. */
export function least(value, { needs, set }) {
  const input = el("input", "input number");
  Object.assign(input, { type: "number", min: 0, max: 1_000_000, step: 1, inputMode: "numeric", value: value ?? "", placeholder: String(needs) });
  input.addEventListener("change", () => {
    const wanted = input.value === "" ? undefined : Math.min(1_000_000, Math.max(0, Math.round(Number(input.value))));
    input.value = wanted ?? "";
    set(wanted);
  });
  return input;
}
