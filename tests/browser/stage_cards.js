// Mounts a layout of cards on an open screen, with a feed of ours. Given: {layout, items, first, settings, diagonalIn, distanceM}.
// Gives {root, feed, text, failed, make(n, rev), put(posts), tell(event), standing(), reports(), unmount()}; `make(n)` is
// the nth post: an item with an author that tells which post a node is about.
const stage = async ({ layout, items, first, settings, diagonalIn = 65, distanceM = 5 }) => {
  const base = new URL("../", document.querySelector("script[src*='js/screen']").src);
  const load = (name) => import(new URL(name, base).href);
  const { mount } = await load(`layouts/${layout}/layout.js`);
  const { Brands } = await load("js/brands.js");
  const { Clock } = await load("js/clock.js");
  const { makeWords } = await load("js/words.js");
  const { messageUnits, unitPx } = await load("js/legible.js");
  const json = (id) => JSON.parse(document.getElementById(id).textContent);
  const config = json("config");

  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(`layouts/${layout}/layout.css`, base).href;
  const isDressed = new Promise((done) => { link.onload = done; });
  document.head.append(link);
  await isDressed;

  const size = { width: innerWidth, height: innerHeight };
  const unit = unitPx(size.width, size.height);
  const text = unit * messageUnits({ diagonalIn, distanceM, ...size });
  document.documentElement.style.setProperty("--text-units", (text / unit).toFixed(3));
  document.documentElement.dataset.state = "live";
  const root = document.createElement("div");
  const wall = document.getElementById("wall");
  for (const [side, value] of Object.entries({ position: layout === "photos" ? "fixed" : "absolute", inset: "0" })) root.style.setProperty(side, value);
  wall.replaceChildren();
  if (layout === "photos") document.getElementById("orbit").replaceWith(root);
  else wall.append(root);


  let posts = [];
  let standing = [];
  let reports = 0;
  let hear = () => {};
  const failed = [];
  const feed = {
    posts: () => posts,
    get: (id) => posts.find((post) => post.id === id),
    subscribe: (listener) => {
      hear = listener;
      return () => { hear = () => {}; };
    },
    painted: (ids) => {
      standing = ids;
      reports++;
    },
    failed: (id, error) => failed.push(`${id}: ${error}`),
    owed: new Set(),
    photos: () => [],
  };
  const name = (n) => `${items[n % items.length].author.name} №${n}`; // tells which post a node is about
  const make = (n, rev = 1) => ({ ...items[n % items.length], id: `p${n}`, rev, seq: n + 1, at: new Date().toISOString(), author: { name: name(n) } });
  posts = Array.from({ length: first }, (_, n) => make(n)).reverse();
  const unmount = mount(root, {
    words: makeWords(json("words")), clock: new Clock("fr"), brands: new Brands(new URL("brand/", base)), metrics: () => ({ unit, text }), glow: () => {},
    settings: { motion: 0, ...settings },
    event: { name: "La Nuit des Lumières" }, lang: "fr", languages: ["fr", "en", "zh"], join: { url: "https://example.org/join", qr: config.qr_url },
  }, feed);
  return {
    root, feed, text, failed, make, unmount,
    put: (list) => { posts = list; },
    tell: (event) => hear(event),
    standing: () => standing,
    reports: () => reports,
  };
};

const wait = async (isThere, what, faults = null) => {
  const end = performance.now() + 8000;
  while (!isThere()) {
    if (performance.now() > end) {
      if (!faults) throw new Error(`${what} did not come`);
      faults.add(`${what} did not come`);
      return;
    }
    await new Promise((done) => setTimeout(done, 15));
  }
};
