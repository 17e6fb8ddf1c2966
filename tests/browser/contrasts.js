// Contrast of the words on every card that has a ground of its own, as WCAG reckons it: [[what, ratio], …].
// A canvas turns any CSS colour into sRGB bytes.
() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const bytes = (colour) => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const linear = (byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
  const light = (colour) => bytes(colour).reduce((sum, byte, i) => sum + linear(byte) * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => {
    const [more, less] = [light(a), light(b)].sort((x, y) => y - x);
    return (more + 0.05) / (less + 0.05);
  };
  const cards = [...document.querySelectorAll("#wall [data-post]")].filter((card) => card.dataset.form !== "over");
  return cards.flatMap((card) =>
    [card.querySelector(".message"), ...card.querySelectorAll(".tag, .mention")].map((node) => [
      `${card.dataset.form} ${node.className}`,
      contrast(getComputedStyle(node).color, getComputedStyle(card).backgroundColor),
    ]));
}
