// What a person looks for among the posts. Pure: a filter never changes, `with` gives another.

export const FACETS = ["label", "network", "source", "rule", "lang"];
const FIELDS = [...FACETS, "author", "q"];
const Q_MAX = 200;

export class Filter {
  /** @param fields {label, network, source, rule, lang, author, q}; `names` says values in words where it is known */
  constructor(fields = {}, names = {}) {
    this.fields = Object.fromEntries(FIELDS.map((name) => [name, String(fields[name] ?? "").slice(0, Q_MAX)]));
    this.names = names;
  }

  get isEmpty() {
    return FIELDS.every((name) => !this.fields[name]);
  }

  /** Two filters with the same sign find the same. */
  get sign() {
    return JSON.stringify(this.fields);
  }

  with(name, value, shown = "") {
    return new Filter({ ...this.fields, [name]: value }, { ...this.names, [name]: shown });
  }

  /** The fields that are set, as [name, value, shown]. */
  get chosen() {
    return FIELDS.filter((name) => this.fields[name]).map((name) => [name, this.fields[name], this.names[name] || this.fields[name]]);
  }

  /** The query of `GET /api/v1/posts`. */
  get query() {
    return Object.fromEntries(FIELDS.filter((name) => this.fields[name]).map((name) => [name, this.fields[name]]));
  }

  /** Whether a card belongs to what is looked for: true, false, or null where only the server can tell. */
  matches(post) {
    const { fields } = this;
    const { card } = post;
    const facts = [
      [fields.source, post.source],
      [fields.network, card?.network],
      [fields.author, post.author?.key],
    ];
    if (facts.some(([wanted, has]) => wanted && has !== undefined && wanted !== has)) return false;
    if (fields.label && !(post.labels ?? []).includes(fields.label)) return false;
    if (fields.rule && !(post.reasons ?? []).some(({ rule }) => rule === fields.rule)) return false;
    if (fields.lang && card?.lang && base(card.lang) !== base(fields.lang)) return false;
    if (facts.some(([wanted, has]) => wanted && has === undefined)) return null;
    if (fields.lang && !card?.lang) return null;
    if (!fields.q) return true;
    return saidBy(post).includes(fields.q.toLowerCase()) ? true : null;
  }
}

const base = (lang) => lang.toLowerCase().split(/[-_]/)[0];

function saidBy({ card }) {
  if (!card) return "";
  const spans = [...(card.spans ?? []), ...(card.quote?.spans ?? [])].map((span) => span.text);
  return [spans.join(""), card.author?.name, card.author?.handle].filter(Boolean).join("\n").toLowerCase();
}
