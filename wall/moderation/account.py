"""Accounts that money can be sent to: bank accounts (ISO 13616) and wallets of crypto money."""

from __future__ import annotations

import re
from typing import Final

# How long an IBAN is, by country (the registry of ISO 13616): those a fair's visitors come from.
_LENGTHS: Final = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IT": 27, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24,
    "TR": 26,
}  # fmt: skip
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z][ ]?[A-Za-z](?:[ .\-_/]?[0-9]){2}(?:[ .\-_/]{0,2}[A-Za-z0-9]){11,30}"
)
_SEPARATORS = re.compile(r"[ .\-_/]+")
# Base 58 leaves out 0, O, I and l.
_BASE58: Final = "1-9A-HJ-NP-Za-km-z"
DIGITS_MIN: Final = 10  # of an IBAN, in every country above
_WALLET = re.compile(
    rf"(?<![A-Za-z0-9])(?:(?:bc1|ltc1)[02-9ac-hj-np-z]{{20,71}}|0x[0-9a-fA-F]{{40}}|T[{_BASE58}]{{33}}"
    rf"|[13][{_BASE58}]{{25,33}}|4[{_BASE58}]{{94}})(?![A-Za-z0-9])"
)


def has_iban(text: str) -> bool:
    return any(_is_iban(found[0]) for found in _IBAN.finditer(text))


def has_wallet(text: str) -> bool:
    """Bitcoin, Litecoin, Ethereum, Tron, Monero, by the form of their addresses."""
    return any(not found[0].isdigit() for found in _WALLET.finditer(text))


def _is_iban(text: str) -> bool:
    """The two check digits make the whole, letters counted from A = 10, equal 1 modulo 97."""
    compact = _SEPARATORS.sub("", text).upper()
    length = _LENGTHS.get(compact[:2], len(compact))
    compact = compact[:length]
    if sum(map(str.isdigit, compact)) < DIGITS_MIN:
        return False
    moved = compact[4:] + compact[:4]
    return len(compact) == length >= 15 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1
