// Mounts one layout on a page of its own, before a feed that a test holds in its hands: `stage` is put on the window.
//
// given: {base, layout, theme, lang, posts, photos, facts, settings, event, words, frame}. Returns when it has painted.
async (given) => {
  const { base, layout, theme = "night", lang = "fr", settings = {}, event = { name: "La Nuit des Lumières", hashtags: ["NuitVauclair"] } } = given;
  const root = document.documentElement;
  root.dataset.theme = theme;
  root.dataset.state = "live";
  root.lang = lang;
  const link = (path) => new Promise((done, failed) => {
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `${base}${path}`, onload: done, onerror: failed });
    document.head.append(sheet);
  });
  document.body.className = "screen";
  await link("css/tokens.css");
  await Promise.all(["css/stage.css", `layouts/${layout}/layout.css`].map(link));
  const { el } = await import(`${base}js/dom.js`);
  const { Brands } = await import(`${base}js/brands.js`);
  const { Clock } = await import(`${base}js/clock.js`);
  const { messageUnits, unitPx } = await import(`${base}js/legible.js`);
  const { makeWords } = await import(`${base}js/words.js`);
  const ambient = el("div", "ambient", el("i", "on"));
  const place = el("main", "wall");
  const rail = el("header", "rail", el("h1", "title", event.name));
  document.body.replaceChildren(ambient, el("div", "orbit", rail, place));

  const byApproval = (a, b) => (b.seq ?? 0) - (a.seq ?? 0);
  const stage = { painted: [], failed: [], posts: new Map(), photos: new Map(), longest: 0 };
  globalThis.stage = stage;
  new PerformanceObserver((list) => { for (const task of list.getEntries()) stage.longest = Math.max(stage.longest, task.duration); }).observe({ type: "longtask" });
  const listeners = new Set();
  const tell = (event) => { for (const listener of [...listeners]) listener(event); };
  const photoOf = (post) => post.pictures?.length && stage.photos.set(post.id, { id: post.id, digest: post.pictures[0].digest, colour: post.pictures[0].colour, seq: post.seq });
  for (const photo of given.photos ?? []) stage.photos.set(photo.id, photo);
  for (const post of given.posts ?? []) { stage.posts.set(post.id, post); photoOf(post); }
  const feed = {
    facts: given.facts ?? null, owed: new Set(),
    posts: () => [...stage.posts.values()].sort(byApproval).slice(0, 60),
    photos: () => [...stage.photos.values()].sort(byApproval).slice(0, 2000),
    get: (id) => stage.posts.get(id),
    subscribe: (listener) => { listeners.add(listener); return () => listeners.delete(listener); },
    painted: (ids) => { stage.painted.push(ids); },
    failed: (id, error) => { stage.failed.push([id, String(error)]); },
  };
  Object.assign(stage, {
    feed, tell, listeners, place,
    add(post) { stage.posts.set(post.id, post); photoOf(post); tell({ type: "add", post }); tell({ type: "photos" }); },
    del(id) { stage.posts.delete(id); stage.photos.delete(id); tell({ type: "del", id }); },
    facts(facts) { feed.facts = facts; tell({ type: "facts" }); },
    glowing: [],
  });
  const metrics = () => {
    const { innerWidth: width, innerHeight: height } = globalThis;
    const unit = unitPx(width, height);
    return { unit, text: unit * messageUnits({ diagonalIn: 65, distanceM: 5, width, height }) };
  };
  root.style.setProperty("--text-units", (metrics().text / metrics().unit).toFixed(3));
  const { mount } = await import(`${base}layouts/${layout}/layout.js`);
  stage.unmount = mount(place, {
    words: makeWords(given.words ?? {}), clock: new Clock(lang), brands: new Brands(new URL(`${base}brand/`, location.href)), metrics, glow: (colour) => stage.glowing.push(colour),
    settings, event, lang, languages: ["fr", "en", "zh"], scene: { id: "s", seconds: 60 },
  }, feed);
  while (!stage.painted.length) await new Promise((done) => setTimeout(done, 20));
  return stage.painted.length;
}
