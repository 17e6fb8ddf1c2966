// Before the first paint: the theme chosen on this machine, else the one the system asks for. Not a module, so it runs at once.
(() => {
  let kept = null;
  try {
    kept = localStorage.getItem("parvis.theme");
  } catch {
    // storage may be refused
  }
  const wanted = matchMedia("(prefers-color-scheme: light)").matches ? "day" : "night";
  document.documentElement.dataset.theme = kept === "day" || kept === "night" ? kept : wanted;
})();
