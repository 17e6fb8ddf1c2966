// The photos that may be shown: every picture of every post, read and decoded.

import { Pictures } from "../../js/stage/pictures.js";

const PICTURES_MAX = 4; // of one post
const EACH = Array.from({ length: PICTURES_MAX }, (_, i) => i);

/** A post's photo, as tiles and turns know it. */
export function keyOf(id, i = 0) {
  return `${id}/${i}`;
}

export class Shots {
  #shots = new Map(); // key -> {key, post, picture, ratio}

  /** variantFor(picture) names the copy that a tile is likely to need. */
  constructor({ feed, pictures, variantFor }) {
    Object.assign(this, { feed, pictures, variantFor });
  }

  has(key) {
    return this.#shots.has(key);
  }

  get(key) {
    return this.#shots.get(key);
  }

  /** The first photo of every post of `ids`, in their order, then the further ones. */
  keys(ids) {
    const rows = ids.map((id) => EACH.map((i) => keyOf(id, i)).filter((key) => this.#shots.has(key)));
    return EACH.flatMap((i) => rows.map((row) => row[i]).filter(Boolean));
  }

  /** Reads a post and decodes its pictures; the keys of those that can be shown, none when it has changed meanwhile. */
  async fetch(post) {
    try {
      return await this.#fetch(post);
    } catch (error) {
      this.feed.failed(post.id, error);
      return [];
    }
  }

  async #fetch(post) {
    const shots = (post.pictures ?? []).slice(0, PICTURES_MAX).map((picture, i) => ({
      key: keyOf(post.id, i), post, picture, ratio: picture.width_px / picture.height_px || 1,
    }));
    const had = await Promise.all(shots.map(({ picture }) => this.pictures.load(Pictures.url(picture.digest, this.variantFor(picture)))));
    if (this.feed.get(post.id)?.rev !== post.rev) return [];
    if (!had.every(Boolean)) this.feed.failed(post.id, new Error("a picture could not be shown"));
    for (const i of EACH) this.#shots.delete(keyOf(post.id, i));
    const kept = shots.filter((_, i) => had[i]);
    for (const shot of kept) this.#shots.set(shot.key, shot);
    return kept.map(({ key }) => key);
  }

  /** A post that has been withdrawn: its pictures too. Returns the keys it had. */
  erase(id) {
    const keys = EACH.map((i) => keyOf(id, i)).filter((key) => this.#shots.has(key));
    for (const key of keys) {
      this.pictures.forget(this.#shots.get(key).picture.digest);
      this.#shots.delete(key);
    }
    return keys;
  }
}
