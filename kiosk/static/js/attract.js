// What the kiosk shows while nobody stands there: mosaics whose visitors agreed to be shown, and while there are none
// the wall's own photos; one after the other, slowly.

const LOOK_MS = 5000; // what a moderator takes off leaves the kiosk within this time
const EACH_MS = 9000;
const TRUST_MS = 300_000; // without a word from the server, pictures are believed this long
const MOST = 30;

/** The pictures of the wall's items, each with its post's id and its author; mosaics alone if there are some. Pure. */
export function picturesOf(items) {
  const shown = items.filter((item) => item.pictures?.length && !item.warning);
  const mosaics = shown.filter((item) => item.network === "kiosk");
  return (mosaics.length ? mosaics : shown)
    .slice(0, MOST)
    .map((item) => ({ id: item.id, name: item.author?.name ?? "", ...item.pictures[0] }));
}

export class Attract {
  #pictures = [];
  #shown = null;
  #layer = 0;
  #heardAt = 0;
  #next = 0;
  #isAwake = true;

  /** @param root two layers that take turns; credit: where the author's name stands */
  constructor(root, credit) {
    this.layers = [...root.children];
    this.credit = credit;
    void this.#look();
    setInterval(() => this.#look(), LOOK_MS);
    setInterval(() => this.#turn(), EACH_MS);
  }

  /** Nobody sees it: nothing is fetched. */
  rest() {
    this.#isAwake = false;
  }

  wake() {
    this.#isAwake = true;
    void this.#look();
  }

  async #look() {
    if (!this.#isAwake) return;
    try {
      const response = await fetch("/api/v1/wall?limit=60", { signal: AbortSignal.timeout(8000) });
      if (!response.ok) throw new Error(String(response.status));
      const wall = await response.json();
      this.#heardAt = performance.now();
      this.#pictures = wall.panic ? [] : picturesOf(wall.items ?? []);
    } catch {
      if (performance.now() - this.#heardAt > TRUST_MS) this.#pictures = [];
    }
    if (this.#shown && !this.#pictures.some((one) => one.id === this.#shown.id)) this.#clear();
    if (!this.#shown && this.#pictures.length) await this.#turn();
  }

  async #turn() {
    if (!this.#isAwake || !this.#pictures.length) return;
    const next = this.#pictures[this.#next++ % this.#pictures.length];
    if (next.id === this.#shown?.id) return;
    const image = new Image();
    image.alt = "";
    image.src = `/media/${encodeURIComponent(next.digest)}/large`;
    try {
      await image.decode();
    } catch {
      return; // the next one, next time
    }
    if (!this.#pictures.some((one) => one.id === next.id)) return; // taken off meanwhile
    this.#layer = 1 - this.#layer;
    const layer = this.layers[this.#layer];
    layer.replaceChildren(image);
    layer.classList.add("is-on");
    this.layers[1 - this.#layer].classList.remove("is-on");
    this.#shown = next;
    this.credit.textContent = next.name;
  }

  /** At once, without a fade: it may be on no screen any more. */
  #clear() {
    for (const layer of this.layers) {
      layer.classList.remove("is-on");
      layer.replaceChildren();
    }
    this.#shown = null;
    this.credit.textContent = "";
  }
}
