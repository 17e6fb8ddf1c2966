"""What the rules catch and what they wrongly hold, on texts written for it in five languages.

    python -m bench.rules [--write] [--seen]

The texts are `tests/moderation/labelled/<language>.toml`: by kind, each with what it should get. A text's digest
decides whether it was seen while the rules were tuned or kept apart from that, a third of them: nobody chooses.
Each goes the way of a post: spans, card, every rule as it comes, in the mode that shows a post at once unless a
rule speaks. `--write` puts the table into docs/rules.md, where a test holds it; `--seen` prints the misses of
the seen part alone, for whoever tunes.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.moderation.pairs import pair
from wall.gate import Ruling
from wall.moderation import RULES
from wall.moderation.rule import Mode, judge
from wall.text import from_plain

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "moderation" / "labelled"
PAGE = ROOT / "docs" / "rules.md"
BEGIN, END = "<!-- python -m bench.rules --write -->\n", "<!-- end -->"
LANGUAGES = {"fr": "French", "en": "English", "zh": "Chinese", "es": "Spanish", "de": "German"}
APART_OF = 3
WANTED = {"hold": (Ruling.HOLD, Ruling.REJECT), "note": (Ruling.NOTE, Ruling.HOLD, Ruling.REJECT)}
SHOWN_MAX = 60

_MARKED = re.compile("⟦(.*?)⟧", re.DOTALL)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\u0336\u0335\u0337\n]")


class Labelled(NamedTuple):
    """One text of the set; `marked` has ⟦ ⟧ around what a page must not repeat. `want` is hold, note or pass."""

    lang: str
    kind: str
    want: str
    marked: str

    @property
    def text(self) -> str:
        return _MARKED.sub(r"\1", self.marked)

    @property
    def masked(self) -> str:
        """What a page may show of it: of each marked run its first sign."""
        shown = _INVISIBLE.sub(" ", _MARKED.sub(lambda run: f"{run[1][:1]}…", self.marked))
        return (
            (shown if len(shown) <= SHOWN_MAX else f"{shown[:SHOWN_MAX]}…")
            .replace("|", "/")
            .replace("`", "'")
        )

    @property
    def is_apart(self) -> bool:
        return hashlib.sha256(self.text.encode()).digest()[0] % APART_OF == 0


class Judged(NamedTuple):
    text: Labelled
    ruling: Ruling
    rules: tuple[str, ...]

    @property
    def is_guilty(self) -> bool:
        return self.text.want != "pass"

    @property
    def is_right(self) -> bool:
        if self.is_guilty:
            return self.ruling in WANTED[self.text.want]
        return self.ruling not in WANTED["hold"]


def labelled() -> Iterator[Labelled]:
    for lang in LANGUAGES:
        kinds = tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf-8"))
        for kind, wants in kinds.items():
            for want, texts in wants.items():
                yield from (Labelled(lang, kind, want, text) for text in texts)


def judged(texts: Iterable[Labelled]) -> list[Judged]:
    found = []
    for one in texts:
        post, card = pair(from_plain(one.text), lang=one.lang)
        ruling, reasons = judge(post, card, mode=Mode.POST, rules=RULES)
        found.append(Judged(one, ruling, tuple(reason.rule for reason in reasons)))
    return found


# -- the page --------------------------------------------------------------------------------------------------


def table(found: Sequence[Judged]) -> str:
    guilty = [one for one in found if one.is_guilty]
    noted = sum(one.ruling is Ruling.NOTE for one in found if not one.is_guilty)
    lines = [
        f"{len(found)} texts: {len(guilty)} to catch, {len(found) - len(guilty)} innocent ones that look like "
        f"them or come from the same crowd. {noted} of the innocent are noted, which is not counted as held.",
        "",
        "| | seen: caught | missed | innocent: wrongly held | kept apart: caught | missed | innocent: wrongly held |",
        "|---|---|---|---|---|---|---|",
        _row("**all**", found),
        *(_row(title, [one for one in found if one.text.lang == lang]) for lang, title in LANGUAGES.items()),
        *(_row(kind, [one for one in found if one.text.kind == kind]) for kind in _kinds(found)),
        "",
        *_listed("Missed, of those seen", found, lambda one: one.is_guilty and not one.text.is_apart),
        *_listed("Missed, of those kept apart", found, lambda one: one.is_guilty and one.text.is_apart),
        *_listed(
            "Wrongly held, of those seen", found, lambda one: not one.is_guilty and not one.text.is_apart
        ),
        *_listed(
            "Wrongly held, of those kept apart", found, lambda one: not one.is_guilty and one.text.is_apart
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _kinds(found: Sequence[Judged]) -> list[str]:
    """In the order of the files: what is caught first, then what is innocent."""
    kinds = dict.fromkeys(one.text.kind for one in found)
    innocent = {one.text.kind for one in found if not one.is_guilty}
    return sorted(kinds, key=lambda kind: kind in innocent)


def _row(title: str, found: Sequence[Judged]) -> str:
    cells = [title]
    for is_apart in (False, True):
        part = [one for one in found if one.text.is_apart is is_apart]
        guilty = [one for one in part if one.is_guilty]
        innocent = [one for one in part if not one.is_guilty]
        missed = sum(not one.is_right for one in guilty)
        cells.append(_share(len(guilty) - missed, len(guilty)))
        cells.append(str(missed) if guilty else "")
        cells.append(_share(sum(not one.is_right for one in innocent), len(innocent)))
    return f"| {' | '.join(cells)} |"


def _share(count: int, total: int) -> str:
    return f"{count} of {total} ({100 * count / total:.0f} %)" if total else ""


def _listed(title: str, found: Sequence[Judged], belongs: Callable[[Judged], bool]) -> Iterator[str]:
    wrong = [one for one in found if belongs(one) and not one.is_right]
    yield f"{title}: {len(wrong)}."
    yield ""
    for kind in dict.fromkeys(one.text.kind for one in wrong):
        texts = "; ".join(
            f"{one.text.lang} `{' '.join(one.text.masked.split())}`" for one in wrong if one.text.kind == kind
        )
        yield f"- *{kind}*: {texts}"
    if wrong:
        yield ""


def page_with(text: str, page: str) -> str:
    """`page` with the table between its markers. Raises `ValueError` without them."""
    head, _, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE.name} has no place for the table")
    return f"{head}{BEGIN}\n{text}\n{end}{tail}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/rules.md")
    parser.add_argument("--seen", action="store_true", help="what is wrong in the seen part, rule by rule")
    chosen = parser.parse_args()
    found = judged(labelled())
    if chosen.seen:
        for one in found:
            if not one.text.is_apart and not one.is_right:
                rules = ", ".join(one.rules) or "nothing"
                print(f"{one.text.lang} {one.text.want} {one.text.kind}: {one.text.text!r} ({rules})")
        return
    text = table(found)
    print(text)
    if chosen.write:
        PAGE.write_text(page_with(text, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
