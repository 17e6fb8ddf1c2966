"""The index itself: one SQLite database in memory. It proposes ids; whoever asks reads the posts from the ledger.

Everything here blocks, and belongs to one thread. Values of others reach SQL as parameters alone.

What posts have in common (network, source, language, rules, labels) is one *kind*, a number: an event has a few
hundred, so counting posts by kind counts them by everything.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from wall.finder_text import Term, expression, needle
from wall.model import PostId, State

log = logging.getLogger("parvis.finder")

TOP_AUTHORS = 20
FEW_HITS = 10_000
TIDY_PAGES = 32  # merged in one step, some milliseconds
NEWEST_FIRST = (State.APPROVED, State.REJECTED)

_TABLES = (
    "CREATE TABLE authors (n INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, name TEXT NOT NULL)",
    "CREATE TABLE posts (n INTEGER PRIMARY KEY, pid TEXT UNIQUE NOT NULL, state TEXT NOT NULL, "
    "place INTEGER NOT NULL, kind INTEGER NOT NULL, author INTEGER NOT NULL)",
    "CREATE INDEX by_place ON posts (state, place, kind)",
    "CREATE INDEX by_kind ON posts (state, kind)",
    "CREATE INDEX by_author ON posts (state, author, kind)",
    "CREATE TEMP TABLE asked (kind INTEGER PRIMARY KEY)",
    "CREATE TEMP TABLE hits (n INTEGER PRIMARY KEY)",
)
_PRAGMAS = ("PRAGMA main.secure_delete = ON", "PRAGMA temp.secure_delete = OFF", "PRAGMA temp_store = MEMORY")
_WORDS = (
    # the text is folded and cut by us: to this tokenizer a token is whatever stands between blanks
    "CREATE VIRTUAL TABLE words USING fts5 (body, tokenize = 'ascii', columnsize = 0)"
)
_PLAIN_WORDS = "CREATE TABLE words (body TEXT NOT NULL)"


class Kind(msgspec.Struct, frozen=True):
    network: str
    source: str
    lang: str
    rules: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


_NOTHING = Kind(network="", source="", lang="")


class Row(msgspec.Struct, frozen=True):
    """A post as the index knows it. `place` is its score in the list of its state; `words` a `document`."""

    pid: PostId
    state: State
    place: int
    kind: Kind
    author: str
    name: str
    words: str


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for; whatever is empty asks nothing."""

    terms: tuple[Term, ...] = ()
    network: str = ""
    source: str = ""
    rule: str = ""
    lang: str = ""
    label: str = ""
    author: str = ""

    def has(self, kind: Kind, *, but: str = "") -> bool:
        """Whether posts of this kind are wanted, one dimension left out of account."""
        return (
            (not self.network or but == "network" or kind.network == self.network)
            and (not self.source or but == "source" or kind.source == self.source)
            and (not self.rule or but == "rule" or self.rule in kind.rules)
            and (not self.lang or but == "lang" or kind.lang == self.lang)
            and (not self.label or but == "label" or self.label in kind.labels)
        )


class Facets(msgspec.Struct, frozen=True):
    """How many posts each value has, most first. Each dimension ignores its own filter: one can change it."""

    total: int = 0
    network: list[tuple[str, int]] = []
    source: list[tuple[str, int]] = []
    rule: list[tuple[str, int]] = []
    lang: list[tuple[str, int]] = []
    label: list[tuple[str, int]] = []
    author: list[tuple[str, str, int]] = []


