"""What an organiser can set: the one list of settings.

`parvis init`, `parvis.example.toml` and the messages for a mistake are made from these annotations.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from wall import settings_checks as check
from wall.secret import Secret
from wall.settings_moderation import (
    AlarmSettings,
    ClassifierSettings,
    LabelSettings,
    MailSettings,
    ModerationSettings,
)
from wall.settings_programme import Hours, ProgrammeSettings
from wall.settings_words import ONE_LINE, Cidr, Hashtag, Mode, Name, Site

DATA_NAME = "parvis-data"


class EventSettings(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Name, Meta(description="What the screens, the desk and the pages call the event.")]
    slug: Annotated[
        str,
        Meta(
            max_length=40,
            pattern=r"^[a-z0-9-]{1,40}\Z",
            description="Names the event in the store; made from the name. Set it before renaming.",
            extra={"shape": "1 to 40 of a-z, 0-9 and -"},
            examples=["nuit-des-lumieres"],
        ),
    ] = ""
    venue: Annotated[str, Meta(max_length=120, pattern=ONE_LINE, description="Where it takes place.")] = ""
    dates: Annotated[
        tuple[date, ...],
        Meta(
            max_length=2,
            description="The first and the last day.",
            examples=[[date(2026, 12, 5), date(2026, 12, 6)]],
        ),
        check.day_range,
    ] = ()
    hashtags: Annotated[
        tuple[Hashtag, ...],
        Meta(max_length=32, description="What visitors write; every source looks for these."),
    ] = ()
    languages: Annotated[
        tuple[Literal["fr", "en", "zh"], ...],
        Meta(min_length=1, max_length=3, description="Languages of the pages, the first is the event's own."),
    ] = ("fr", "en", "zh")


class SourceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One `[[source]]`. `options` are the network's own, raw, with secrets as `Secret`.

    `hashtags` and `mode` None mean the event's: see `Settings.hashtags_of` and `Settings.mode_of`.
    """

    network: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9_-]{1,40}\Z",
            description="The kind of source; `parvis networks` lists them.",
            extra={"shape": 'the name of a network like "mastodon"'},
        ),
    ]
    name: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z",
            description="What the desk calls it; the network's name.",
            extra={"shape": "1 to 40 of a-z, 0-9 and -"},
        ),
    ]
    hashtags: (
        Annotated[tuple[Hashtag, ...], Meta(max_length=32, description="Instead of the event's hashtags.")]
        | None
    ) = None
    mode: Annotated[Mode, Meta(description="Instead of moderation.mode.")] | None = None
    four_eyes: Annotated[bool, Meta(description="Instead of moderation.four_eyes.")] | None = None
    daily_cap: (
        Annotated[int, Meta(ge=0, le=10_000_000, description="Instead of moderation.daily_cap.")] | None
    ) = None
    options: dict[str, Any] = {}


class NetworkAccess(msgspec.Struct, frozen=True, kw_only=True):
    allow: Annotated[
        tuple[Cidr, ...],
        Meta(
            max_length=64,
            description="Private addresses that sources and pictures may be fetched from.",
            examples=[["127.0.0.1/32"]],
        ),
    ] = ()


class RedisSettings(msgspec.Struct, frozen=True, kw_only=True):
    url: Annotated[
        Secret | None,
        Meta(
            description="Your own Redis 7 or Valkey. Without it Parvis runs one in the data folder.",
            examples=["redis://127.0.0.1:6379/0"],
        ),
        check.redis_url,
    ] = None


