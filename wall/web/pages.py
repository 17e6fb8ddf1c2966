"""Pages and their static files: Jinja2 templates of every room, one catalogue of words, hashed addresses.

Static files live under `/static/{hash}/…`, where the hash covers the whole tree: a changed file changes every
address, so answers may be kept for ever and modules can import each other by relative path.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from wall.catalogue import LANGUAGES, read_words, room_folders
from wall.web.guards import new_nonce, page_policy

WORKER_POLICY = "default-src 'none'; connect-src 'self'; script-src 'self'"
KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".json": "application/json",
    ".png": "image/png",
}


class Pages:
    """Templates, words and static files of every room that has them. `build` names the whole."""

    def __init__(self) -> None:
        folders = room_folders()
        self._files = _static_files(folders)
        self.build = _tree_hash(self._files)
        self._words = {lang: read_words(lang) for lang in LANGUAGES}
        self._jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader([str(folder / "templates") for folder in folders]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals |= {
            "static": self.static,
            "words_json": self.words_json,
            "script_json": script_json,
        }

    @property
    def route(self) -> Route:
        return Route("/static/{build}/{path:path}", self._serve, name="static")

    def static(self, path: str) -> str:
        return f"/static/{self.build}/{path}"

    @property
    def paths(self) -> list[str]:
        """Every static file, as `static` takes it."""
        return sorted(self._files)

    def word(self, lang: str, key: str, **values: str) -> str:
        """A sentence of the catalogues; the key itself when it is missing (a test forbids that)."""
        text = self._words.get(lang, self._words["en"]).get(key, key)
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return text

    def words(self, lang: str, *areas: str) -> dict[str, str]:
        """The words whose keys begin with one of `areas`; all when there is none."""
        words = self._words.get(lang, self._words["en"])
        return {key: text for key, text in words.items() if not areas or key.startswith(areas)}

    def words_json(self, lang: str, *areas: str) -> Markup:
        """A part of a language's words, for pages that switch without a reload."""
        return script_json(self.words(lang, *areas))

    def render(
        self,
        request: Request,
        template: str,
        *,
        lang: str | None = None,
        status: int = 200,
        framed: bool = False,
        **context: Any,
    ) -> Response:
        """A page under its own content security policy; never stored by a cache. `framed`: for pages of ours."""
        chosen = lang or language_of(request)
        nonce = new_nonce()
        html = self.html(template, lang=chosen, nonce=nonce, **context)
        headers = {
            "content-security-policy": page_policy(nonce, ancestors="'self'" if framed else "'none'"),
            "cache-control": "no-store",
        }
        return Response(html, status_code=status, media_type="text/html", headers=headers)

    def html(
        self, template: str, *, lang: str, areas: tuple[str, ...] = (), nonce: str = "", **context: Any
    ) -> str:
        """A page's text. Of the catalogue its scripts get the words that begin with one of `areas`, else all."""
        return self._jinja.get_template(template).render(
            lang=lang,
            nonce=nonce,
            build=self.build,
            t=lambda key, **values: self.word(lang, key, **values),
            catalogue_json=self.words_json(lang, *areas),
            **context,
        )

    def file(self, path: str) -> Path:
        """Where a static file lies that is also served from another address."""
        return self._files[path]

    def worker(self, path: str) -> Response:
        """A service worker, from an address of its own: it may serve only what stands under that."""
        headers = {"cache-control": "no-cache", "content-security-policy": WORKER_POLICY}
        return FileResponse(self._files[path], media_type=KINDS[".js"], headers=headers)

    async def _serve(self, request: Request) -> Response:
        """Only what was there at the start is served: no path of a request ever reaches the file system."""
        path = request.path_params["path"]
        file = self._files.get(path)
        if file is None:
            return Response(status_code=404)
        is_current = request.path_params["build"] == self.build
        keep = "public, max-age=31536000, immutable" if is_current else "no-store"
        return FileResponse(file, media_type=KINDS[file.suffix], headers={"cache-control": keep})


def language_of(request: Request) -> str:
    """`?lang=`, else the browser's preference, else English."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    found: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "").split(",")[:20]:
        name, _, quality = part.strip().partition(";")
        lang = name.split("-")[0].lower()
        weight = re.match(r"\s*q=([01](?:\.\d{1,3})?)$", quality)
        if lang in LANGUAGES:
            found.append((float(weight[1]) if weight else 1.0, lang))
    return max(found, key=lambda pair: pair[0])[1] if found else "en"


def script_json(value: Any) -> Markup:
    """JSON that may stand inside a script element: no `<`, `>` or `&` survives to end it early."""
    text = msgspec.json.encode(value).decode()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704  # escaped just above


def _static_roots(folder: Path) -> list[tuple[Path, str]]:
    roots = [(folder / "static", "" if folder.name == "display" else f"{folder.name}/")]
    roots.append((folder / "layouts", "layouts/"))
    return [(root, prefix) for root, prefix in roots if root.is_dir()]


def _static_files(folders: tuple[Path, ...]) -> dict[str, Path]:
    """Address below `/static/{build}/` -> file, for every room."""
    return {
        f"{prefix}{path.relative_to(root).as_posix()}": path
        for folder in folders
        for root, prefix in _static_roots(folder)
        for path in root.rglob("*")
        if path.suffix in KINDS
    }


def _tree_hash(files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0".encode())
        digest.update(files[name].read_bytes())
    return digest.hexdigest()[:12]
