"""What a text looks like to somebody who skims it: for matching alone, never shown.

The fold follows Unicode's report 39 on look-alikes in spirit: compatibility forms, case, marks and invisible
signs go, letters of other scripts become the Latin letter they resemble, digits and signs in a word become the
letters they stand for. The table is small and ours; it holds what people really use to slip past a list.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

CACHED_LENGTH: Final = 64


def _pairs(*rows: str) -> dict[int, str]:
    """ "а=a в=b" as a table for `str.translate`."""
    return {ord(pair[0]): pair[2:] for row in rows for pair in row.split()}


# Capitals stand here where the capital resembles another letter than the small one does.
_LOOKALIKES = _pairs(
    "а=a в=b е=e к=k м=m н=h о=o р=p с=c т=t у=y х=x ѕ=s і=i ј=j һ=h ԁ=d ԛ=q ԝ=w ѵ=v ь=b ӏ=l г=r п=n ш=w ԍ=g",
    "α=a β=b γ=y ε=e η=n ι=i κ=k ν=v ο=o ρ=p τ=t υ=u χ=x ω=w ϲ=c ϳ=j Η=H Ν=N Υ=Y Ζ=Z Μ=M",
    "ս=u օ=o ո=n հ=h ց=g զ=q յ=j ք=p",
    "ı=i ɩ=i ɪ=i ɡ=g ɢ=g ɑ=a ᴀ=a ʙ=b ᴄ=c ᴅ=d ᴇ=e ɛ=e ə=e ꜰ=f ƒ=f ʜ=h ᴊ=j ᴋ=k ʟ=l ᴍ=m ɴ=n ᴏ=o ᴘ=p ʀ=r ꜱ=s ᴛ=t",
    "ᴜ=u ᴠ=v ᴡ=w ʏ=y ᴢ=z ø=o đ=d ħ=h ł=l ŧ=t ð=d þ=p æ=ae œ=oe Ø=O Đ=D Ħ=H Ł=L Ŧ=T Æ=AE Œ=OE",
    "Ꭺ=A Ᏼ=B Ꮯ=C Ꭰ=D Ꭼ=E Ꮐ=G Ꮋ=H Ꭵ=i Ꭻ=J Ꮶ=K Ꮮ=L Ꮇ=M Ꮲ=P Ꮪ=S Ꭲ=T Ꮩ=V Ꮃ=W Ꮓ=Z",
    "©=c ®=r",
)
_FLAG_LETTERS = {0x1F1E6 + n: chr(ord("A") + n) for n in range(26)}
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]+")
# Letters to Python, yet nothing to the eye.
_FILLERS = "\u115f\u1160\u17b4\u17b5"

_DIGITS = str.maketrans("01345789", "oieastbg")
_SIGNS = str.maketrans("@$€£¥¢§!|+", "aselycsiit")
# Inside a word "!" is an i, behind one it is an exclamation mark.
_SIGN = re.compile(r"(?<=[^\W_])[@$€£¥¢§!|+]+(?=[^\W_])|[@$€£¥¢§]+(?=[^\W_])|(?<=[^\W_])[@$€£¥¢§]+")
_PAIR = re.compile(r"(.)\1")
_LONG_RUN = re.compile(r"(.)\1{2,}")


class _Unmasking(dict[int, str | None]):
    """For `str.translate`: marks and invisible signs go; filled as characters come by."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        is_mask = unicodedata.category(char) in ("Mn", "Me", "Cf") or char in _FILLERS
        self[code] = None if is_mask else char
        return self[code]


_UNMASKING = _Unmasking()
# Letters drawn as signs have no compatibility form: negative circled ones and negative squared ones.
_UNMASKING |= {start + n: chr(ord("A") + n) for start in (0x1F150, 0x1F170) for n in range(26)}


def unmasked(text: str) -> str:
    """Plain letters for fancy ones, without loose marks and invisible signs. Case and accents stay."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text).translate(_UNMASKING)
    return _FLAGS.sub(lambda flags: f" {flags[0].translate(_FLAG_LETTERS)} ", text)


def skeleton(text: str) -> str:
    """Words of bare letters with one blank between, no run of a letter longer than two. Idempotent.

    Punctuation goes without leaving a blank. A word without a letter keeps its digits.
    """
    return " ".join(filter(None, map(bones, unmasked(text).split())))


def bones(chunk: str) -> str:
    """The skeleton of a text without blanks that is `unmasked` already."""
    return _bones(chunk) if len(chunk) > CACHED_LENGTH else _kept_bones(chunk)


@lru_cache(maxsize=8192)
def thin(bare: str) -> str:
    """A skeleton with every run of a letter as one."""
    return _PAIR.sub(r"\1", bare) if _PAIR.search(bare) else bare


def _bones(chunk: str) -> str:
    if chunk.isascii():
        bare = chunk.lower()
    else:
        decomposed = unicodedata.normalize("NFKD", chunk).translate(_LOOKALIKES).casefold()
        bare = (
            unicodedata.normalize("NFKD", decomposed).translate(_LOOKALIKES).translate(_UNMASKING).casefold()
        )
    if not bare.isalpha():
        if any(map(str.isalpha, bare)):
            bare = _SIGN.sub(lambda signs: signs[0].translate(_SIGNS), bare).translate(_DIGITS)
        bare = "".join(filter(str.isalnum, bare))
    return _LONG_RUN.sub(r"\1\1", bare) if _PAIR.search(bare) else bare


_kept_bones = lru_cache(maxsize=8192)(_bones)
