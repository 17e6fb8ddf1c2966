// What is wrong with a scene as it stands, for any layout: cards cut, over each other or overflowing, words too small or
// off the glass, pictures not there. Given {least, over}: the smallest type as a share of the legible one; whether one
// card may stand over the others. Gives {faults, cards, types}.
({ least, over }) => {
  const scene = document.querySelector(".scene:not(.coming)");
  if (!scene) return { faults: ["no scene"], cards: 0, types: [] };
  const faults = [];
  const short = (node) => `${node.className || node.tagName}: ${node.textContent.trim().slice(0, 30)}`;
  const isSeen = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const isOff = (box) => box.left < -1.5 || box.top < -1.5 || box.right > innerWidth + 1.5 || box.bottom > innerHeight + 1.5;
  const runs = (node) => node.closest(".ticker-view"); // letters that run in and out of sight
  const [wide, high] = innerWidth > innerHeight ? [192, 108] : [108, 192];
  const unit = Math.min(innerWidth / wide, innerHeight / high);
  const text = unit * parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--text-units"));

  const cards = [...scene.querySelectorAll("[data-post]")].filter((node) => isSeen(node) && !runs(node));
  const boxes = cards.map((card) => card.getBoundingClientRect());
  cards.forEach((card, i) => {
    if (isOff(boxes[i])) faults.push(`a card is cut: ${short(card)}`);
    if (over) return;
    for (let j = i + 1; j < cards.length; j++) {
      const [a, b] = [boxes[i], boxes[j]];
      if (card.contains(cards[j]) || cards[j].contains(card)) continue;
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1.5) {
        faults.push(`over each other: ${short(card)} / ${short(cards[j])}`);
      }
    }
  });

  const says = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  const types = new Set();
  for (const node of scene.querySelectorAll("*")) {
    if (!says(node) || !isSeen(node) || runs(node) || node.closest(".face, .who-face, [aria-hidden]")) continue;
    const size = parseFloat(getComputedStyle(node).fontSize);
    types.add(Math.round((100 * size) / text) / 100);
    const isForThoseNear = node.closest(".invite .how"); // who scans the code stands before it
    if (!isForThoseNear && size < least * text - 0.1) faults.push(`too small, ${(size / text).toFixed(2)}: ${short(node)}`);
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const slack = size * 0.25; // a line box is higher than its letters
    const letters = { left: box.left, right: box.right, top: box.top + slack, bottom: box.bottom - slack };
    if (box.width && isOff(letters)) faults.push(`off the glass: ${short(node)}`);
    const frame = node.closest("[data-post]")?.getBoundingClientRect();
    const isOut = (f) => letters.left < f.left - 2 || letters.right > f.right + 2 || letters.top < f.top - 2 || letters.bottom > f.bottom + 2;
    const clipped = (at) => at && (getComputedStyle(at).webkitLineClamp !== "none" || getComputedStyle(at).textOverflow === "ellipsis" || clipped(at.parentElement));
    if (frame && isOut(frame) && !clipped(node)) faults.push(`runs over its card: ${short(node)}`);
  }
  for (const image of scene.querySelectorAll("img[src]")) {
    if (isSeen(image) && !(image.complete && image.naturalWidth)) faults.push(`no picture: ${image.src}`);
  }
  return { faults, cards: cards.length, types: [...types].sort((a, b) => a - b) };
}
