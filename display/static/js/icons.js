// Line icons of the quiet pages, drawn on a grid of 24.

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  approve: "M4 12.5l5.2 5.2L20 6.5",
  reject: "M6 6l12 12M18 6L6 18",
  hold: "M8 5v14M16 5v14",
  release: "M7 5l11 7-11 7z",
  withdraw: "M4 4l16 16M9.5 5.6A9.6 9.6 0 0 1 12 5.3c5.5 0 9 6.7 9 6.7a16 16 0 0 1-3 3.6M6.2 7.6A15 15 0 0 0 3 12s3.5 6.7 9 6.7a9 9 0 0 0 4-.9",
  unapprove: "M9 6L4 11l5 5M4 11h10a6 6 0 0 1 6 6v1",
  reopen: "M9 6L4 11l5 5M4 11h10a6 6 0 0 1 6 6v1",
  undo: "M9 6L4 11l5 5M4 11h10a6 6 0 0 1 6 6v1",
  pin: "M9 3.5h6l-.8 6 3.3 3.3H6.5l3.3-3.3zM12 12.8V21",
  unpin: "M9 3.5h6l-.8 6 3.3 3.3H6.5l3.3-3.3zM12 12.8V21M4 4l16 16",
  sun: "M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  help: "M9 9.2a3 3 0 1 1 4.3 2.7c-.9.5-1.3 1.1-1.3 2.1M12 17.6v.01M12 2.8a9.2 9.2 0 1 0 0 18.4a9.2 9.2 0 1 0 0-18.4",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  screen: "M3.5 5h17v11.5h-17zM8.5 20h7",
  source: "M5 19a.6.6 0 1 0 0 .01M4.5 12.5a7 7 0 0 1 7 7M4.5 6a13.5 13.5 0 0 1 13.5 13.5",
  stop: "M8 2.8h8l5.2 5.2v8L16 21.2H8L2.8 16V8zM12 7.5v5.5M12 16.6v.01",
  camera: "M3.5 8h4l1.7-2.5h5.6L16.5 8h4v11.5h-17zM12 10a3.3 3.3 0 1 0 0 6.6a3.3 3.3 0 1 0 0-6.6",
  close: "M6 6l12 12M18 6L6 18",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1",
  tablet: "M5 3.5h14v17H5zM11 17.5h2",
  phone: "M7.5 2.8h9v18.4h-9zM11 18h2",
  down: "M6 9.5l6 6 6-6",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 1 0 0-14M16 16l4.5 4.5",
  filter: "M3.5 6h17M7 12h10M10.5 18h3",
  label: "M3.5 4h8l9 9-7.5 7.5-9.5-9zM8 8.4v.01",
  note: "M5 3.5h14v11l-6 6H5zM13 20.5v-6h6M8.5 8h7M8.5 11.5h4",
  spotlight: "M12 3v2.5M4.5 6.5l1.8 1.8M19.5 6.5l-1.8 1.8M8.5 12a3.5 3.5 0 1 1 7 0c0 1.6-1.2 2.4-1.5 4h-4c-.3-1.6-1.5-2.4-1.5-4M10.2 19.5h3.6",
  author: "M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8M4.5 20.5c.6-4 3.7-6 7.5-6s6.9 2 7.5 6",
  people: "M9 5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7M2.5 19.5c.5-3.3 3.1-5 6.5-5s6 1.7 6.5 5M15.5 5.3a3.5 3.5 0 0 1 0 6.4M18 14.9c1.9.7 3.1 2.2 3.5 4.6",
  eye: "M3 12s3.5-6.7 9-6.7s9 6.7 9 6.7s-3.5 6.7-9 6.7s-9-6.7-9-6.7M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6",
  history: "M4 12a8 8 0 1 0 2.6-5.9M4 4.5v4h4M12 7.5v5l3.2 2",
  stack: "M12 3.5l8.5 4.5-8.5 4.5L3.5 8zM3.5 12.2l8.5 4.5 8.5-4.5M3.5 16.2l8.5 4.3 8.5-4.3",
  alarm: "M12 3.5a6 6 0 0 0-6 6c0 5-2 6.5-2 7.5h16c0-1-2-2.5-2-7.5a6 6 0 0 0-6-6M10 20.5h4",
  shield: "M12 3l7.5 2.8v5.7c0 4.7-3.1 7.9-7.5 9.5c-4.4-1.6-7.5-4.8-7.5-9.5V5.8z",
  ban: "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17M6 6l12 12",
  again: "M20 12a8 8 0 1 1-2.6-5.9M20 4.5v4h-4",
  left: "M15 5.5L8.5 12l6.5 6.5",
  right: "M9 5.5l6.5 6.5L9 18.5",
  copy: "M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4",
  bin: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13",
  add: "M12 5v14M5 12h14",
  grip: "M9 6v.01M9 12v.01M9 18v.01M15 6v.01M15 12v.01M15 18v.01",
};

/** A line icon as an SVG element, hidden from assistive technology: the words beside it speak. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name] ?? "");
  svg.append(path);
  return svg;
}
