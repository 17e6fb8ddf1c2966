"""Ways to be written to beside the wall: a name at a messenger, a call to scan somebody's own code.

That a museum is on WeChat, or that a label has a code, is no such way: it takes a name, or a bait.
"""

from __future__ import annotations

import re
from typing import Final

_APPS: Final = (
    r"telegram|tele\s?gram|whats\s?app|wasap|wsp|snap(?:chat)?|we\s?chat|weixin|signal|threema|viber|skype|discord"
    r"|kik|line\s?id"
)
_MINE: Final = r"my|mon|ma|mein\w{0,2}|mi|add|ajoute\w*|agr[eé]ga\w*|adde?"
_IS: Final = r"(?:\s?(?:id|name|nick|user|konto|compte|cuenta))?(?:\s?[:=]\s?|\s(?:is|est|es|ist)\s)"
_NAME: Final = r"[a-z0-9][\w.\-]{3,30}"
# Such a name is no word of a sentence: it holds a digit, an underscore or a dot.
_TOLD_NAME: Final = r"(?=[a-z_.\-]{0,20}[\d_]|[a-z]{1,20}\.[a-z])" + _NAME

_NAMED = re.compile(
    rf"\b(?:{_APPS})\b[ ]?[:=\-]?[ ]?@{_NAME}"
    rf"|\b(?:{_APPS})\b{_IS}@?{_TOLD_NAME}"
    rf"|\b(?:{_MINE})\b[^.!?\n]{{0,12}}\b(?:{_APPS})\b{_IS}@?{_NAME}"
    r"|\b(?:t|wa)\.me/\w|\bdiscord\.gg/\w|\bchat\.whatsapp\.com|\bline\.me/|\bu\.wechat\.com|\bsnapchat\.com/add"
)
_HAN_APPS: Final = "(?:微信|薇信|徽信|维信|微x|v信|扣扣|扣q|电报|飞机)"
_HAN_IS: Final = r"(?:id|号码?|群|是|为|[:：\s@])"
_HAN_NAME: Final = r"(?:[a-z][\w\-]{4,30}|\d{5,12})(?!\w)"
_HAN_NAMED = re.compile(
    rf"{_HAN_APPS}{_HAN_IS}{{0,4}}{_HAN_NAME}|(?<![a-z0-9])(?:tg|line|wechat|qq群){_HAN_IS}{{1,4}}{_HAN_NAME}"
    rf"|(?:[加➕]|(?<![a-z0-9+])\+)\s?(?:[v微薇威卫][信x星]?|q)\s?[:：]?\s?{_HAN_NAME}"
    rf"|(?:威信|卫星)号?\s?[:：]\s?{_HAN_NAME}"
)
_SHORT_NAMED = re.compile(
    rf"(?<![a-z0-9])(?:vx|wx|weixin|qq)(?:\s?(?:id|号码?))?(?:\s?[:=]\s?|\s)?(?:\d{{6,12}}(?!\w)|(?<=[:=\s]){_TOLD_NAME})"
)
_HAN: Final = re.compile("[\u3400-\u9fff➕]")

_SCAN: Final = r"\b(?:scan\w{0,6}|scann\w{0,5}|flash\w{0,3}|escan\w{0,6})\b"
_CODE: Final = r"(?:qr|code|c[oó]digo)"
_BAIT: Final = (
    r"\bwin\b|\bwon\b|\bfree\b|gagne|gratuit|cadeau|\bgana|gratis|regalo|gewinn|geschenk|\bbonus|\bcash\b"
    r"|[\d ](?:€|\$|£|euros?\b|dollars?\b)|[€$£]\s?\d"
)
_SCAN_MINE = re.compile(rf"{_SCAN} (?:my|mon|ma|mein\w{{0,2}}|mi)\b[^.!?\n]{{0,15}}{_CODE}")
_SCAN_ANY = re.compile(rf"{_SCAN}[^.!?\n]{{0,25}}{_CODE}")
_BAITED = re.compile(_BAIT)
BAIT_NEAR: Final = 60
_HAN_SCAN = re.compile(
    r"扫我|(?:扫|长按|識別|识别)[^。！？\n]{0,8}码[^。！？\n]{0,12}(?:领|免费|红包|进群|入群|加我|加群|优惠|返现|中奖)"
)


def messenger_in(text: str) -> str | None:
    """ "messenger" or "scan" for a text that is `unmasked`; None for one that says neither."""
    text = text.casefold()
    if _NAMED.search(text) or _SHORT_NAMED.search(text) or (_HAN.search(text) and _HAN_NAMED.search(text)):
        return "messenger"
    if _SCAN_MINE.search(text) or _HAN_SCAN.search(text):
        return "scan"
    for call in _SCAN_ANY.finditer(text):
        if _BAITED.search(text, max(call.start() - BAIT_NEAR, 0), call.end() + BAIT_NEAR):
            return "scan"
    return None
