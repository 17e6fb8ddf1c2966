"""What the desk, the terminal and the settings say of labels, and the words that set them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.dispatch.conftest import Office
from tests.dispatch.department import Department, mail_server
from tests.makers import post
from tests.server import serving
from tests.settingskit import EVENT, read
from tests.stack import free_port
from wall.cli.commands import parvis
from wall.cli.labels import try_label
from wall.dispatch.fitness import problems
from wall.moderation.labelling import labels_for
from wall.settings import EventSettings, LabelSettings, MailSettings, Settings

V = EventSettings(name="Vernissage")
LABEL = '[[label]]\nname = "press"\n'
MAIL = '[mail]\nhost = "smtp.example.org"\nsender = "wall@example.org"\n'
EMAIL = 'email = ["press@example.org"]\n'


async def test_the_desk_sees_every_label_and_how_it_goes(office: Office, data_dir: Path) -> None:
    async with Department(500) as place:
        labels = (
            LabelSettings(name="press", title="Press office", webhook=place.url),
            LabelSettings(name="lost"),
        )
        office.set(*labels)
        await office.hands.arrive(post())
        await office.label(post())
        async with office.courier():
            await office.empty()
    async with serving(office.store, data_dir, labels=labels) as served:
        assert (await served.get("/api/v1/labels"))[0] == 401
        status, body = await served.get("/api/v1/labels", headers=served.admin)
    assert status == 200
    press, lost = body["labels"]
    assert press.pop("last_at") is not None
    assert press == {
        "name": "press", "title": "Press office", "ways": ["webhook"], "sent": 1, "failed": 0, "last_error": "",
    }  # fmt: skip
    assert (lost["title"], lost["ways"], lost["sent"], lost["last_at"]) == ("Lost", [], 0, None)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (LABEL + EMAIL + MAIL, ()),
        (LABEL, ()),
        (LABEL + EMAIL, ("mail.host is missing", "mail.sender is missing")),
        (LABEL + EMAIL + MAIL.replace("wall@example.org", "the wall"), ("mail.sender is not one",)),
        (MAIL + 'user = "wall"\n', ("mail.password is missing",)),
        (MAIL + 'user = "wall"\npassword = "p"\nsecurity = "none"\n', ("mail.security is 'none'",)),
        (LABEL + 'secret = "s"\n', ("label 'press' has a secret but no webhook",)),
    ],
)
def test_settings_that_cannot_work_are_named(tmp_path: Path, text: str, named: tuple[str, ...]) -> None:
    found = problems(read(tmp_path, EVENT + text))
    assert len(found) == len(named)
    for said, expected in zip(found, named, strict=True):
        assert said.startswith(expected)


def test_check_names_them_too(tmp_path: Path) -> None:
    path = tmp_path / "parvis.toml"
    path.write_text(EVENT + LABEL + EMAIL, encoding="utf-8")
    ran = CliRunner().invoke(parvis, ["check", "--config", str(path)])
    assert ran.exit_code == 78
    assert "mail.host is missing" in ran.output


def test_the_terminal_lists_labels_without_their_secrets(tmp_path: Path) -> None:
    path = tmp_path / "parvis.toml"
    hook = 'webhook = "https://tickets.example.org/s3cret"\nsecret = "s3cret"\nwords = ["journalist*"]\n'
    path.write_text(EVENT + LABEL + hook + EMAIL + MAIL, encoding="utf-8")
    ran = CliRunner().invoke(parvis, ["labels", "list", "--config", str(path)])
    assert ran.output == "press  Press  webhook, signed; e-mail to 1; set by 1 word\n"
    ran = CliRunner().invoke(parvis, ["labels", "try", "nobody", "--config", str(path)])
    assert ran.exit_code == 1
    assert "there is no label 'nobody'" in ran.output


async def test_a_test_message_goes_every_way_and_says_what_happened(office: Office, tmp_path: Path) -> None:
    async with Department() as place, mail_server() as box:
        hook = f'webhook = "{place.url}"\n'
        mail = MAIL.replace("smtp.example.org", "127.0.0.1") + f'port = {box.port}\nsecurity = "none"\n'
        settings = read(tmp_path, EVENT + LABEL + hook + EMAIL + mail)
        lines, is_well = await _tried(settings)
        assert (lines, is_well) == (
            ["webhook: 127.0.0.1 has taken the test message", "email: 127.0.0.1 has taken the test message"],
            True,
        )
        assert (
            place.got[0].told["post"]["text"] == box.mails[0][1].get_content().split("> ")[1].split("\r\n")[0]
        )
    lines, is_well = await _tried(settings)
    assert lines[0] == "webhook: 127.0.0.1 cannot be reached"
    assert not is_well


async def _tried(settings: Settings) -> tuple[list[str], bool]:
    return await asyncio.to_thread(try_label, settings, "press")


def test_a_label_that_leads_nowhere_says_so() -> None:
    (line,), is_well = try_label(Settings(event=V, labels=(LabelSettings(name="press"),)), "press")
    assert "leads nowhere" in line
    assert not is_well
    port = free_port()
    email = LabelSettings(name="press", email=("a@example.org",))
    mail = MailSettings(host="127.0.0.1", port=port, sender="w@example.org", security="none")
    assert try_label(Settings(event=V, labels=(email,), mail=mail), "press")[1] is False


LABELS = (
    LabelSettings(name="press", words=("journalist*", "interview", "RTL", "记者")),
    LabelSettings(name="access", words=("wheelchair", "fauteuil roulant")),
    LabelSettings(name="nothing"),
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Bonjour, je suis journaliste", ("press",)),
        ("Une interview en fauteuil roulant ?", ("press", "access")),
        ("J0urnal1ste ici", ("press",)),
        ("#InterviewSalon", ("press",)),
        ("我是记者", ("press",)),
        ("Is there a ramp for my WHEELCHAIR?", ("access",)),
        ("un fauteuil confortable", ()),
        ("Hurtled along", ()),
        ("", ()),
        ("Bonsoir", ()),
    ],
)
def test_words_set_labels_by_themselves(text: str, names: tuple[str, ...]) -> None:
    assert labels_for(text, LABELS) == names
