"""A browser's long name for itself in two words that people know: "Safari, iPad"."""

from __future__ import annotations

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_MACHINES = (
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
AGENT_LIMIT = 400


def device_name(agent: str, *, has_touch: bool = False) -> str:
    """ "Safari, iPad", one of the two, or "". An iPad says it is a Mac; no Mac has a touch screen."""
    agent = agent[:AGENT_LIMIT]
    browser = next((word for sign, word in _BROWSERS if sign in agent), "")
    machine = next((word for sign, word in _MACHINES if sign in agent), "")
    if machine == "Mac" and has_touch:
        machine = "iPad"
    return ", ".join(filter(None, (browser, machine)))
