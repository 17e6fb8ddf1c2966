"""Posts passed on by e-mail: a real mail server, and authors who would like to write its headers."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path

import msgspec
import pytest

from tests.dispatch.conftest import Office
from tests.dispatch.department import WAIT_S, Mailbox, certificate, mail_server
from tests.makers import NOW, card, post
from tests.stack import free_port
from wall.catalogue import LANGUAGES, read_words
from wall.dispatch.channel import Undelivered
from wall.dispatch.letter import as_mail, write
from wall.dispatch.mail import Mail
from wall.model import CardAuthor, Digest, Span, State
from wall.record import Memo
from wall.secret import Secret
from wall.settings import EventSettings, LabelSettings, MailSettings, Settings, WebSettings

PASSWORD = Secret("correct horse")
PRESS = LabelSettings(
    name="press", title="Service de presse", email=("press@example.org", "chef@example.org")
)
# What somebody may call himself or write, to send e-mails in our name.
ATTACKS = (
    "Inès\r\nBcc: everybody@example.com",
    "x\n\nBody of another mail",
    "=?utf-8?q?hello=0D=0ABcc:_everybody@example.com?=",
    "=?utf-8?b?DQpCY2M6IGV2ZXJ5Ym9keUBleGFtcGxlLmNvbQ==?=",
    "a\u2028Bcc: everybody@example.com\u0085Bcc: everybody@example.com",
    "\x00\x0b\x0cBcc: everybody@example.com",
    "é" * 300 + "\r\nBcc: everybody@example.com",
    "a " * 60 + "=?utf-8?q?=0ABcc:_everybody@example.com?=",
)


def server_at(box: Mailbox, **more: object) -> MailSettings:
    fields = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "Wall <wall@example.org>"}
    return MailSettings(**{**fields, **more})  # type: ignore[arg-type]  # mixed values


async def test_a_labelled_post_arrives_as_an_e_mail(office: Office) -> None:
    async with mail_server() as box:
        office.set(PRESS, mail=server_at(box), web=WebSettings(public_url="https://wall.example.org"))
        said = post("1", "Je suis journaliste.\nPuis-je vous appeler ?")
        await office.hands.arrive(said, Digest("ab" * 32))
        await office.hands.gate.set_memo(said.pid, "appeler ce soir", by="Anna")
        await office.label(said)
        async with office.courier():
            await box.until(1)
            await office.empty()
    ((recipients, mail, _),) = box.mails
    assert recipients == ["press@example.org", "chef@example.org"]
    assert (
        mail["Subject"]
        == "[La Nuit des Lumières] Service de presse\u202f: Je suis journaliste. Puis-je vous appeler ?"
    )
    assert mail["From"] == "Wall <wall@example.org>"
    assert mail["To"] == "press@example.org, chef@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{mail['Parvis-Delivery']}@example.org>"
    assert mail.get_content_type() == "text/plain"
    text = mail.get_content().replace("\r\n", "\n")
    for line in (
        "Inès · Mastodon",
        "2026-11-24 12:00 UTC",
        "> Je suis journaliste.\n> Puis-je vous appeler ?",
        "Note de Anna\u202f: appeler ce soir",
        f"https://wall.example.org/media/{'ab' * 32}/large",
        f"https://wall.example.org/desk?post={said.pid}",
    ):
        assert line in text
    assert (await office.count(kind="email")).sent == 1


@pytest.mark.parametrize("attack", ATTACKS)
async def test_nobody_writes_our_headers(attack: str) -> None:
    """Read from what the server got, by a reader that decodes as mail programs do."""
    event = EventSettings(name="Vernissage")
    said = card(post("1", attack))
    said = msgspec.structs.replace(
        said,
        author=CardAuthor(name=attack, handle=attack),
        url=f"https://example.org/{attack}",
        warning=attack,
    )
    async with mail_server() as box:
        mail = Mail(server_at(box), ("press@example.org",), words=read_words("fr"))
        for spans in (said.spans, (Span(""),), ()):
            letter = write(
                Settings(event=event), PRESS, msgspec.structs.replace(said, spans=spans), rev=1,
                state=State.QUEUED, memo=Memo(text=attack, by=attack, at_ms=0),
            )  # fmt: skip
            await mail.send(letter)
    assert len(box.mails) == 3
    for recipients, got, raw in box.mails:
        assert recipients == ["press@example.org"]
        head = raw.partition(b"\r\n\r\n")[0]
        lines = [
            line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))
        ]
        assert set(lines) == {
            b"Subject", b"From", b"To", b"Date", b"Message-ID", b"Auto-Submitted", b"Parvis-Delivery",
            b"Content-Type", b"Content-Transfer-Encoding", b"MIME-Version", b"X-Peer", b"X-MailFrom", b"X-RcptTo",
        } - ({b"X-Peer", b"X-MailFrom", b"X-RcptTo"} - set(lines))  # fmt: skip
        assert "\n" not in got["Subject"]
        assert got["Bcc"] is None
        assert str(got["Subject"]).startswith("[Vernissage] Service de presse")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_written_in_the_language_of_the_event(lang: str) -> None:
    settings = Settings(event=EventSettings(name="活动", languages=(lang,)))  # type: ignore[arg-type]  # one of three
    letter = write(settings, PRESS, card(post("1", "你好，世界")), rev=1, state=State.APPROVED)
    words = read_words(lang)
    mail = as_mail(letter, sender="wall@example.org", recipients=("a@example.org",), words=words, now=NOW)
    assert words["letter.state.approved"] in mail.get_content()
    assert "> 你好，世界" in mail.get_content()
    assert "{" not in mail.get_content() + mail["Subject"]
    assert "活动" in mail["Subject"]


def test_a_post_of_pictures_alone_has_its_authors_name_in_the_subject() -> None:
    letter = write(
        Settings(event=EventSettings(name="Vernissage")),
        PRESS,
        msgspec.structs.replace(card(post()), spans=()),
        rev=1,
        state=State.HELD,
    )
    words = read_words("en")
    mail = as_mail(letter, sender="wall@example.org", recipients=("a@example.org",), words=words, now=NOW)
    assert mail["Subject"] == "[Vernissage] Service de presse: Inès"
    assert "(no words)" in mail.get_content()


async def test_a_mail_server_that_comes_late_gets_the_mail(office: Office) -> None:
    port = free_port()
    office.set(
        PRESS, mail=MailSettings(host="127.0.0.1", port=port, security="none", sender="wall@example.org")
    )
    await office.hands.arrive(post())
    await office.label(post())
    async with office.courier(pause=lambda _: 60.0):
        error = await _error_of(office)
    assert error == "the mail server cannot be reached (ConnectionRefusedError)"
    async with mail_server() as box:
        office.set(PRESS, mail=server_at(box))
        async with office.courier():
            await box.until(1)
            await office.empty()


async def _error_of(office: Office) -> str:
    async with asyncio.timeout(WAIT_S):
        while not (found := (await office.count(kind="email")).last_error):
            await asyncio.sleep(0.01)
    return found


async def test_of_two_recipients_one_may_be_refused(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    async with mail_server() as box:
        box.refuse["chef@example.org"] = "550 no such user"
        office.set(PRESS, mail=server_at(box))
        await office.hands.arrive(post())
        await office.label(post())
        async with office.courier():
            await office.empty()
        assert [recipients for recipients, _, _ in box.mails] == [["press@example.org"]]
        assert "refused 1 of 2 recipients" in caplog.text
        assert "chef@" not in caplog.text


async def test_when_all_are_refused_it_is_given_up(office: Office) -> None:
    async with mail_server() as box:
        box.refuse = {"press@example.org": "550 no", "chef@example.org": "550 no"}
        office.set(PRESS, mail=server_at(box))
        await office.hands.arrive(post())
        await office.label(post())
        async with office.courier():
            await office.empty()
    count = await office.count(kind="email")
    assert (count.failed, count.last_error) == (1, "the mail server refuses every recipient (550)")


async def test_webhook_and_e_mail_do_not_wait_for_each_other(office: Office) -> None:
    """The one that is away is tried alone: the other has had its post."""
    async with mail_server() as box:
        dead = f"http://127.0.0.1:{free_port()}/"
        office.set(msgspec.structs.replace(PRESS, webhook=dead), mail=server_at(box))
        await office.hands.arrive(post())
        await office.label(post())
        async with office.courier():
            await office.empty()
        assert len(box.mails) == 1
    assert (await office.count(kind="email")).sent == 1
    assert (await office.count(kind="webhook")).failed == 1


# -- a line that is secured ------------------------------------------------------------------------------------


async def test_starttls_signs_in_over_a_line_that_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tls, cert = certificate(tmp_path)
    letter = write(Settings(event=EventSettings(name="V")), PRESS, card(post()), rev=1, state=State.QUEUED)
    async with mail_server(tls=tls, is_strict=True) as box:
        settings = server_at(box, host="localhost", security="starttls", user="wall", password=PASSWORD)
        mail = Mail(settings, PRESS.email, words=read_words("fr"))
        with pytest.raises(Undelivered, match="certificate of the mail server is not valid"):
            await mail.send(letter)
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        await mail.send(letter)
        assert box.logins == [(b"wall", b"correct horse")]
        wrong = msgspec.structs.replace(settings, password=Secret("wrong horse"))
        with pytest.raises(Undelivered, match="refuses the user or password"):
            await Mail(wrong, PRESS.email, words=read_words("fr")).send(letter)
        named = msgspec.structs.replace(
            settings, host="127.0.0.1"
        )  # a name that the certificate does not have
        with pytest.raises(Undelivered, match="certificate of the mail server is not valid"):
            await Mail(named, PRESS.email, words=read_words("fr")).send(letter)
    assert len(box.mails) == 1
    assert "horse" not in caplog.text


async def test_without_starttls_nothing_is_said_in_the_clear() -> None:
    letter = write(Settings(event=EventSettings(name="V")), PRESS, card(post()), rev=1, state=State.QUEUED)
    async with mail_server() as box:
        settings = server_at(box, security="starttls", user="wall", password=PASSWORD)
        with pytest.raises(Undelivered, match=r"cannot do what \[mail\] asks for"):
            await Mail(settings, PRESS.email, words=read_words("fr")).send(letter)
    assert (box.mails, box.logins) == ([], [])


async def test_a_mail_server_that_says_nothing_keeps_nobody_waiting() -> None:
    letter = write(Settings(event=EventSettings(name="V")), PRESS, card(post()), rev=1, state=State.QUEUED)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings = MailSettings(
            host="127.0.0.1", port=silent.getsockname()[1], security="none", sender="w@example.org"
        )
        for limits in ({"step_s": 0.2}, {"whole_s": 0.2}):
            with pytest.raises(Undelivered):
                await Mail(settings, PRESS.email, words=read_words("fr"), **limits).send(letter)
