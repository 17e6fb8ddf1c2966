// The small marks of the networks. A network without a drawing simply has none: its name stands alone.

/** Networks with a drawing in static/brand (a test compares; asking for one that is missing would be an error). */
export const MARKS = new Set([
  "bluesky", "discord", "facebook", "feed", "flickr", "gotosocial", "instagram", "irc", "join", "kiosk",
  "lemmy", "line", "linkedin", "mastodon", "matrix", "misskey", "nostr", "peertube", "pinterest",
  "pixelfed", "reddit", "replay", "slack", "telegram", "threads", "tiktok", "tumblr", "twitch", "viber",
  "vk", "wechat", "weibo", "whatsapp", "x", "youtube",
]);

export class Brands {
  /** `base` is the address of the folder of marks. */
  constructor(base) {
    this.base = base;
  }

  /** Gives `node` the mark of `network`, or hides it. The drawing takes the colour of the text around it. */
  dress(node, network) {
    if (node.dataset.network === network) return;
    node.dataset.network = network ?? "";
    node.hidden = !MARKS.has(network);
    if (!node.hidden) node.style.setProperty("--mark", `url("${new URL(`${network}.svg`, this.base).href}")`);
  }
}
