// Who brought how much: one bar in parts, and a line for each network. Pure.

/**
 * [{name, n, share}…], greatest first, at most `most`; what is left over is one part named "". Nonsense is left out.
 * @param {unknown} networks [[name, n]…]
 */
export function sharesOf(networks, most) {
  const parts = (Array.isArray(networks) ? networks : [])
    .filter((part) => Array.isArray(part) && typeof part[0] === "string" && Number.isFinite(part[1]) && part[1] > 0)
    .map(([name, n]) => ({ name, n }))
    .sort((a, b) => b.n - a.n);
  const total = parts.reduce((sum, { n }) => sum + n, 0);
  const shown = parts.length > most ? parts.slice(0, most - 1) : parts;
  const rest = total - shown.reduce((sum, { n }) => sum + n, 0);
  return [...shown, ...(rest > 0 ? [{ name: "", n: rest }] : [])].map((part) => ({ ...part, share: part.n / total }));
}
