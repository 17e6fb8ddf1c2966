"""A post handed to a department by e-mail, through the organiser's own mail server."""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
import threading
from collections.abc import Callable, Mapping
from email.message import EmailMessage

from wall.dispatch.channel import Undelivered
from wall.dispatch.letter import Letter, as_mail
from wall.model import utc_now
from wall.secret import reveal
from wall.settings import MailSettings

log = logging.getLogger("parvis.labels")

STEP_S = 10.0
WHOLE_S = 60.0


class Mail:
    """`step_s` limits each word of the mail server, `whole_s` all of them together."""

    kind = "email"

    def __init__(
        self,
        settings: MailSettings,
        recipients: tuple[str, ...],
        *,
        words: Mapping[str, str],
        step_s: float = STEP_S,
        whole_s: float = WHOLE_S,
    ) -> None:
        self._settings = settings
        self._recipients = recipients
        self._words = words
        self._step_s = step_s
        self._whole_s = whole_s
        self.place = settings.host or ""

    async def send(self, letter: Letter) -> None:
        try:
            mail = as_mail(
                letter,
                sender=self._settings.sender,
                recipients=self._recipients,
                words=self._words,
                now=utc_now(),
            )
            async with asyncio.timeout(self._whole_s):
                await in_thread(lambda: self._hand_over(mail))
        except TimeoutError:
            raise Undelivered("the mail server did not answer in time") from None
        except ssl.SSLCertVerificationError:
            raise Undelivered("the certificate of the mail server is not valid") from None
        except smtplib.SMTPAuthenticationError as error:
            raise Undelivered(f"the mail server refuses the user or password ({error.smtp_code})") from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            raise Undelivered(f"the mail server refuses every recipient ({codes[0]})") from None
        except smtplib.SMTPResponseException as error:
            raise Undelivered(f"the mail server answered {error.smtp_code}") from None
        except smtplib.SMTPNotSupportedError:
            raise Undelivered("the mail server cannot do what [mail] asks for") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise Undelivered(f"the mail server cannot be reached ({type(error).__name__})") from None

    def _hand_over(self, mail: EmailMessage) -> None:
        with self._connect() as server:
            if self._settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self._settings.user:
                server.login(self._settings.user, reveal(self._settings.password or ""))
            refused = server.send_message(mail)
        if refused:
            log.warning("the mail server refused %d of %d recipients", len(refused), len(self._recipients))

    def _connect(self) -> smtplib.SMTP:
        host, port = self._settings.host or "", self._settings.port
        if self._settings.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, timeout=self._step_s, context=context)
        return smtplib.SMTP(host, port, timeout=self._step_s)


async def in_thread(work: Callable[[], None]) -> None:
    """Run `work` beside the loop. Unlike the loop's own threads this one keeps no process from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        failed: BaseException | None = None
        try:
            work()
        except (OSError, ValueError, smtplib.SMTPException) as error:
            failed = error
        try:
            loop.call_soon_threadsafe(finish, failed)
        except RuntimeError:
            return  # the loop has ended meanwhile

    threading.Thread(target=run, name="mail", daemon=True).start()
    await done
