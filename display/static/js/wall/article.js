// A post as the page for reading shows it: what display/article.py and wall.html write, for posts that come later.

import { el } from "../dom.js";
import { t, tOr } from "../page.js";
import { initialOf, languageOf, postLanguage } from "../words.js";

const SIZES = [["small", 480], ["medium", 960], ["large", 1920]];
const REL = "nofollow ugc noopener noreferrer";

/** The article of one post. Words are text nodes; an address that is no web address leads nowhere. */
export function article(post) {
  const author = post.author ?? {};
  const name = (author.name || author.handle || t("screen.visitor")).trim();
  const network = tOr(`network.${post.network}`, String(post.network ?? ""));
  const url = web(post.url) || web(author.url);
  const title = el("h2", "post-name", said("bdi", "", name, languageOf(name)));
  title.id = `by-${post.id}`;
  const node = el("article", "post", el("header", "post-head", face(author, name), el("div", "post-by", title, meta(post, author, name, network))));
  Object.assign(node.dataset, { post: post.id, rev: post.rev ?? 0, seq: post.seq ?? 0 });
  node.setAttribute("aria-labelledby", title.id);
  node.tabIndex = 0;
  if (post.warning) node.append(el("p", "post-note", el("strong", "", t("twin.warning")), " ", el("bdi", "", post.warning)));
  if (post.spans?.length) node.append(words(post));
  if (plain(post.quote?.spans)) node.append(quote(post.quote));
  if (post.pictures?.length) node.append(pictures(post.pictures, name));
  if (post.is_film) node.append(el("p", "post-note", t("twin.film", { network })));
  if (url) {
    const link = away("post-link", url, t("twin.original", { network }));
    link.append(el("span", "unseen", ` (${t("twin.original_of", { name })})`));
    node.append(el("p", "post-foot", link));
  }
  return node;
}

/** An address that may be followed from here; "" for any other. Pure. */
export function web(url) {
  return typeof url === "string" && /^https?:\/\/[^\s/]/i.test(url) ? url : "";
}

function plain(spans) {
  return (spans ?? []).map((span) => String(span.text ?? "")).join("");
}

function said(tag, className, text, lang) {
  const node = el(tag, className, ...(text ? [text] : []));
  node.lang = lang || "und"; // not the page's language, whatever that is: fonts and voices depend on it
  return node;
}

function away(className, url, text) {
  const link = el("a", className, text);
  link.href = url;
  link.target = "_blank";
  link.rel = REL;
  return link;
}

function face(author, name) {
  if (!author.avatar) {
    const letter = el("span", "post-face", initialOf(name));
    letter.setAttribute("aria-hidden", "true");
    return letter;
  }
  return picture("post-face", { src: address(author.avatar, "avatar"), alt: "", width: 48, height: 48 });
}

function meta(post, author, name, network) {
  const time = el("time", "");
  time.dateTime = post.at ?? "";
  const line = el("p", "post-meta");
  if (author.handle && author.handle !== name) line.append(el("bdi", "post-handle", author.handle));
  line.append(el("span", "", network), time);
  if (post.pinned) line.append(el("span", "chip mark", t("screen.pinned")));
  return line;
}

function words(post) {
  const node = said("p", "post-words", "", postLanguage(post));
  node.dir = "auto";
  for (const span of post.spans) {
    const url = span.kind === "link" && web(span.href);
    node.append(url ? away("", url, String(span.text ?? "")) : String(span.text ?? ""));
  }
  return node;
}

function quote({ author, spans }) {
  const text = plain(spans);
  const quoted = said("p", "", text, languageOf(text));
  quoted.dir = "auto";
  return el("blockquote", "post-quote", el("p", "", t("twin.quoted", { name: author })), quoted);
}

function pictures(shots, name) {
  const node = el("div", "post-pictures");
  node.dataset.count = shots.length;
  for (const shot of shots) {
    const side = Math.max(shot.width_px, shot.height_px, 1);
    const widths = SIZES.map(([variant, px]) => [variant, Math.max(1, Math.round(shot.width_px * Math.min(1, px / side)))]);
    node.append(
      picture("", {
        srcset: widths.map(([variant, width]) => `${address(shot, variant)} ${width}w`).join(", "),
        sizes: "(max-width: 46rem) 92vw, 42rem",
        src: address(shot, "medium"),
        alt: shot.alt || t("twin.no_alt", { name }),
        width: shot.width_px,
        height: shot.height_px,
      }),
    );
  }
  return node;
}

function picture(className, attributes) {
  const image = el("img", className);
  Object.assign(image, { loading: "lazy", decoding: "async", ...attributes });
  return image;
}

function address({ digest }, variant) {
  return `/media/${encodeURIComponent(digest)}/${variant}`;
}