class WebSettings(msgspec.Struct, frozen=True, kw_only=True):
    host: Annotated[
        str,
        Meta(max_length=253, description='The address to listen on; "0.0.0.0" lets phones and screens in.'),
        check.host,
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="The port to listen on.")] = 8000
    public_url: Annotated[
        Annotated[str, Meta(max_length=300)] | None,
        Meta(
            description="Where visitors reach this wall from outside, for the QR codes.",
            examples=["https://wall.example.org"],
        ),
        check.public_url,
    ] = None
    trusted_proxies: Annotated[
        tuple[Cidr, ...],
        Meta(
            max_length=64,
            description="Reverse proxies whose X-Forwarded-For is believed.",
            examples=[["127.0.0.1/32"]],
        ),
    ] = ()
    admin_token: Annotated[
        Secret | None,
        Meta(
            description="A token for the API from the start; PARVIS_ADMIN_TOKEN sets it too.",
            examples=[{"file": "admin-token.txt"}],
        ),
    ] = None
    embed_on: Annotated[
        tuple[Site, ...],
        Meta(
            max_length=64,
            description='Sites whose pages may show the wall in a frame; "*" is every site. See docs/embed.md.',
            examples=[["https://museum.example"]],
        ),
    ] = ()
    readers: Annotated[
        int,
        Meta(
            ge=1, le=100_000, description="How many people a web process lets follow /wall at the same time."
        ),
    ] = 8000
    readers_per_address: Annotated[
        int,
        Meta(ge=1, le=100_000, description="The same from one network address (a hall's Wi-Fi is one)."),
    ] = 4000


class ScreenSettings(msgspec.Struct, frozen=True, kw_only=True):
    diagonal_in: Annotated[float, Meta(ge=5, le=2000, description="The screen's diagonal, inches.")] = 65.0
    distance_m: Annotated[
        float,
        Meta(
            ge=0.3, le=200, description="How far away people stand, metres. Both set the size of the letters."
        ),
    ] = 5.0
    theme: Annotated[
        str,
        Meta(
            max_length=40,
            pattern=r"^[a-z0-9][a-z0-9-]*\Z",
            description="night for dim rooms, day for bright halls, or any theme: encre, fjord, parade, yours.",
            extra={"shape": 'the name of a theme like "night" or "day"'},
        ),
    ] = "night"
    layout: Annotated[
        str,
        Meta(
            max_length=40,
            pattern=r"^([a-z][a-z0-9-]*)?\Z",
            description="One layout for ever. Empty: the programme, see [[programme]] below; Parvis brings one.",
            extra={"shape": 'the name of a layout like "bento"'},
        ),
    ] = ""
    offline_max_s: Annotated[
        int,
        Meta(
            ge=30,
            le=86400,
            description="How long a screen cut off from Parvis goes on showing posts, seconds.",
        ),
    ] = 900
    pairing: Annotated[
        bool,
        Meta(
            description="Whether a screen must be let in at the desk first; this machine's own needs no leave."
        ),
    ] = True
    quiet_hours: Annotated[
        Hours,
        Meta(
            description="When the hall is empty: screens are dimmed and show the best of the day again.",
            examples=["22:00-07:00"],
        ),
    ] = ""
    pixel_shift: Annotated[
        bool,
        Meta(description="Whether pictures wander by a few pixels, so that nothing burns into the panel."),
    ] = True
    reduced_motion: Annotated[
        bool,
        Meta(description="Whether cards change by a short fade alone, for people whom movement disturbs."),
    ] = False


class FairnessSettings(msgspec.Struct, frozen=True, kw_only=True):
    seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=600,
            description="Every approved post is on some screen for so many seconds. 0: whatever comes about.",
        ),
    ] = 10
    within_min: Annotated[
        int,
        Meta(
            ge=1, le=1440, description="Within so many minutes of its approval, or the desk says it cannot."
        ),
    ] = 15


class JoinSettings(msgspec.Struct, frozen=True, kw_only=True):
    code_required: Annotated[
        bool, Meta(description="Whether only phones that scanned the venue's QR code may send posts.")
    ] = True
    per_device_per_min: Annotated[
        int, Meta(ge=1, le=600, description="Posts a phone may send in a minute.")
    ] = 3
    per_address_per_min: Annotated[
        int,
        Meta(
            ge=1,
            le=100000,
            description="Posts one network address may send in a minute (a hall's Wi-Fi is one).",
        ),
    ] = 60


