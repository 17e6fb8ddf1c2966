// Lets a layout of cards (stage_cards.js) run by itself and tells who was shown how often.
// Given: `given` {layout, items, first, shown, …}: it ends when everybody was shown so often.
const { layout } = given;
const settings = { dwell_s: 0.05, rest_s: 0.05, turn_s: 0.05, stay_s: 0, pace_s: 0, drift_s: 0, tiles: 6 };
const { feed, failed, standing, tell, unmount } = await stage({ ...given, settings });
const able = feed.posts().filter((post) => layout !== "photos" || post.pictures.length).map((post) => post.id);
const shown = new Map(able.map((id) => [id, 0]));
const order = [];
let before = [];
const { painted } = feed;
const count = (ids) => {
  for (const id of ids.filter((one) => !before.includes(one))) {
    shown.set(id, shown.get(id) + 1);
    order.push(id);
  }
  before = ids;
};
count(standing());
feed.painted = (ids) => {
  painted(ids);
  count(ids);
};
const end = performance.now() + 30_000;
const least = () => Math.min(...shown.values());
while (least() < given.shown && performance.now() < end) await new Promise((done) => setTimeout(done, 30));
const [fewest, most] = [least(), Math.max(...shown.values())];

// who is owed a showing comes at the next turn, whoever else waits
const late = [...able].reverse().filter((id) => !before.includes(id)).slice(0, 1);
feed.owed = new Set(late);
const from = order.length;
tell({ type: "owed" });
while (late.length && !order.slice(from).includes(late[0]) && performance.now() < end) await new Promise((done) => setTimeout(done, 15));
unmount();
return { fewest, most, failed, owed: late.length ? order.slice(from).indexOf(late[0]) : 0 };
