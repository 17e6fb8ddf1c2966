// A line of the last hour's memory, small enough to stand in a sentence.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 60;
const HEIGHT = 16;

/** The points of `values` in a box of that size, its floor at zero. Pure. */
export function pointsOf(values, { width = WIDTH, height = HEIGHT } = {}) {
  const most = Math.max(...values, 1) * 1.15;
  const step = width / Math.max(1, values.length - 1);
  return values.map((value, n) => `${(n * step).toFixed(1)},${(height - (value / most) * height).toFixed(1)}`).join(" ");
}

/** The line as an SVG element; an empty text while there are too few values. The words beside it speak. */
export function spark(values = []) {
  if (values.length < 3) return "";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("class", "spark");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", pointsOf(values));
  svg.append(line);
  return svg;
}
