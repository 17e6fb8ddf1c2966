// The sheet about an author: what the wall knows, their last posts, and trust or ban with one confirm.

import { el } from "../dom.js";
import { many, t } from "../page.js";
import { digestOf } from "./digest.js";
import { historyLine, standingOf } from "./dossier.js";
import { ask } from "./lists.js";
import { face, nameOf, networkMark, networkName } from "./pieces.js";
import { plain } from "./sheet.js";
import { TABS } from "./verdicts.js";

const EACH = 5;
const SHOWN = 8;

export class AuthorSheet {
  /** @param judge says the standing; lists shows only this author; goTo (post) opens one of the posts */
  constructor({ sheet, judge, lists, goTo }) {
    Object.assign(this, { sheet, judge, lists, goTo });
  }

  open(post) {
    if (!post?.author?.key) return;
    const content = post.card?.author ?? { name: "" };
    const name = el("strong", "author-name", nameOf(post));
    name.dir = "auto";
    const head = el("div", "author-head", face(content), el("div", "who", name, el("span", "soft who-line", networkMark(post.card?.network ?? ""), networkName(post.card?.network ?? ""), content.handle ? ` · ${content.handle}` : "")));
    const past = el("p", "author-past", historyLine(post.author.counts), " ", ...standingOf(post.author));
    const theirs = el("div", "lines", el("p", "soft", t("desk.loading")));
    const title = el("h3", "", t("desk.author_posts"));
    this.sheet.open("author", t("desk.author"), [head, past, this.#tools(post), title, theirs]);
    void this.#fetch(post, theirs);
  }

  #tools(post) {
    const { standing = "" } = post.author;
    const say = async (word) => {
      if (await this.judge.standing(post, word)) this.sheet.close();
    };
    const tools = el("div", "author-tools");
    if (this.judge.mayDecide) {
      if (standing !== "trusted") tools.append(plain("", "shield", t("desk.trust"), () => say("trusted")));
      if (standing) tools.append(plain("", "undo", t(`desk.standing_end.${standing}`), () => say("none")));
      const shown = post.author.counts?.approved ?? 0;
      const ban = shown ? many("desk.ban", shown) : t("desk.ban_yes");
      if (standing !== "banned") tools.append(plain("danger-line", "ban", ban, () => say("banned")));
    }
    tools.append(plain("", "filter", t("desk.author_only"), () => {
      this.lists.seek(this.lists.filter.with("author", post.author.key, nameOf(post)));
      this.sheet.close();
    }));
    return tools;
  }

  async #fetch(post, box) {
    const pages = await Promise.all(
      TABS.map((state) => ask("/api/v1/posts", { state, author: post.author.key, limit: EACH }).catch(() => ({ posts: null }))),
    );
    if (!box.isConnected) return;
    const isLost = pages.every(({ posts }) => posts === null);
    const posts = pages.flatMap((page) => page.posts ?? []).sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
    const rows = posts.slice(0, SHOWN).map((one) => digestOf(one, () => {
      this.sheet.close();
      this.goTo(one);
    }));
    box.replaceChildren(...(rows.length ? rows : [el("p", "soft", t(isLost ? "desk.list_lost" : "desk.author_no_posts"))]));
  }
}
