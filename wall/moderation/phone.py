"""Whether a run of digits is a number by which somebody can be called, or an account; most numbers are neither."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from wall.moderation.numerals import Run, runs

SHORTEST: Final = 8  # where a word says that it is a phone number
PLAIN_SHORTEST: Final = 9
LONGEST: Final = 15  # ITU-T E.164
ACCOUNT_LONGEST: Final = 19  # ISO/IEC 7812
BEFORE: Final = 26  # signs read before a number for a word that says what it is

# Numbers as most countries of a fair's visitors write their own: with a trunk 0; Spain; North America; China.
_NATIONAL = re.compile(
    r"0[1-9]\d{7,10}|00[1-9]\d{8,12}|(?:34)?[679]\d{8}|1?[2-9]\d\d[2-9]\d{6}|(?:86)?1[3-9]\d{9}"
    r"|44[1-9]\d{8,9}|33[1-9]\d{8}|49[1-9]\d{8,10}"
)
_SURE = re.compile(r"0[1-9]\d{8,9}|(?:86)?1[3-9]\d{9}")
_CALL = re.compile(
    r"\b(?:t[eé]l[eé]?phon\w*|tel\w{0,3}|phone|mobile?|call|text|ring|sms|appel\w*|joindre|num[eé]ro|ll[aá]m\w*|m[oó]vil"
    r"|handy|anruf\w*|ruf\w*|whats\s?app|wasap)\b|电话|手机|打给|联系|致电|拨打|热线|號碼|号码|電話"
)
_FILED = re.compile(
    r"\b(?:inv\w*|access\w*|acc|r[eé]f\w*|cat\w*|lot\w*|isbn|issn|ean|order\w*|commande|pedido|bestell\w*|signatur"
    r"|cote)\b\W*(?:n?[o°.º]{0,2}|nr|num\w*)\W*\Z|(?:编号|藏品|订单|单号|书号|货号|条码|編號)\W*\Z"
)
_ACCOUNT = re.compile(r"\b(?:card|carte|tarjeta|karte|konto|account|cuenta)\b|卡号|账号|转账|汇款|帳號")
# They stand in programmes and must not join the figures beside them.
_DATE = re.compile(
    r"(?<![\d./-])(?:\d{1,2}[./-]\d{1,2}[./-](?:1[4-9]|20)\d\d|(?:1[4-9]|20)\d\d-\d\d-\d\d)(?![./-]?\d)"
    r"|(?<![\d.:*/-])(?:[01]?\d|2[0-4])\s?[:h]\s?[0-5]\d(?![\d.:*/-])"
)
_SCORE = re.compile(r"(?:\d{1,2}\s?[-–:]\s?\d{1,2}[\s,;/·]+){2,}\d{1,2}\s?[-–:]\s?\d{1,2}")
_YEAR = re.compile(r"1[4-9]\d\d|20\d\d")
_THOUSANDS = re.compile(r"\d{1,3}(?:[ .,]\d{3})+")
# Decimals, rows like "821/850/860", addresses of computers.
_MEASURED = re.compile(
    r"\d+[.,]\d+|\d{1,4}(?:/\d{1,4}){2,}|(?:(?:1?\d?\d|2[0-5]\d)\.){3}(?:1?\d?\d|2[0-5]\d)"
)
_STEPS: Final = "01234567890123456789"
_RUN_READ: Final = 40  # numerals of one run in which a number is looked for


def reach_in(text: str) -> str | None:
    """ "phone" or "iban" for the first number of that kind in a text that is `unmasked`."""
    text = _DATE.sub(lambda date: "x" * len(date[0]), text)
    return next((kind for run in runs(text) if (kind := _kind(run, text))), None)


def _kind(run: Run, text: str) -> str | None:
    digits = run.digits
    if len(digits) < SHORTEST or _is_nobodys(run, text):
        return None
    start = run.numerals[0].start
    if start and text[start - 1].isalnum() and text[start - 1].isascii():
        return None
    before = text[max(start - BEFORE, 0) : start].casefold()
    if _FILED.search(before):
        return "phone" if _SURE.fullmatch(digits) else None
    if len(digits) > LONGEST:
        return _in_long(run, before)
    is_told = before.rstrip(" (").endswith("+") or _CALL.search(before) is not None
    if is_told or (run.is_plain and len(digits) >= PLAIN_SHORTEST) or _NATIONAL.fullmatch(digits):
        return "phone"
    return None


def _in_long(run: Run, before: str) -> str | None:
    """More digits than a phone number has: an account, or several numbers one behind the other."""
    digits = run.digits
    if len(digits) <= ACCOUNT_LONGEST and (
        _ACCOUNT.search(before) or digits.startswith("62") or (run.is_plain and _is_luhn(digits))
    ):
        return "iban"
    numerals = run.numerals[:_RUN_READ]
    for n in range(len(numerals)):
        inner = ""
        for numeral in numerals[n:]:
            inner += numeral.digits
            if len(inner) > LONGEST:
                break
            if _SURE.fullmatch(inner):
                return "phone"
    return None


def _is_nobodys(run: Run, text: str) -> bool:
    """Years, scores, a count, an amount, a measure, a book's number."""
    parts = [numeral.digits for numeral in run.numerals]
    written = text[run.numerals[0].start : run.numerals[-1].end]
    if all(map(_YEAR.fullmatch, parts)) or _SCORE.fullmatch(written) or _is_count(parts):
        return True
    digits = run.digits
    if digits.endswith("00000") or digits in _STEPS or digits in _STEPS[::-1]:
        return True
    if _THOUSANDS.fullmatch(written) and digits.endswith("000"):
        return True
    if (_THOUSANDS.fullmatch(written) or _MEASURED.fullmatch(written)) and not _NATIONAL.fullmatch(digits):
        return True
    return len(digits) == 13 and digits[:3] in ("978", "979") and _is_ean(digits)


def _is_count(parts: list[str]) -> bool:
    """ "10 9 8 7 6", "101 102 103": each as far from the one before it."""
    steps = {int(right) - int(left) for left, right in pairwise(parts)}
    return len(parts) > 2 and len(steps) == 1


def _is_ean(digits: str) -> bool:
    return sum(int(digit) * (3 if n % 2 else 1) for n, digit in enumerate(digits)) % 10 == 0


def _is_luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
