// What a finger and a screen reader need: every control large enough and named, every reference to an id good.
(least) => {
  const wrong = [];
  const isSeen = (node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !node.closest(".unseen, .skip");
  for (const node of document.querySelectorAll("a, button, input, textarea")) {
    if (!isSeen(node) || node.type === "file") continue;
    const box = (["checkbox", "radio"].includes(node.type) ? node.closest("label") : node).getBoundingClientRect();
    const name = (node.getAttribute("aria-label") || node.labels?.[0]?.textContent || node.textContent || "").trim();
    const what = node.outerHTML.slice(0, 90);
    if (Math.min(box.width, box.height) < least - 0.5) wrong.push(`${Math.round(box.width)}x${Math.round(box.height)}: ${what}`);
    if (!name) wrong.push(`no name: ${what}`);
  }
  for (const kind of ["aria-labelledby", "aria-describedby", "for", "popovertarget"])
    for (const node of document.querySelectorAll(`[${kind}]`))
      for (const id of node.getAttribute(kind).split(" ")) if (!document.getElementById(id)) wrong.push(`${kind}=${id} leads nowhere`);
  if (document.documentElement.scrollWidth > innerWidth + 1) wrong.push(`wider than the window: ${document.documentElement.scrollWidth}`);
  return wrong;
}
