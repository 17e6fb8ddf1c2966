"""The external classifier: a machine's opinion of a post, from an address or from a model on this machine.

It fails closed. No answer in time, nonsense, a model that cannot be loaded or run: the post is held, with a reason
that says so. It is no `Rule`, for it waits on the outside world; the worker asks it and adds its finding to theirs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from wall.media.pool import DecodePool
from wall.media.rendered import Refused
from wall.model import Card, Post
from wall.moderation.endpoint import Endpoint, words_of
from wall.moderation.rule import Finding
from wall.moderation.scores import Unavailable, finding_of_answer, finding_of_scores
from wall.settings_moderation import ClassifierSettings
from wall.verdict import Ruling

if TYPE_CHECKING:
    from wall.moderation.onnx import Model

log = logging.getLogger("parvis.classifier")

NAME = "classifier"
UNAVAILABLE = Finding(Ruling.HOLD, "unavailable")
AT_ONCE = 4
FAILURES_MAX = 5  # in a row; then it is asked only every
PAUSE_S = 10.0
NOT_INSTALLED = "classifier.model needs onnxruntime, which is not installed; run pip install 'parvis[onnx]'"


class Classifier:
    """An async context manager. Without `url` and `model` in the settings it says nothing.

    `folder` is where the settings stand: the model's path is read from there. `pool` turns pictures into pixels for a
    model. `clock` gives seconds that never go back.
    """

    name = NAME

    def __init__(
        self,
        settings: ClassifierSettings,
        *,
        folder: Path,
        pool: DecodePool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._pool = pool
        self._clock = clock
        self._room = asyncio.Semaphore(AT_ONCE)
        self._open = AsyncExitStack()
        self._endpoint: Endpoint | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._model: Model | None = None
        self._failures = 0
        self._asked_again_at = 0.0

    @property
    def is_on(self) -> bool:
        return bool(self._settings.url or self._settings.model)

    @property
    def wants_pictures(self) -> bool:
        """Whether reading pictures for it is worth the while."""
        return self.is_on and self._settings.pictures

    async def __aenter__(self) -> Self:
        settings = self._settings
        if settings.url:
            endpoint = Endpoint(settings.url, token=settings.token)
            self._endpoint = await self._open.enter_async_context(endpoint)
        elif settings.model:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="classifier")
            try:
                await self._loaded(self._thread)
            except Unavailable as why:
                self._failed(why)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()
        if self._thread is not None:
            if self._model is not None:
                self._model.stop()
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def ask(self, post: Post, card: Card, pictures: Sequence[bytes] = ()) -> Finding | None:
        """What it holds against a post. `pictures` are our own `medium` variants of it, WebP."""
        if not self.is_on:
            return None
        async with self._room:
            if self._is_resting():
                return UNAVAILABLE
            try:
                async with asyncio.timeout(self._settings.timeout_s):
                    finding = await self._asked(post, card, pictures if self._settings.pictures else ())
            except TimeoutError:
                if self._model is not None:
                    self._model.stop()
                return self._failed(Unavailable(f"it took more than {self._settings.timeout_s:g} s"))
            except Unavailable as why:
                return self._failed(why)
            except Exception as error:  # noqa: BLE001  # whatever breaks in a checker, the answer is the same: hold
                return self._failed(Unavailable(f"it failed ({type(error).__name__})"))
        self._worked()
        return finding

    async def _asked(self, post: Post, card: Card, pictures: Sequence[bytes]) -> Finding | None:
        if self._endpoint is not None:
            return finding_of_answer(await self._endpoint.ask(post, card, pictures), self._settings)
        if self._thread is None:
            raise RuntimeError("use the classifier inside `async with`")
        scores = await self._scored(self._thread, card, pictures)
        return finding_of_scores(scores, self._settings) if scores else None

    # -- a model ----------------------------------------------------------------------------------------------

    async def _scored(
        self, thread: ThreadPoolExecutor, card: Card, pictures: Sequence[bytes]
    ) -> dict[str, float]:
        """The worst of each score over all pictures; nothing for a post that has none of what the model takes."""
        loop = asyncio.get_running_loop()
        model = await self._loaded(thread)
        if model.takes == "text":
            words = words_of(card)
            return await loop.run_in_executor(thread, model.of_text, words) if words else {}
        worst: dict[str, float] = {}
        for data in pictures:
            try:
                rgb = await self._pool.pixels(data, width_px=model.width_px, height_px=model.height_px)
            except Refused as refused:
                raise Unavailable(f"a picture cannot be opened for it: {refused}") from None
            for name, score in (await loop.run_in_executor(thread, model.of_picture, rgb)).items():
                worst[name] = max(score, worst.get(name, score))
        return worst

    async def _loaded(self, thread: ThreadPoolExecutor) -> Model:
        """A model that could not be loaded is tried again: the file may have been put right."""
        if self._model is not None:
            return self._model
        return await asyncio.get_running_loop().run_in_executor(thread, self._load)

    def _load(self) -> Model:
        """In the thread, and kept though nobody waits for it any more."""
        if self._model is None:
            self._model = load_model(self._settings, self._folder)
        return self._model

    # -- failing closed ---------------------------------------------------------------------------------------

    def _is_resting(self) -> bool:
        """After too many failures: one post in ten seconds asks, the others are held without waiting."""
        if self._failures < FAILURES_MAX:
            return False
        if self._clock() < self._asked_again_at:
            return True
        self._asked_again_at = self._clock() + PAUSE_S
        return False

    def _failed(self, why: Unavailable) -> Finding:
        if not self._failures:
            log.warning("the classifier gives no answer, so posts are held: %s", why)
        self._failures += 1
        self._asked_again_at = self._clock() + PAUSE_S
        return UNAVAILABLE

    def _worked(self) -> None:
        if self._failures:
            log.info("the classifier answers again")
        self._failures = 0


def problems(settings: ClassifierSettings, *, folder: Path) -> list[str]:
    """What is wrong with the settings and the model they name, one sentence each. Loads the model."""
    found: list[str] = []
    if settings.url and settings.model:
        found.append("classifier.url and classifier.model are both set; keep one of them")
    if settings.reject_from < settings.hold_from:
        found.append(
            f"classifier.reject_from ({settings.reject_from:g}) is below classifier.hold_from "
            f"({settings.hold_from:g}), so nothing is ever held; set it higher, or to 2 to put nothing away"
        )
    if settings.model:
        try:
            model = load_model(settings, folder)
        except Unavailable as why:
            return [*found, str(why)]
        harmless = {name.casefold() for name in settings.ignore}
        if all(name.casefold() in harmless for name in model.names):
            found.append(
                "classifier.ignore names every score of the model; leave out what should hold a post"
            )
        if model.takes == "pictures" and not settings.pictures:
            found.append("classifier.pictures is false, but the model takes nothing else; set it to true")
    return found


def load_model(settings: ClassifierSettings, folder: Path) -> Model:
    """Raises `Unavailable`, with the cure."""
    path = folder / Path(settings.model or "").expanduser()
    if not path.is_file():
        raise Unavailable(f"classifier.model: there is no file {path}; put it there or correct the path")
    try:
        from wall.moderation.onnx import Model, Unfit  # only here: few walls have what it needs
    except ImportError:
        raise Unavailable(NOT_INSTALLED) from None
    try:
        return Model(path, settings.outputs)
    except Unfit as unfit:
        raise Unavailable(f"classifier.model: {path.name} {unfit}") from None
