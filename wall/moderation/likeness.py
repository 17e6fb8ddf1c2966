"""How alike two pictures look: bits that differ between their hashes (`wall/media/dhash.py`).

A likeness asks for a moderator, at most: pictures can be made to collide. The figures are those of
`docs/classifier.md`.
"""

from __future__ import annotations

from collections.abc import Iterable

from wall.media.rendered import Dhashes

SAME = 6  # at most so many bits: the same picture, saved anew
DOUBT = 10  # at most so many: probably the same, cropped or turned a little
FAR = 64  # nothing alike, or not known


def distance(one: str, other: str) -> int:
    """0 to 64 bits. A picture without a hash is far from every picture, itself included."""
    if not one or not other:
        return FAR
    return (int(one, 16) ^ int(other, 16)).bit_count()


def like(new: Dhashes, known: str) -> int:
    """Of a new picture, in any of its forms, from a hash of a known one."""
    return min(distance(form, known) for form in (*new, _mirrored(new[2])))


def nearest(new: Dhashes, known: Iterable[str]) -> tuple[str, int] | None:
    """The hash among the known ones that is most like it, and its distance; None beyond `DOUBT`."""
    found = min(((like(new, one), one) for one in known), default=(FAR, ""))
    return (found[1], found[0]) if found[0] <= DOUBT else None


def lasting(dhashes: Dhashes) -> tuple[str, ...]:
    """The hashes by which a picture is worth remembering: its own, and the one without its border."""
    return tuple(dict.fromkeys(one for one in (dhashes[0], dhashes[2]) if one))


def _mirrored(dhash: str) -> str:
    """What the mirror of the picture has, but for steps between equals: the steps backwards, each the other way."""
    return bytes(int(f"{row ^ 0xFF:08b}"[::-1], 2) for row in bytes.fromhex(dhash)).hex()