class Index:
    """`has_fts` False searches the words one post after another, as it must where FTS5 is missing.

    Up to `few_hits` posts with the words are looked up one by one; of more, the lists are gone through.
    """

    def __init__(self, *, has_fts: bool = True, few_hits: int = FEW_HITS) -> None:
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            self._db.execute(pragma)
        self._kinds: dict[Kind, int] = {}
        self._hits: tuple[Term, ...] | None = None  # the terms that `hits` holds the posts of
        self._hit_count = 0
        self._few_hits = few_hits
        self._is_untidy = False
        self._forgets_at_once = True
        self.has_fts = has_fts
        for table in _TABLES:
            self._db.execute(table)
        self._make_words()

    def _make_words(self) -> None:
        if self.has_fts:
            try:
                self._db.execute(_WORDS)
            except sqlite3.OperationalError as error:
                if "no such module" not in str(error):
                    raise
                log.warning("this Python's SQLite has no FTS5: words are searched slowly, post by post")
                self.has_fts = False
        if not self.has_fts:
            self._db.execute(_PLAIN_WORDS)
            return
        try:
            self._db.execute("INSERT INTO words (words, rank) VALUES ('secure-delete', 1)")
        except sqlite3.OperationalError:  # before SQLite 3.42: see `tidy`
            self._forgets_at_once = False

    def close(self) -> None:
        self._db.close()

    # -- in -------------------------------------------------------------------------------------------------

    def put(self, rows: Iterable[Row], *, gone: Iterable[PostId] = ()) -> None:
        """Take posts in, or their newest form; and forget others, unknown ones too."""
        self._hits = None
        self._db.execute("BEGIN")
        try:
            for pid in gone:
                self._forget(pid)
            for row in rows:
                self._put(row)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _put(self, row: Row) -> None:
        kind = self._kinds.setdefault(row.kind, len(self._kinds) + 1)
        self._db.execute(
            "INSERT INTO authors (key, name) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET name = excluded.name "
            "WHERE name <> excluded.name",
            (row.author, row.name),
        )
        (author,) = self._db.execute("SELECT n FROM authors WHERE key = ?", (row.author,)).fetchone()
        known = self._db.execute("SELECT n, author FROM posts WHERE pid = ?", (row.pid,)).fetchone()
        if known is None:
            fresh = self._db.execute(
                "INSERT INTO posts (pid, state, place, kind, author) VALUES (?, ?, ?, ?, ?)",
                (row.pid, row.state, row.place, kind, author),
            )
            self._db.execute("INSERT INTO words (rowid, body) VALUES (?, ?)", (fresh.lastrowid, row.words))
            return
        n, author_before = known
        self._db.execute(
            "UPDATE posts SET state = ?, place = ?, kind = ?, author = ? WHERE n = ?",
            (row.state, row.place, kind, author, n),
        )
        if author_before != author:
            self._forget_author(author_before)
        (words,) = self._db.execute("SELECT body FROM words WHERE rowid = ?", (n,)).fetchone()
        if words != row.words:
            self._db.execute("UPDATE words SET body = ? WHERE rowid = ?", (row.words, n))
            self._is_untidy = True

    def _forget(self, pid: PostId) -> None:
        known = self._db.execute("SELECT n, author FROM posts WHERE pid = ?", (pid,)).fetchone()
        if known is None:
            return
        n, author = known
        self._db.execute("DELETE FROM words WHERE rowid = ?", (n,))
        self._db.execute("DELETE FROM posts WHERE n = ?", (n,))
        self._forget_author(author)
        self._is_untidy = True

    def _forget_author(self, author: int) -> None:
        """An author without posts here leaves no name."""
        self._db.execute(
            "DELETE FROM authors WHERE n = ? AND NOT EXISTS "
            "(SELECT 1 FROM posts WHERE state IN ('queued', 'held', 'approved', 'rejected') AND author = ?)",
            (author, author),
        )

    def tidy(self) -> bool:
        """One short step of rubbing out words that left; True when nothing remains to be done.

        Before SQLite 3.42, FTS5 only marks them as gone until the part of its index that holds them is merged.
        """
        if not self.has_fts or self._forgets_at_once or not self._is_untidy:
            return True
        before = self._db.total_changes
        self._db.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (-TIDY_PAGES,))
        self._is_untidy = self._db.total_changes - before >= 2
        return not self._is_untidy

    # -- out ------------------------------------------------------------------------------------------------

    def size(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM posts").fetchone()[0])

    def find(
        self, state: State, wanted: Wanted, *, limit: int, after: int | None = None
    ) -> list[tuple[PostId, int]]:
        """(id, place) of up to `limit` posts behind the place `after`, in the order of the desk's lists."""
        body, values = self._body(state, wanted)
        is_down = state in NEWEST_FIRST
        if after is not None:
            body += " AND place < ?" if is_down else " AND place > ?"
            values.append(after)
        order = "DESC" if is_down else "ASC"
        rows = self._all(f"SELECT pid, place {body} ORDER BY place {order} LIMIT ?", (*values, limit))
        return [(PostId(pid), place) for pid, place in rows]

    def count(self, state: State, wanted: Wanted) -> int:
        body, values = self._body(state, wanted)
        return int(self._all(f"SELECT count(*) {body}", values)[0][0])

    def facets(self, state: State, wanted: Wanted) -> Facets:
        body, values = self._body(state, wanted, has_kinds=False)
        counts: dict[int, int] = dict(self._all(f"SELECT kind, count(*) {body} GROUP BY kind", values))
        found = [(kind, counts[n]) for kind, n in self._kinds.items() if n in counts]

        def tally(name: str, of: str) -> list[tuple[str, int]]:
            sums: Counter[str] = Counter()
            for kind, count in found:
                if wanted.has(kind, but=name):
                    value = getattr(kind, of)
                    for one in (value,) if isinstance(value, str) else value:
                        sums[one] += count
            return sorted(sums.items(), key=lambda item: (-item[1], item[0]))

        return Facets(
            total=sum(count for kind, count in found if wanted.has(kind)),
            network=tally("network", "network"),
            source=tally("source", "source"),
            rule=tally("rule", "rules"),
            lang=tally("lang", "lang"),
            label=tally("label", "labels"),
            author=self._top_authors(state, msgspec.structs.replace(wanted, author="")),
        )

    def _top_authors(self, state: State, wanted: Wanted) -> list[tuple[str, str, int]]:
        body, values = self._body(state, wanted)
        top = f"SELECT author, count(*) AS posts {body} GROUP BY author ORDER BY posts DESC, author LIMIT ?"
        named = "JOIN authors ON authors.n = top.author ORDER BY top.posts DESC, top.author"
        return self._all(
            f"SELECT key, name, top.posts FROM ({top}) AS top {named}",  # noqa: S608  # no word of it is foreign
            (*values, TOP_AUTHORS),
        )

    def _all(self, query: str, values: Sequence[str | int]) -> list[Any]:
        """Every row. The words of `query` are all our own, put together from the pieces in this file."""
        return self._db.execute(query, values).fetchall()

    def _body(self, state: State, wanted: Wanted, *, has_kinds: bool = True) -> tuple[str, list[str | int]]:
        """FROM and WHERE with their values."""
        tables, conditions = "posts", ["state = ?"]
        values: list[str | int] = [state.value]
        if wanted.terms:
            self._hit(wanted.terms)
            if self._hit_count <= self._few_hits:
                tables = "hits CROSS JOIN posts USING (n)"
            else:
                conditions.append("+n IN (SELECT n FROM hits)")  # "+": a test, never a way of seeking
        if has_kinds and self._ask(wanted):
            conditions.append("kind IN (SELECT kind FROM asked)")
        if wanted.author:
            conditions.append("author = (SELECT n FROM authors WHERE key = ?)")
            values.append(wanted.author)
        return f"FROM {tables} WHERE {' AND '.join(conditions)}", values

    def _ask(self, wanted: Wanted) -> bool:
        """Write down which kinds are wanted; False when every one is."""
        if wanted.has(_NOTHING):
            return False
        self._db.execute("DELETE FROM asked")
        kinds = [(n,) for kind, n in self._kinds.items() if wanted.has(kind)]
        self._db.executemany("INSERT INTO asked VALUES (?)", kinds)
        return True

    def _hit(self, terms: tuple[Term, ...]) -> None:
        """Write down which posts have the words, whatever their state."""
        if self._hits == terms:
            return
        self._db.execute("DELETE FROM hits")
        if self.has_fts:
            added = self._match(terms)
        else:
            tests = " AND ".join("instr(body, ?) " + ("= 0" if term.is_excluded else "> 0") for term in terms)
            added = self._db.execute(
                f"INSERT INTO hits SELECT rowid FROM words WHERE {tests}",  # noqa: S608  # no word of it is foreign
                [needle(term) for term in terms],
            )
        self._hits, self._hit_count = terms, added.rowcount

    def _match(self, terms: tuple[Term, ...]) -> sqlite3.Cursor:
        must = [term for term in terms if not term.is_excluded]
        must_not = [term for term in terms if term.is_excluded]
        without = f"({expression(must_not, joined='OR')})" if must_not else ""
        if must:
            whole = f"({expression(must, joined='AND')})" + (f" NOT {without}" if without else "")
            return self._db.execute("INSERT INTO hits SELECT rowid FROM words WHERE words MATCH ?", (whole,))
        return self._db.execute(
            "INSERT INTO hits SELECT n FROM posts WHERE n NOT IN "
            "(SELECT rowid FROM words WHERE words MATCH ?)",
            (without,),
        )
