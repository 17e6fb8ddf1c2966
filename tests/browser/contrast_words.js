// Contrast of every word in sight against what it stands on, as WCAG reckons it: those below their least.
// A canvas turns any CSS colour into sRGB bytes and lays half transparent ones over each other. Words over pictures
// or gradients are left out: nothing but eyes can judge those.
() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const layered = (colours) => {
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, 1, 1);
    for (const colour of colours) {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
    }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const linear = (byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
  const light = (bytes) => bytes.reduce((sum, byte, i) => sum + linear(byte) * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => {
    const [more, less] = [light(a), light(b)].sort((x, y) => y - x);
    return (more + 0.05) / (less + 0.05);
  };
  const groundOf = (node) => {
    const layers = [];
    for (let one = node; one; one = one.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(one);
      if (backgroundImage !== "none") return null;
      layers.unshift(backgroundColor);
    }
    return layers;
  };
  const low = [];
  for (const node of document.querySelectorAll("body *")) {
    const words = [...node.childNodes].filter((one) => one.nodeType === Node.TEXT_NODE).map((one) => one.textContent.trim()).join(" ").trim();
    if (!words || node.closest(".unseen, .skip, .veil, .stamp, dialog:not([open]), [disabled]")) continue;
    if (!node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true, opacityProperty: true })) continue;
    if (node.closest("svg, script, style, noscript")) continue;
    const ground = groundOf(node);
    if (!ground) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(node);
    const px = parseFloat(fontSize);
    const least = px >= 24 || (px >= 18.66 && Number(fontWeight) >= 700) ? 3 : 4.5;
    const found = contrast(layered([...ground, color]), layered(ground));
    if (found < least) low.push(`${found.toFixed(2)} < ${least}: ${words.slice(0, 40)} (${node.tagName.toLowerCase()}.${node.className})`);
  }
  return low;
}
