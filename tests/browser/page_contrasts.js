// Contrast of every word of a quiet page with the ground behind it, as WCAG reckons it: [[what, ratio, size in px], …].
// Grounds with alpha are laid one upon the other down to the page's own. A canvas turns any CSS colour into sRGB bytes.
() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const bytes = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((value, i) => value * a + under[i] * (1 - a));
  const linear = (byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
  const light = (colour) => colour.slice(0, 3).reduce((sum, byte, i) => sum + linear(byte) * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => {
    const [more, less] = [light(a), light(b)].sort((x, y) => y - x);
    return (more + 0.05) / (less + 0.05);
  };
  const groundOf = (node) => {
    const layers = [];
    for (let one = node; one; one = one.parentElement) layers.push(bytes(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), bytes(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3));
  };
  const found = [];
  const modal = document.querySelector("dialog[open]");
  const walker = document.createTreeWalker(modal ?? document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || node.closest("script, noscript, .unseen, .skip, :disabled")) continue;
    if (!node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const style = getComputedStyle(node);
    const ground = groundOf(node);
    found.push([`${node.className || node.tagName}: ${walker.currentNode.data.trim().slice(0, 30)}`, contrast(over(bytes(style.color), ground), ground), parseFloat(style.fontSize)]);
  }
  return found;
}