class KioskSettings(msgspec.Struct, frozen=True, kw_only=True):
    languages: Annotated[
        tuple[Literal["fr", "en", "zh", "de", "es", "it", "ar"], ...],
        Meta(min_length=1, max_length=7, description="Languages of the kiosk, in the order of its buttons."),
    ] = ("fr", "en", "zh", "de", "es", "it", "ar")
    printer: Annotated[
        str,
        Meta(
            max_length=120,
            pattern=r"^([A-Za-z0-9_.-]+)?\Z",
            description="The CUPS queue that prints mosaics (`lpstat -e` lists them). Empty: no printing.",
            extra={"shape": 'the name of a CUPS queue like "photo"'},
            examples=["photo"],
        ),
    ] = ""
    fetch_min: Annotated[
        int,
        Meta(
            ge=2, le=1440, description="Minutes a mosaic can be fetched by phone; kept if its visitor agrees."
        ),
    ] = 30
    keep_h: Annotated[
        int, Meta(ge=1, le=240, description="Hours a mosaic is kept whose visitor agreed to keep it.")
    ] = 24
    colours: Annotated[
        tuple[
            Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}\Z", extra={"shape": 'a colour like "#14121c"'})], ...
        ],
        Meta(
            min_length=2,
            max_length=2,
            description='The dark and the light colour of the style "event colours".',
        ),
    ] = ("#1b1038", "#ffcf6b")
    wifi: Annotated[
        str,
        Meta(
            max_length=32,
            pattern=ONE_LINE,
            description="The hall's Wi-Fi, shown as a code beside the mosaic's.",
        ),
    ] = ""
    wifi_password: Annotated[
        Secret | None,
        Meta(description="Its password; without it the Wi-Fi is open.", examples=["welcome-hall"]),
    ] = None


class MediaSettings(msgspec.Struct, frozen=True, kw_only=True):
    max_mb: Annotated[int, Meta(ge=1, le=200, description="The largest picture taken in, megabytes.")] = 20


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is set. `path` is the file it came from, None for the built-in sample."""

    event: EventSettings
    moderation: ModerationSettings = ModerationSettings()
    alarm: AlarmSettings = AlarmSettings()
    classifier: ClassifierSettings = ClassifierSettings()
    mail: MailSettings = MailSettings()
    labels: tuple[LabelSettings, ...] = ()
    programmes: tuple[ProgrammeSettings, ...] = ()
    sources: tuple[SourceSettings, ...] = ()
    network_access: NetworkAccess = NetworkAccess()
    redis: RedisSettings = RedisSettings()
    web: WebSettings = WebSettings()
    screen: ScreenSettings = ScreenSettings()
    fairness: FairnessSettings = FairnessSettings()
    join: JoinSettings = JoinSettings()
    kiosk: KioskSettings = KioskSettings()
    media: MediaSettings = MediaSettings()
    data_dir: Path = Path(DATA_NAME)
    path: Path | None = None
    warnings: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where paths in the settings start from: beside the file, or here."""
        return self.path.absolute().parent if self.path else Path.cwd()

    def hashtags_of(self, source: SourceSettings) -> tuple[str, ...]:
        return self.event.hashtags if source.hashtags is None else source.hashtags

    def mode_of(self, source_name: str) -> Mode:
        """The mode for posts of this source; the event's for visitors' posts and sources that are gone."""
        own = self.source(source_name)
        return self.moderation.mode if own is None or own.mode is None else own.mode

    def needs_two(self, source_name: str) -> bool:
        """Whether two people must approve posts of this source."""
        own = self.source(source_name)
        return self.moderation.four_eyes if own is None or own.four_eyes is None else own.four_eyes

    def daily_cap_of(self, source_name: str) -> int:
        own = self.source(source_name)
        return self.moderation.daily_cap if own is None or own.daily_cap is None else own.daily_cap

    def source(self, name: str) -> SourceSettings | None:
        return next((source for source in self.sources if source.name == name), None)


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "event": EventSettings,
    "moderation": ModerationSettings,
    "alarm": AlarmSettings,
    "classifier": ClassifierSettings,
    "network_access": NetworkAccess,
    "redis": RedisSettings,
    "web": WebSettings,
    "screen": ScreenSettings,
    "fairness": FairnessSettings,
    "join": JoinSettings,
    "kiosk": KioskSettings,
    "media": MediaSettings,
    "mail": MailSettings,
}

OWN_SOURCE_KEYS = ("network", "name", "hashtags", "mode", "four_eyes", "daily_cap")
