// Dragging a scene along the filmstrip: with a mouse by the whole card, with a finger by its grip, so that a finger on
// the card itself still scrolls.

const STARTS_PX = 6;
const EDGE_PX = 56;
const SCROLL_PX = 14;

export class Drag {
  #held = null; // {id, node, pointer, x, scroll, places, from, to}

  /** `moved(id, place)` once a scene has been let go somewhere else. */
  constructor(root, { moved }) {
    this.root = root;
    this.moved = moved;
    root.addEventListener("pointerdown", (event) => this.#down(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("pointerup", (event) => this.#end(event, true));
    root.addEventListener("pointercancel", (event) => this.#end(event, false));
    root.addEventListener("dragstart", (event) => event.preventDefault());
    root.addEventListener("click", (event) => this.#click(event), { capture: true });
    addEventListener("keydown", (event) => event.key === "Escape" && this.#end(null, false));
  }

  get isOn() {
    return this.#held?.isLifted ?? false;
  }

  #down(event) {
    const node = event.target.closest("[data-scene]");
    const mayDrag = event.pointerType === "mouse" || event.target.closest(".grip");
    if (!node || !mayDrag || event.button !== 0) return;
    const nodes = [...this.root.querySelectorAll("[data-scene]")];
    this.#held = {
      id: node.dataset.scene, node, nodes, pointer: event.pointerId, x: event.clientX, at: event.clientX,
      scroll: this.root.scrollLeft, from: nodes.indexOf(node), to: nodes.indexOf(node), isLifted: false,
      middles: nodes.map((one) => one.offsetLeft + one.offsetWidth / 2),
      width: nodes.length > 1 ? Math.abs(nodes[1].offsetLeft - nodes[0].offsetLeft) : node.offsetWidth,
    };
  }

  #move(event) {
    const held = this.#held;
    if (!held || event.pointerId !== held.pointer) return;
    held.at = event.clientX;
    if (!held.isLifted) {
      if (Math.abs(event.clientX - held.x) < STARTS_PX) return;
      held.isLifted = true;
      this.root.setPointerCapture(held.pointer);
      this.root.classList.add("is-dragging");
      held.node.classList.add("is-lifted");
      held.timer = setInterval(() => this.#scroll(), 30);
    }
    this.#show();
  }

  #show() {
    const held = this.#held;
    const dx = held.at - held.x + this.root.scrollLeft - held.scroll;
    const middle = held.middles[held.from] + dx;
    const passed = held.middles.filter((one, place) => place !== held.from && one < middle).length;
    held.to = passed;
    held.nodes.forEach((node, place) => {
      if (node === held.node) return node.style.setProperty("transform", `translateX(${dx}px) rotate(1.2deg)`);
      const shift = place > held.from && place <= held.to ? -held.width : place < held.from && place >= held.to ? held.width : 0;
      node.style.setProperty("transform", shift ? `translateX(${shift}px)` : "none");
    });
  }

  #scroll() {
    const { left, right } = this.root.getBoundingClientRect();
    const by = this.#held.at < left + EDGE_PX ? -SCROLL_PX : this.#held.at > right - EDGE_PX ? SCROLL_PX : 0;
    if (!by) return;
    this.root.scrollLeft += by;
    this.#show();
  }

  #end(event, isDropped) {
    const held = this.#held;
    if (!held || (event && event.pointerId !== held.pointer)) return;
    this.#held = null;
    clearInterval(held.timer);
    if (!held.isLifted) return;
    this.justDropped = performance.now();
    this.root.classList.remove("is-dragging");
    held.node.classList.remove("is-lifted");
    for (const node of held.nodes) node.style.removeProperty("transform");
    if (isDropped && held.to !== held.from) this.moved(held.id, held.to);
  }

  /** The press that ends a drag chooses nothing. */
  #click(event) {
    if (performance.now() - (this.justDropped ?? -Infinity) > 80) return;
    event.stopPropagation();
    event.preventDefault();
  }
}
