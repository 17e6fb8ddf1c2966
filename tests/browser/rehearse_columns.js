// Plays the geometry of the wall through many updates and looks at every scene. Given: the address of the static
// files, a frame {width, height, unit, text}, the number of updates, and a seed: a failure happens again.
async ([base, frame, updates, seed]) => {
  const { EMPTY, compose, crown, drop, heights, mend, place, plan, seat } = await import(`${base}layouts/bento/columns.js`);
  const POSTS_MAX = 60;

  const dice = () => { // mulberry32
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  const posts = new Map();
  const faults = [];
  let scene = EMPTY;
  let born = 0;
  let covered = 0;

  const ids = () => [...posts.keys()].reverse();
  const measure = (id, width) => {
    const { letters, ratio } = posts.get(id);
    const perLine = Math.max(4, (width - 5 * frame.unit) / (frame.text * 0.52));
    return { ratio, text: Math.ceil(letters / perLine) * frame.text * 1.2 + frame.text * 1.6 + frame.unit * 5.5 };
  };
  const isSameShape = () => scene.hero !== null && plan(frame, posts.size).key === scene.key;
  const composed = (hero) => {
    const order = [hero, ...ids().filter((id) => id !== hero)];
    return compose(frame, order, measure, { hero, tall: dice() < 0.1 });
  };

  const arrive = () => {
    const id = `p${born++}`;
    const ratio = dice() < 0.35 ? 0 : dice() < 0.1 ? 4 : dice() < 0.1 ? 0.25 : 0.6 + dice() * 1.2;
    posts.set(id, { letters: dice() < 0.1 ? dice() * 900 : dice() * 160, ratio });
    if (posts.size > POSTS_MAX) {
      const oldest = posts.keys().next().value;
      posts.delete(oldest);
      scene = drop(scene, oldest);
    }
    return id;
  };
  const updatesOf = {
    arrival() {
      const id = arrive();
      const more = { reserve: ids(), tall: dice() < 0.1 };
      scene = isSameShape() ? crown(frame, posts.size, scene, id, measure, more) : composed(id);
    },
    seating() {
      const id = arrive();
      const hero = posts.has(scene.hero) ? scene.hero : id;
      const isSeated = isSameShape() && scene.slots.length > 0;
      scene = isSameShape() ? seat(frame, posts.size, scene, id, measure, { reserve: ids() }) : composed(hero);
      if (isSeated && !place(frame, posts.size, scene, measure).some((card) => card.id === id)) faults.push(`${id} has a seat out of sight`);
    },
    turn() {
      const all = ids();
      const id = all[Math.floor(dice() * all.length)];
      if (dice() < 0.1 && isSameShape()) scene = seat(frame, posts.size, scene, id, measure, { reserve: all });
      else scene = isSameShape() ? crown(frame, posts.size, scene, id, measure, { reserve: all }) : composed(id);
    },
    removal() {
      for (let times = dice() < 0.1 ? 30 : 1; times > 0 && posts.size; times--) {
        const standing = [scene.hero, ...scene.slots.flat()].filter((id) => posts.has(id));
        const id = standing.length && dice() < 0.8 ? standing[Math.floor(dice() * standing.length)] : ids()[0];
        posts.delete(id);
        scene = drop(scene, id);
      }
    },
  };

  const overlap = (a, b) =>
    a.x < b.x + b.width - 0.5 && b.x < a.x + a.width - 0.5 && a.y < b.y + b.height - 0.5 && b.y < a.y + a.height - 0.5;
  const look = (what) => {
    const shape = plan(frame, posts.size, scene.tall);
    const cards = place(frame, posts.size, scene, measure);
    const fault = (text) => faults.length < 5 && faults.push(`${what}, ${posts.size} posts: ${text}`);
    if (cards[0]?.role !== "hero") fault("no hero");
    if (new Set(cards.map((card) => card.id)).size !== cards.length) fault("a post stands twice");
    cards.forEach((card, i) => {
      if (!posts.has(card.id)) fault("a post that is gone stands");
      const isInside = card.x >= -0.5 && card.y >= -0.5 && card.x + card.width <= frame.width + 0.5;
      if (!isInside || card.y + card.height > frame.height + 0.5) fault(`${card.role} beyond the frame`);
      if (cards.slice(i + 1).some((other) => overlap(card, other))) fault(`${card.role} overlaps`);
      if (card.role !== "stack") return;
      const room = shape.slots.find((slot) => slot.x === card.x).height;
      const [least] = heights(measure(card.id, card.width), card.width, room);
      if (card.height < least - 1) fault(`a card is cut: ${card.height} < ${least}`);
    });
    for (const slot of shape.slots) {
      if (slot.height <= 0) continue; // a tall hero stands on the shelf's room
      const own = cards.filter((c) => c.role === slot.kind && c.x >= slot.x - 0.5 && c.x < slot.x + slot.width);
      if (!own.length) {
        fault(`${slot.kind} empty`);
        continue;
      }
      const last = own.at(-1);
      const short = slot.kind === "shelf" ? slot.x + slot.width - last.x - last.width : frame.height - last.y - last.height;
      if (Math.abs(short) > 1) fault(`${slot.kind} does not end on the frame: ${short}`);
    }
    covered += cards.reduce((sum, card) => sum + card.width * card.height, 0) / (frame.width * frame.height);
  };

  let looked = 0;
  for (let i = 0; i < updates; i++) {
    const roll = dice();
    const what = roll < 0.55 || !posts.size ? "arrival" : roll < 0.7 ? "seating" : roll < 0.85 ? "turn" : "removal";
    updatesOf[what]();
    if (!posts.size) {
      scene = EMPTY;
      continue;
    }
    const hero = posts.has(scene.hero) ? scene.hero : ids()[Math.floor(dice() * posts.size)];
    if (plan(frame, posts.size).key !== scene.key) scene = composed(hero);
    else if (hero !== scene.hero) scene = crown(frame, posts.size, scene, hero, measure, { reserve: ids() });
    scene = mend(frame, posts.size, scene, measure, { reserve: ids() });
    look(what);
    looked++;
  }
  return { faults, covered: covered / looked, seats: Object.keys(scene.seats).length };
}
