// The page's side of the service worker: what it shall keep for the time without a server. It needs https or localhost.

const WORKER = "/screen-worker.js";
const SCOPE = "/screen";
const ANSWER_MS = 5000;
const AGAIN_MS = 10_000; // a shell that is not whole yet is completed then
const NEED_MS = 5000;

/** The digests of a post's pictures and face, or of an entry in the list of photos. Pure. */
export function digestsOf(post) {
  const found = [...(post?.pictures ?? []), post?.avatar, post?.author?.avatar, post].map((media) => media?.digest);
  return [...new Set(found.filter((digest) => typeof digest === "string" && digest))];
}

/** One address for each picture and face of a post: the size that serves in every place. Pure. */
export function pathsOf(post) {
  const pictures = (post?.pictures ?? []).map((picture) => picture?.digest && `/media/${picture.digest}/medium`);
  const face = post?.author?.avatar?.digest;
  return [...pictures, face && `/media/${face}/avatar`].filter(Boolean);
}

export class Shell {
  /** Whether this page would come back without a server. */
  isKept = false;
  /** What the worker counts: pictures kept, things that had to make room, things for which there was none. */
  counts = { pictures: 0, dropped: 0, refused: 0, isFull: false };
  #worker = null;
  #hasPainted = false;
  #need = 0;
  #again = 0;

  /**
   * build: of this page; state() -> {posts, photos} that may be shown; told(counts) with every word of the worker.
   */
  constructor({ build, state, told = () => {}, container = navigator.serviceWorker, path = location.pathname }) {
    Object.assign(this, { build, state, told, container, path });
  }

  /** Finds the worker that is there already; a browser without one has a screen all the same. */
  start() {
    this.container?.addEventListener("message", ({ data }) => data?.type === "parvis.shelf" && this.#count(data));
    this.#worker = this.container?.controller ?? null;
  }

  /** This page stands on the glass: it may take the place of the one that is kept. */
  async painted() {
    if (this.#hasPainted || !this.container) return;
    this.#hasPainted = true;
    try {
      await this.container.register(scriptUrl(WORKER), { scope: SCOPE, updateViaCache: "none" });
      this.#worker = (await this.container.ready).active;
    } catch {
      return; // a browser that refuses: private window, policy, certificate
    }
    navigator.storage?.persist?.().catch(() => {});
    await this.#keep();
    this.needs();
  }

  /** The wall has changed: a little later the worker is told what may still be shown, and lets go of the rest. */
  needs() {
    if (this.#need || !this.#hasPainted) return;
    this.#need = setTimeout(() => {
      this.#need = 0;
      const { posts, photos } = this.state();
      const paths = posts.flatMap(pathsOf);
      this.#ask({ type: "need", paths, digests: photos.map((photo) => photo.digest) }, 60_000);
    }, NEED_MS);
  }

  /** Lets go of the pictures of what was taken down, unless others show them too. Resolves when they are gone. */
  async forget(gone) {
    const { posts, photos } = this.state();
    const ids = new Set(gone.map((post) => post.id));
    const staying = new Set([...posts, ...photos].filter((post) => !ids.has(post.id)).flatMap(digestsOf));
    const digests = [...new Set(gone.flatMap(digestsOf))].filter((digest) => !staying.has(digest));
    if (digests.length) await this.#ask({ type: "forget", digests });
  }

  /** Others need the disk: some pictures go. */
  async makeRoom() {
    await this.#ask({ type: "room" });
  }

  async #keep() {
    clearTimeout(this.#again);
    const answer = await this.#ask({ type: "painted", build: this.build, path: this.path }, 60_000);
    this.isKept = answer?.isKept === true;
    if (!this.isKept) this.#again = setTimeout(() => this.#keep(), AGAIN_MS);
  }

  /** The worker's answer, or null when there is none in time. */
  #ask(message, withinMs = ANSWER_MS) {
    const worker = this.container?.controller ?? this.#worker;
    if (!worker) return Promise.resolve(null);
    return new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      const finish = (answer) => {
        clearTimeout(patience);
        port1.close();
        if (answer) this.#count(answer);
        done(answer);
      };
      const patience = setTimeout(() => finish(null), withinMs);
      port1.onmessage = ({ data }) => finish(data);
      worker.postMessage(message, [port2]);
    });
  }

  #count({ pictures = 0, dropped = 0, refused = 0, isFull = false }) {
    this.counts = { pictures, dropped, refused, isFull };
    this.told(this.counts);
  }
}

/** The one address that our policy lets become a script. */
function scriptUrl(path) {
  const policy = globalThis.trustedTypes?.createPolicy("parvis-worker", {
    createScriptURL: (url) => {
      if (url !== WORKER) throw new TypeError(`not our worker: ${url}`);
      return url;
    },
  });
  return policy ? policy.createScriptURL(path) : path;
}
