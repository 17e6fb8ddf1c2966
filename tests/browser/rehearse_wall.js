// Plays the wall of an open screen anew from a feed of ours, as fast as it can be painted, and looks at every scene.
// Given: the posts to show in turn and the number of updates.
async ([items, updates]) => {
  const base = new URL("../", document.querySelector("script[src]").src);
  const load = (name) => import(new URL(name, base).href);
  const { mount } = await load("layouts/bento/layout.js");
  const { Brands } = await load("js/brands.js");
  const { Clock } = await load("js/clock.js");
  const { makeWords } = await load("js/words.js");
  const { messageUnits, unitPx } = await load("js/legible.js");
  const json = (id) => JSON.parse(document.getElementById(id).textContent);

  const config = json("config");
  const size = { width: innerWidth, height: innerHeight };
  const unit = unitPx(size.width, size.height);
  const text = unit * messageUnits({ diagonalIn: config.diagonal_in, distanceM: config.distance_m, ...size });
  const root = document.getElementById("wall").cloneNode(false);
  document.getElementById("wall").replaceWith(root);
  document.documentElement.dataset.state = "live";

  let posts = [];
  let hear = () => {};
  let shown = () => {};
  const failed = [];
  const feed = {
    posts: () => posts,
    get: (id) => posts.find((post) => post.id === id),
    subscribe: (listener) => {
      hear = listener;
      return () => {};
    },
    painted: (ids) => shown(ids),
    failed: (id, error) => failed.push(`${id}: ${error}`),
  };
  mount(root, {
    words: makeWords(json("words")),
    clock: new Clock("fr"),
    brands: new Brands(new URL("brand/", base)),
    metrics: () => ({ unit, text }),
    glow: () => {},
    settings: { motion: 0, dwell_s: 0, rest_s: 9999 },
  }, feed);

  const isInside = (a, b) => a.left >= b.left - 1 && a.top >= b.top - 1 && a.right <= b.right + 1 && a.bottom <= b.bottom + 1;
  const overlap = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const faults = new Set();
  const look = () => {
    const wall = root.getBoundingClientRect();
    const cards = [...root.querySelectorAll("[data-post]")];
    const boxes = cards.map((card) => card.getBoundingClientRect());
    cards.forEach((card, i) => {
      const box = boxes[i];
      const { role, form } = card.dataset;
      const where = `${role} ${form} ${Math.round(box.width)}x${Math.round(box.height)}`;
      const say = (what) => faults.add(`${where}: ${what}: ${card.textContent.slice(0, 30)}`);
      if (!isInside(box, wall)) say("beyond the wall");
      if (boxes.slice(i + 1).some((other) => overlap(box, other))) say("overlaps");
      for (const part of card.querySelectorAll(".message, .byline, .quoted")) {
        if (part.checkVisibility() && !isInside(part.getBoundingClientRect(), box)) say(`${part.className} is cut`);
      }
      const message = card.querySelector(".message");
      if (message.checkVisibility() && message.scrollWidth > message.clientWidth + 1) say("a word leaves its line");
      for (const image of card.querySelectorAll("img")) {
        if (image.checkVisibility() && !(image.complete && image.naturalWidth)) say("a picture is not there");
      }
    });
    return boxes.reduce((sum, box) => sum + box.width * box.height, 0) / (wall.width * wall.height);
  };

  let used = 0;
  for (let i = 0; i < updates; i++) {
    const post = { ...items[i % items.length], id: `p${i}`, rev: 1, seq: i + 1, at: new Date().toISOString() };
    posts = [post, ...posts].slice(0, 24);
    const isUp = new Promise((done, fail) => {
      shown = (ids) => ids[0] === post.id && done();
      setTimeout(() => fail(new Error(`${post.id} was not shown`)), 10_000);
    });
    hear({ type: "add", post });
    await isUp;
    used += look() / updates;
  }
  return { faults: [...faults].slice(0, 6), failed, used, nodes: document.querySelectorAll("*").length };
}
