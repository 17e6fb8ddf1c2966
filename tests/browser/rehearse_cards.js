// Plays a layout of cards (stage_cards.js) as fast as it can be painted, at random, and looks at every scene.
// Given: `given` {layout, items, updates, seed, …}.
let random = given.seed;
const dice = (sides) => {
  random = (random * 1103515245 + 12345) % 2147483648;
  return Math.floor((random / 2147483648) * sides);
};
const FIRST = 16;
const { layout } = given;
const quick = { dwell_s: 0, rest_s: 9999, turn_s: 9999, stay_s: 0, pace_s: 0, drift_s: 0 };
const { root, feed, text, failed, make, put, tell, standing, reports, unmount } = await stage({ ...given, first: FIRST, settings: quick });
const faults = new Set();
const soon = (isThere, what) => wait(isThere, what, faults);
const isInside = (a, b) => a.left >= b.left - 1 && a.top >= b.top - 1 && a.right <= b.right + 1 && a.bottom <= b.bottom + 1;
const overlap = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
const look = () => {
  const frame = root.getBoundingClientRect();
  const cards = [...root.querySelectorAll("[data-post]")].filter((card) => !card.matches(".arrival"));
  const boxes = cards.map((card) => card.getBoundingClientRect());
  cards.forEach((card, i) => {
    const box = boxes[i];
    const say = (what) => faults.add(`${card.className} ${Math.round(box.width)}x${Math.round(box.height)}: ${what}: ${card.textContent.slice(0, 40)}`);
    if (!isInside(box, frame)) say("beyond the wall");
    boxes.forEach((other, j) => j > i && overlap(box, other) && say("overlaps"));
    for (const part of card.querySelectorAll(".message, .byline, .who, .quoted, .who-name, .name")) {
      if (!part.checkVisibility()) continue;
      if (!isInside(part.getBoundingClientRect(), box)) say(`${part.className} is cut`);
      const least = part.matches(".message") ? text : part.matches(".name, .who-name") ? 0.8 * text : 0;
      if (parseFloat(getComputedStyle(part).fontSize) < least - 0.1) say(`${part.className} is too small`);
    }
    const message = card.querySelector(".message");
    if (message?.checkVisibility() && message.scrollWidth > message.clientWidth + 1) say("a word leaves its line");
    for (const image of card.querySelectorAll("img")) {
      if (image.checkVisibility() && !(image.complete && image.naturalWidth)) say("a picture is not there");
    }
  });
  const unknown = standing().filter((id) => !root.querySelector(`[data-post="${id}"]`));
  if (unknown.length) faults.add(`${unknown} reported and not there`);
  for (const card of cards) if (!feed.get(card.dataset.post)) faults.add(`${card.dataset.post} stands and is gone`);
  const own = layout === "photos" ? [...boxes, ...[...root.querySelectorAll(".invite")].map((node) => node.getBoundingClientRect())] : boxes;
  return own.reduce((sum, box) => sum + box.width * box.height, 0) / (frame.width * frame.height);
};

let posts = feed.posts();
const go = (list) => {
  posts = list;
  put(posts);
};
const withdraw = (id) => {
  go(posts.filter((post) => post.id !== id));
  tell({ type: "del", id });
  const isNamed = (node) => node.children.length === 0 && node.textContent.endsWith(`№${id.slice(1)}`);
  if (root.querySelector(`[data-post="${id}"]`)) faults.add("a withdrawn post still stands");
  if ([...root.querySelectorAll("*")].some(isNamed)) faults.add("a withdrawn author is still named");
  if (standing().includes(id)) faults.add("a withdrawn post is still reported");
};

await soon(() => standing().length > 0, "the first scene");
const nodes = [];
let n = FIRST;
for (let i = 0; i < given.updates; i++) {
  const act = dice(10);
  if (act < 6 || posts.length < 8) {
    const post = make(n++);
    if (posts.length >= 30) withdraw(posts.at(-1).id);
    go([post, ...posts]);
    tell({ type: "add", post });
    if (post.pictures.length || layout !== "photos") await soon(() => standing().includes(post.id), post.id);
  } else if (act < 9) {
    withdraw(dice(2) && standing().length ? standing()[dice(standing().length)] : posts[dice(posts.length)].id);
    await soon(() => standing().length > 0, "a successor");
  } else {
    const id = standing()[dice(standing().length)];
    const post = { ...feed.get(id), rev: feed.get(id).rev + 1, spans: [{ text: `Corrigé ${i}` }] };
    go(posts.map((one) => (one.id === id ? post : one)));
    tell({ type: "upd", post });
    const said = () => root.querySelector(`[data-post="${id}"] .message`)?.textContent ?? post.spans[0].text; // or it made room
    if (layout !== "photos") await soon(() => said() === post.spans[0].text, `the new words of ${id}`);
  }
  await new Promise((done) => setTimeout(done, 30));
  look();
  nodes.push(document.querySelectorAll("*").length);
}
await soon(() => look() > 0.88, "a wall without holes");
const used = look();
const rest = root.querySelectorAll("*").length;
for (const { id } of [...posts]) withdraw(id);
const left = root.querySelectorAll("[data-post], img[src*='/media/']").length;
const still = standing().length;
unmount();
return {
  faults: [...faults].slice(0, 8), failed: failed.slice(0, 3), used, rest, left, still, reports: reports(),
  grown: Math.max(...nodes.slice(-10)) - Math.max(...nodes.slice(10, 20)), children: root.children.length,
};
