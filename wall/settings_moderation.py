"""What can be set about judging posts: the rules, the alarm, the classifier, the departments.

Part of the one list of settings; see `wall/settings_shape.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wall import settings_checks as check
from wall.secret import Secret
from wall.settings_words import ONE_LINE, Language, Mode, Treatment, Word


class ModerationSettings(msgspec.Struct, frozen=True, kw_only=True):
    mode: Annotated[
        Mode,
        Meta(
            description="pre: a moderator sees every post first. trusted: authors approved before go up "
            "at once. post: everything that no rule holds goes up at once."
        ),
    ] = "pre"
    words_lists: Annotated[
        tuple[Literal["fr", "en", "zh", "es", "de"], ...],
        Meta(max_length=5, description="Languages of the lists of offensive words that hold a post."),
    ] = ("fr", "en", "zh", "es", "de")
    words_hold: Annotated[
        tuple[Word, ...],
        Meta(
            max_length=500,
            description='Your own words that hold a post; "word*" also stands for all that begin so.',
            examples=[["rival fair", "boycott*"]],
        ),
    ] = ()
    words_allow: Annotated[
        tuple[Word, ...],
        Meta(
            max_length=500,
            description="Words and phrases that pass although a list has them.",
            examples=[["Cockburn"]],
        ),
    ] = ()
    languages: Annotated[
        tuple[Language, ...],
        Meta(
            max_length=32,
            description="Languages wanted; posts known to be in another one are held. [] welcomes all.",
            examples=[["fr", "en", "zh"]],
        ),
    ] = ()
    links: Annotated[
        Treatment,
        Meta(
            description="Posts with links. note: no source shows them at once, a moderator sees them first."
        ),
    ] = "note"
    replies: Annotated[Treatment, Meta(description="Answers to other posts.")] = "allow"
    reposts: Annotated[Treatment, Meta(description="Posts that somebody passed on.")] = "allow"
    shouting: Annotated[
        Treatment, Meta(description="Capitals throughout, or one sign more than ten times in a row.")
    ] = "note"
    near_empty: Annotated[
        Treatment, Meta(description="Hashtags, mentions, links or emoji alone, without a picture.")
    ] = "note"
    min_followers: Annotated[
        int,
        Meta(
            ge=0, le=1_000_000, description="Authors known to have fewer followers are held. 0 holds nobody."
        ),
    ] = 0
    min_account_age_days: Annotated[
        int,
        Meta(ge=0, le=3650, description="Accounts known to be younger, in days, are held. 0 holds nobody."),
    ] = 0
    trust_after: Annotated[
        int,
        Meta(
            ge=0,
            le=1000,
            description="In mode trusted: an author of whom so many posts are approved and none is rejected is "
            "trusted. 0: only those whom a moderator trusts by hand.",
        ),
    ] = 1
    four_eyes: Annotated[
        bool, Meta(description="Two different people must approve a post before it goes up.")
    ] = False
    author_rate: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000,
            description="Posts an author may have in ten minutes; more are held. 0: no limit.",
        ),
    ] = 10
    daily_cap: Annotated[
        int,
        Meta(
            ge=0, le=10_000_000, description="Posts a source may bring in a day; more are held. 0: no limit."
        ),
    ] = 0
    repeats: Annotated[
        Treatment, Meta(description="Nearly the same text or picture as an earlier post: one card, counted.")
    ] = "note"
    rejected_before: Annotated[
        Treatment, Meta(description="A picture that looks like one that was rejected here before.")
    ] = "hold"
    codes: Annotated[Treatment, Meta(description="Pictures with a QR code or a bar code in them.")] = "hold"
    names_protected: Annotated[
        tuple[Word, ...],
        Meta(
            max_length=64,
            description="Names that others may not bear: an author called so, or nearly so, is held.",
            examples=[["Musée Vauclair"]],
        ),
    ] = ()
    names_own: Annotated[
        tuple[Word, ...],
        Meta(
            max_length=64,
            description="Handles and sources that may bear these names.",
            examples=[["@vauclair@social.example.org"]],
        ),
    ] = ()


class AlarmSettings(msgspec.Struct, frozen=True, kw_only=True):
    on: Annotated[
        bool, Meta(description="Whether the wall becomes stricter by itself when it is being flooded.")
    ] = True
    mode: Annotated[
        Literal["pre", "trusted"],
        Meta(
            description="What every source falls back to while the alarm lasts; to trusted, when there is "
            "nothing but a rush."
        ),
    ] = "pre"
    burst: Annotated[
        int,
        Meta(
            ge=5,
            le=1_000_000,
            description="So many posts in a minute, and five times what is usual, are a burst.",
        ),
    ] = 60
    twins: Annotated[
        int,
        Meta(
            ge=3,
            le=10_000,
            description="So many nearly equal posts in a minute, each by another author, are a campaign.",
        ),
    ] = 10
    strangers: Annotated[
        int,
        Meta(
            ge=5,
            le=10_000,
            description="So many posts in a minute by new accounts, or by accounts without followers, are a flood.",
        ),
    ] = 25
    calm_s: Annotated[
        int, Meta(ge=10, le=86_400, description="Seconds of quiet after which the wall is as before.")
    ] = 180


class ClassifierSettings(msgspec.Struct, frozen=True, kw_only=True):
    url: Annotated[
        Annotated[str, Meta(max_length=500)] | None,
        Meta(
            description="Where each post is asked about (HTTP, JSON); no answer in time holds the post.",
            examples=["http://127.0.0.1:9000/judge"],
        ),
        check.endpoint,
    ] = None
    token: Annotated[
        Secret | None,
        Meta(description="Sent as a bearer token.", examples=[{"env": "CLASSIFIER_TOKEN"}]),
    ] = None
    model: Annotated[
        Annotated[str, Meta(max_length=500)] | None,
        Meta(
            description="An ONNX file beside this one, for pictures or for texts (needs parvis[onnx]).",
            examples=["safe-pictures.onnx"],
        ),
    ] = None
    outputs: Annotated[
        tuple[Word, ...],
        Meta(
            max_length=64,
            description="What the model's scores mean, in its order.",
            examples=[["safe", "nudity", "violence"]],
        ),
    ] = ()
    ignore: Annotated[
        tuple[Word, ...],
        Meta(max_length=64, description="Outputs that say nothing bad.", examples=[["safe"]]),
    ] = ("safe", "neutral", "ok", "allow")
    hold_from: Annotated[float, Meta(gt=0, le=1, description="The score from which a post is held.")] = 0.5
    reject_from: Annotated[
        float,
        Meta(gt=0, le=2, description="The score from which a post is put away. Above 1: never."),
    ] = 2.0
    timeout_s: Annotated[
        float, Meta(ge=0.1, le=60, description="Seconds to wait for an answer; then the post is held.")
    ] = 3.0
    pictures: Annotated[bool, Meta(description="Whether pictures are sent along.")] = True


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    host: Annotated[
        Annotated[str, Meta(max_length=253)] | None,
        Meta(description="The server that takes our e-mails.", examples=["smtp.example.org"]),
    ] = None
    port: Annotated[int, Meta(ge=1, le=65535, description="Its port.")] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"], Meta(description="How the line to it is secured.")
    ] = "starttls"
    user: Annotated[str, Meta(max_length=200, pattern=ONE_LINE, description="The name to sign in with.")] = ""
    password: Annotated[
        Secret | None, Meta(description="Its password.", examples=[{"env": "SMTP_PASSWORD"}])
    ] = None
    sender: Annotated[
        str,
        Meta(
            max_length=200,
            pattern=ONE_LINE,
            description="Whom our e-mails come from.",
            examples=["wall@example.org"],
        ),
    ] = ""


class LabelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One `[[label]]`: a department that posts are passed on to."""

    name: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{0,23}\Z",
            description="Names the label in addresses and files.",
            extra={"shape": "1 to 24 of a-z, 0-9 and -"},
            examples=["press"],
        ),
    ]
    title: Annotated[
        str,
        Meta(
            max_length=60, pattern=ONE_LINE, description="What the desk calls it.", examples=["Press office"]
        ),
    ] = ""
    webhook: Annotated[
        Annotated[str, Meta(max_length=500)] | None,
        Meta(
            description="Where each post with this label is sent (HTTP POST, JSON, signed).",
            examples=["https://tickets.example.org/parvis"],
        ),
        check.endpoint,
    ] = None
    secret: Annotated[
        Secret | None,
        Meta(description="Signs what is sent there.", examples=[{"env": "PRESS_SECRET"}]),
    ] = None
    email: Annotated[
        tuple[Annotated[str, Meta(max_length=200, pattern=ONE_LINE), check.email], ...],
        Meta(
            max_length=20,
            description="Who gets an e-mail for each post; needs [mail].",
            examples=[["press@example.org"]],
        ),
    ] = ()
    words: Annotated[
        tuple[Word, ...],
        Meta(
            max_length=200,
            description='Words that set this label by themselves; "word*" also stands for all that begin so.',
            examples=[["journalist*", "interview"]],
        ),
    ] = ()

    @property
    def shown(self) -> str:
        return self.title or self.name.replace("-", " ").capitalize()
