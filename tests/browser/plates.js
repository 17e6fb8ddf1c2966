// What is wrong with a plate as it stands: words cut, over each other, too small; pictures not there. [] when nothing is.
({ layout, least }) => {
  const plate = document.querySelector(`.scene:not(.coming) ${layout}`);
  if (!plate) return [`${layout} does not stand`];
  const faults = [];
  const text = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--text-units"));
  const unit = Math.min(innerWidth > innerHeight ? innerWidth / 192 : innerWidth / 108, innerWidth > innerHeight ? innerHeight / 108 : innerHeight / 192);
  const shown = [...plate.querySelectorAll("*")].filter((node) => node.checkVisibility());
  const said = shown.filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  const boxes = said.map((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    // a line box of a large serif is higher than its letters
    const slack = parseFloat(getComputedStyle(node).fontSize) * 0.22;
    return { node, name: `${node.className || node.tagName}: ${node.textContent.slice(0, 24)}`, left: box.left, right: box.right, top: box.top + slack, bottom: box.bottom - slack };
  });
  for (const { node, name, left, right, top, bottom } of boxes) {
    if (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1) faults.push(`outside the glass: ${name}`);
    if (parseFloat(getComputedStyle(node).fontSize) < least * text * unit - 0.1) faults.push(`too small: ${name}`);
  }
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    if (a.node.contains(b.node) || b.node.contains(a.node)) return;
    const over = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    if (over) faults.push(`over each other: ${a.name} / ${b.name}`);
  }));
  for (const image of shown.filter((node) => node.tagName === "IMG")) {
    const box = image.getBoundingClientRect();
    if (!image.complete || !image.naturalWidth || box.width < 8 || box.height < 8) faults.push(`no picture: ${image.src}`);
    if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1) faults.push(`a picture is cut: ${image.src}`);
    for (const { name, left, right, top, bottom } of image.closest("[class$=shot]") ? [] : boxes) {
      if (Math.min(box.right, right) - Math.max(box.left, left) > 1 && Math.min(box.bottom, bottom) - Math.max(box.top, top) > 1) faults.push(`a picture on words: ${name}`);
    }
  }
  return faults;
}
