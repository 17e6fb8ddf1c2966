"""What is wrong with the labels in the settings, and what cures it."""

from __future__ import annotations

from wall.dispatch.letter import one_line
from wall.settings import Settings


def problems(settings: Settings) -> list[str]:
    """One sentence each; empty when every label can be delivered. Labels that go nowhere are marks, and right."""
    mail = settings.mail
    found: list[str] = []
    wants_mail = [label.name for label in settings.labels if label.email]
    if wants_mail and not mail.host:
        found.append(
            f"mail.host is missing: label {wants_mail[0]!r} sends e-mails; name the server that takes them"
        )
    if wants_mail and not mail.sender:
        found.append(
            f"mail.sender is missing: label {wants_mail[0]!r} sends e-mails; say whom they come from"
        )
    elif wants_mail and one_line(mail.sender).count("@") != 1:
        found.append("mail.sender is not one e-mail address; write it like 'wall@example.org'")
    if mail.user and mail.password is None:
        found.append('mail.password is missing: mail.user is set; write {env = "SMTP_PASSWORD"}')
    if mail.user and mail.security == "none":
        found.append(
            "mail.security is 'none': the password would travel in the clear; choose 'starttls' or 'tls'"
        )
    found += [
        f"label {label.name!r} has a secret but no webhook that it could sign"
        for label in settings.labels
        if label.secret is not None and label.webhook is None
    ]
    return found
