// What may be put on the stage: posts that have been read, and whose pictures are decoded.

import { read } from "./card.js";
import { Pictures } from "../../js/stage/pictures.js";

export class Readings {
  #readings = new Map();

  /** needs(reading) gives the addresses of all pictures that its card may show. */
  constructor({ feed, pictures, needs }) {
    Object.assign(this, { feed, pictures, needs });
  }

  has(id) {
    return this.#readings.has(id);
  }

  get(id) {
    return this.#readings.get(id);
  }

  forget(id) {
    this.#readings.delete(id);
  }

  /** A post that has been withdrawn: its pictures too. */
  erase(id) {
    for (const shot of this.#readings.get(id)?.shots ?? []) this.pictures.forget(shot.digest);
    this.forget(id);
  }

  /** Reads a post and decodes its pictures; false when it cannot be shown or has changed meanwhile. Never throws. */
  async fetch(post) {
    try {
      return await this.#fetch(post);
    } catch (error) {
      this.feed.failed(post.id, error);
      return false;
    }
  }

  async #fetch(post) {
    const reading = read(post, this.pictures);
    const { avatar } = post.author ?? {};
    const urls = [...this.needs(reading), ...(avatar ? [Pictures.url(avatar.digest, "avatar")] : [])];
    const had = await Promise.all(urls.map((url) => this.pictures.load(url)));
    if (this.feed.get(post.id)?.rev !== post.rev) return false;
    const isWhole = had.every(Boolean);
    if (!isWhole) this.feed.failed(post.id, new Error("a picture could not be shown"));
    const kept = isWhole ? reading : read({
      ...post,
      pictures: reading.shots.filter((_, i) => had[i]),
      author: { ...post.author, avatar: avatar && had.at(-1) ? avatar : undefined },
    }, this.pictures);
    if (!kept.shots.length && !kept.letters) return false;
    this.#readings.set(post.id, kept);
    return true;
  }
}
