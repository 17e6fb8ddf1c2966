// A mosaic that can be looked into: it forms tile by tile, and whoever pinches it dives to the photo behind a tile.

const CLOSE_PX = 84; // from this size on the screen a tile is drawn from its photo
const CLOSEST_PX = 460;
const PHOTOS_KEPT = 80;
const FORM_MS = 2400;
const FLY_MS = 650;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

const ease = (x) => 1 - (1 - x) ** 3;

export class MosaicView {
  #photos = new Map(); // digest -> ImageBitmap, or null while it is on its way
  #pointers = new Map();
  #frame = 0;
  #pinch = null;
  #moved = 0;
  #lastTap = 0;
  #forming = 0;
  #tile = -1;

  /** `canvas` is as large as its box; `tile(post, cell)` is told which photo is in the middle, null for none. */
  constructor(canvas, { tile = () => {} } = {}) {
    Object.assign(this, { canvas, tile, brush: canvas.getContext("2d", { alpha: false }) });
    this.clear();
    new ResizeObserver(() => this.#resize()).observe(canvas);
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, (event) => this.#up(event));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Nothing of anybody is left in it. */
  clear() {
    cancelAnimationFrame(this.#frame);
    this.#forming++;
    for (const photo of this.#photos?.values() ?? []) photo?.close();
    this.#photos = new Map();
    this.picture?.close?.();
    Object.assign(this, { picture: null, cells: [], photos: [], posts: {}, size: 1, zoom: 1, x: 0.5, y: 0.5 });
    this.#say(-1);
    this.#resize();
  }

  /** Takes a picture (an ImageBitmap) and what `GET …/cells` says of it. */
  show(picture, { cells, photos, posts, size }) {
    this.picture?.close?.();
    Object.assign(this, { picture, cells, photos, posts, size });
    this.#later();
  }

  /** The tiles land one after the other, from the middle of the picture outwards. Resolves when all are there. */
  form() {
    const turn = ++this.#forming;
    if (STILL.matches || !this.cells.length) {
      this.#later();
      return Promise.resolve();
    }
    const order = this.cells
      .map(([left, top, right, bottom], n) => {
        const far = Math.hypot((left + right) / 2 / this.size - 0.5, (top + bottom) / 2 / this.size - 0.47);
        return { n, at: far + Math.random() * 0.5 };
      })
      .sort((a, b) => a.at - b.at);
    this.brush.fillStyle = "#0d0c16";
    this.brush.fillRect(0, 0, this.canvas.width, this.canvas.height);
    const began = performance.now();
    let done = 0;
    return new Promise((finished) => {
      const step = (now) => {
        if (turn !== this.#forming) return finished();
        const share = Math.min(1, (now - began) / FORM_MS);
        const until = Math.round(order.length * (share < 0.5 ? 2 * share * share : 1 - 2 * (1 - share) ** 2));
        const scale = this.canvas.width / this.size;
        for (; done < until; done++) {
          const [left, top, right, bottom] = this.cells[order[done].n];
          this.brush.drawImage(this.picture, left, top, right - left, bottom - top, left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
        }
        if (share < 1) requestAnimationFrame(step);
        else {
          this.#later();
          finished();
        }
      };
      requestAnimationFrame(step);
    });
  }

  /** Glides to a place (shares of the picture) and a zoom. */
  fly(x, y, zoom) {
    const from = { x: this.x, y: this.y, zoom: this.zoom };
    const turn = ++this.#forming;
    const began = performance.now();
    const step = (now) => {
      if (turn !== this.#forming) return;
      const share = STILL.matches ? 1 : ease(Math.min(1, (now - began) / FLY_MS));
      this.zoom = from.zoom * (zoom / from.zoom) ** share;
      this.x = from.x + (x - from.x) * share;
      this.y = from.y + (y - from.y) * share;
      this.#bound();
      this.#draw();
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  get #most() {
    const least = this.cells.reduce((side, [left, , right]) => Math.min(side, right - left), this.size);
    return Math.max(1, (CLOSEST_PX * this.size) / (least * this.#side));
  }

  get #side() {
    return this.canvas.clientWidth || 1;
  }

  #resize() {
    const dots = Math.min(2, devicePixelRatio || 1);
    const side = Math.max(1, Math.round(this.#side * dots));
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    this.#later();
  }

  #later() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { brush, canvas, picture, size, zoom } = this;
    brush.imageSmoothingQuality = "high";
    if (!picture) {
      brush.fillStyle = "#14121c";
      brush.fillRect(0, 0, canvas.width, canvas.height);
      return;
    }
    canvas.style.touchAction = zoom > 1.01 ? "none" : "pan-y"; // the whole picture lets a phone's page scroll
    const seen = size / zoom;
    const [left, top] = [this.x * size - seen / 2, this.y * size - seen / 2];
    brush.drawImage(picture, left, top, seen, seen, 0, 0, canvas.width, canvas.height);
    const scale = (canvas.width * zoom) / size;
    let middle = -1;
    if ((this.#side * zoom) / size * this.#typical() > CLOSE_PX) middle = this.#photosIn(left, top, seen, scale);
    this.#say(middle);
  }

  #typical() {
    const [first] = this.cells;
    return first ? first[2] - first[0] : 1;
  }

  /** Draws the photos of the tiles in sight; returns the tile in the middle. */
  #photosIn(left, top, seen, scale) {
    let middle = -1;
    this.cells.forEach(([x, y, right, bottom, photo, mirrored], n) => {
      if (right <= left || bottom <= top || x >= left + seen || y >= top + seen) return;
      const [cx, cy] = [left + seen / 2, top + seen / 2];
      if (x <= cx && right > cx && y <= cy && bottom > cy) middle = n;
      if ((right - x) * scale < CLOSE_PX) return;
      const image = this.#photo(this.photos[photo]?.[1]);
      if (!image) return;
      const side = Math.min(image.width, image.height);
      const { brush } = this;
      brush.save();
      brush.translate((x - left) * scale, (y - top) * scale);
      if (mirrored) {
        brush.translate((right - x) * scale, 0);
        brush.scale(-1, 1);
      }
      brush.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, (right - x) * scale + 0.5, (bottom - y) * scale + 0.5);
      brush.restore();
    });
    return middle;
  }

  #photo(digest) {
    if (!/^[0-9a-f]{64}$/.test(digest ?? "")) return null;
    if (!this.#photos.has(digest)) {
      this.#photos.set(digest, null);
      if (this.#photos.size > PHOTOS_KEPT) {
        const [oldest] = this.#photos.keys();
        this.#photos.get(oldest)?.close();
        this.#photos.delete(oldest);
      }
      fetch(`/media/${digest}/small`)
        .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error(String(answer.status)))))
        .then(createImageBitmap)
        .then((image) => {
          if (!this.#photos.has(digest)) image.close();
          else {
            this.#photos.set(digest, image);
            this.#later();
          }
        })
        .catch(() => {}); // it may just have been withdrawn: the tile stays as it is
    }
    return this.#photos.get(digest);
  }

  #say(n) {
    if (n === this.#tile) return;
    this.#tile = n;
    const [pid] = this.photos?.[this.cells?.[n]?.[4]] ?? [];
    this.tile?.(n < 0 ? null : (this.posts[pid] ?? { name: "", text: "" }), n);
  }

  #bound() {
    this.zoom = Math.min(this.#most, Math.max(1, this.zoom));
    const half = 0.5 / this.zoom;
    this.x = Math.min(1 - half, Math.max(half, this.x));
    this.y = Math.min(1 - half, Math.max(half, this.y));
  }

  /** Zooms by `factor` around a place on the canvas (shares of it). */
  zoomBy(factor, px = 0.5, py = 0.5) {
    const before = this.zoom;
    this.zoom = Math.min(this.#most, Math.max(1, this.zoom * factor));
    const gain = 1 / before - 1 / this.zoom;
    this.x += (px - 0.5) * gain;
    this.y += (py - 0.5) * gain;
    this.#bound();
    this.#later();
  }

  /** Into the tile in the middle, or the one under a place on the canvas. */
  dive(px = 0.5, py = 0.5) {
    const [x, y] = [this.x + (px - 0.5) / this.zoom, this.y + (py - 0.5) / this.zoom].map((share) => share * this.size);
    const cell = this.cells.find(([left, top, right, bottom]) => left <= x && x < right && top <= y && y < bottom);
    if (!cell) return;
    const [left, top, right, bottom] = cell;
    this.fly((left + right) / 2 / this.size, (top + bottom) / 2 / this.size, this.size / ((right - left) * 1.5));
  }

  /** Back to the whole. */
  whole() {
    this.fly(0.5, 0.5, 1);
  }

  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  #down(event) {
    if (!this.picture) return;
    this.#forming++;
    this.canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, this.#at(event));
    this.#moved = this.#pointers.size === 1 ? 0 : 1;
    this.#pinch = this.#spread();
  }

  #spread() {
    const [a, b] = [...this.#pointers.values()];
    return b ? { far: Math.hypot(a[0] - b[0], a[1] - b[1]), x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 } : null;
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = this.#at(event);
    this.#pointers.set(event.pointerId, now);
    this.#moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    const pinch = this.#spread();
    if (pinch && this.#pinch) {
      this.x -= (pinch.x - this.#pinch.x) / this.zoom;
      this.y -= (pinch.y - this.#pinch.y) / this.zoom;
      this.zoomBy(pinch.far / Math.max(0.01, this.#pinch.far), pinch.x, pinch.y);
    } else {
      this.x -= (now[0] - before[0]) / this.zoom;
      this.y -= (now[1] - before[1]) / this.zoom;
      this.#bound();
      this.#later();
    }
    this.#pinch = pinch;
  }

  #up(event) {
    const at = this.#pointers.get(event.pointerId);
    this.#pointers.delete(event.pointerId);
    this.#pinch = this.#spread();
    if (!at || event.type !== "pointerup" || this.#moved > 0.02) return;
    const isSecond = event.timeStamp - this.#lastTap < 350;
    this.#lastTap = event.timeStamp;
    if (isSecond && this.zoom > 1.5) this.whole();
    else this.dive(...at);
  }

  #wheel(event) {
    if (!this.picture) return;
    event.preventDefault();
    this.#forming++;
    this.zoomBy(Math.exp(-event.deltaY / 300), ...this.#at(event));
  }

  #key(event) {
    const step = 0.18 / this.zoom;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const move = moves[event.key];
    if (move) {
      this.#forming++;
      this.x += move[0];
      this.y += move[1];
      this.#bound();
      this.#later();
    } else if (event.key === "+" || event.key === "=") this.fly(this.x, this.y, Math.min(this.#most, this.zoom * 1.8));
    else if (event.key === "-") this.fly(this.x, this.y, Math.max(1, this.zoom / 1.8));
    else if (event.key === "Enter") this.dive();
    else if (event.key === "Escape" || event.key === "0") this.whole();
    else return;
    event.preventDefault();
  }
}
