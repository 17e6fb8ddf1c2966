// Nearly equal posts are one row and one card, with their number. Pure.

const WAITS = new Set(["queued", "held"]);

/** The number of posts of a card's cluster; 1 for a card that stands alone, or is decided, or was looked at one by one. */
export function sizeOf(post, split = new Set()) {
  const size = post?.cluster?.size ?? 1;
  return post && size > 1 && WAITS.has(post.state) && !split.has(post.cluster.id) ? size : 1;
}

/** A list with one card a cluster, the first of each; the order stays. `split` holds the clusters to show one by one. */
export function gather(list, split = new Set()) {
  const seen = new Set();
  return list.filter((post) => {
    if (sizeOf(post, split) < 2) return true;
    if (seen.has(post.cluster.id)) return false;
    seen.add(post.cluster.id);
    return true;
  });
}

/** The cards of `posts` that stand in the same cluster as `post` and still wait, itself among them. */
export function matesOf(post, posts) {
  return posts.filter((one) => one.cluster && one.cluster.id === post.cluster?.id && WAITS.has(one.state));
}
