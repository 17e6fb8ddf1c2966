"""The house rules that a machine can hold: who imports whom, how long a file is, which words are said."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from wall.cli.roles import ROLES

ROOT = Path(__file__).parents[1]
ROOMS = ("ingest", "display", "kiosk")
HOUSE = ("wall", *ROOMS)

# A package of others stands here with the places that may import it; "" is everywhere.
OWNERS = {
    "argon2": ("wall/web/passwords.py",),
    "PIL": ("wall/media/codes.py", "wall/media/decode.py", "wall/media/dhash.py", "kiosk/"),
    "aiohttp": ("ingest/", "wall/dispatch/webhook.py", "wall/media/fetch.py", "wall/moderation/endpoint.py"),
    "click": ("wall/cli/",),
    "cv2": ("kiosk/mosaic/faces.py",),
    "feedparser": ("ingest/syndication/",),
    "jinja2": ("wall/web/pages.py",),
    "markupsafe": ("wall/web/pages.py",),
    "msgspec": ("",),
    "nh3": ("wall/text.py",),
    "numpy": ("wall/moderation/onnx.py", "kiosk/"),
    "onnxruntime": ("wall/moderation/onnx.py",),
    "prometheus_client": ("wall/web/health.py",),
    "redis": ("wall/store/",),
    "rich": ("wall/cli/networks.py", "wall/cli/rules.py"),
    "segno": ("wall/cli/greeting.py", "wall/web/qr.py"),
    "starlette": (
        "wall/web/",
        "wall/media/routes.py",
        "display/",
        "ingest/room.py",
        "ingest/hook.py",
        "kiosk/",
    ),
    "uvicorn": ("wall/web/serve.py", "wall/web/wire.py", "wall/web/http.py"),
    "uvloop": ("wall/loop.py", "wall/process.py"),
    "websockets": ("wall/web/wire.py",),
    "yarl": ("ingest/transport.py", "wall/media/"),
    "zxingcpp": ("wall/media/codes.py",),
    "zstandard": ("ingest/jetstream.py",),
}

# The floors of the core: a module imports from its own floor or those above it in this list.
FLOORS = (
    (
        "wall.model",
        "wall.text",
        "wall.letters",
        "wall.secret",
        "wall.catalogue",
        "wall.chain",
        "wall.finder_text",
    ),
    (
        "wall.settings",
        "wall.settings_build",
        "wall.settings_checks",
        "wall.settings_file",
        "wall.settings_moderation",
        "wall.settings_programme",
        "wall.settings_shape",
        "wall.settings_words",
    ),
    ("wall.address", "wall.process", "wall.loop", "wall.spool"),
    ("wall.store",),
    (
        "wall.verdict",
        "wall.verbs",
        "wall.record",
        "wall.audit",
        "wall.gate",
        "wall.ledger",
        "wall.live",
        "wall.plays",
    ),
    ("wall.media", "wall.moderation", "wall.dispatch"),
    ("wall.memory", "wall.watch", "wall.finder", "wall.finder_index"),
    ("wall.judge",),
    ("wall.intake",),
    ("wall.web",),
    ("wall.cli",),
)

ARGUED_LINES, MOST_LINES = 400, 600
LONG_FILES = {
    "tests/ingest/test_supervisor.py": "one supervisor, and every way it can be let down",
    "tests/core/test_review_web.py": "everything a stranger may send, one refusal after another",
    "tests/fakes/mastodon.py": "a whole network's server, told as one story",
    "tests/test_settings.py": "one wrong setting after another, each with its sentence",
    "wall/store/keys.py": "every key of the store, each with its life and its writer",
    "tests/test_text.py": "a table of foreign texts and what becomes of them",
}
VAGUE = re.compile(r"(^|_)(utils?|helpers?|managers?|impl|misc|common)(_|$)")
UNSAFE = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(")


def sources(*suffixes: str, under: tuple[str, ...] = HOUSE) -> list[Path]:
    return sorted(
        path.relative_to(ROOT)
        for folder in under
        for path in (ROOT / folder).rglob("*")
        if path.suffix in suffixes and "__pycache__" not in path.parts
    )


def name_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@cache
def imports_of(path: Path, *, for_typing: bool = True) -> frozenset[str]:
    """Every module that a file names, those inside functions too; `from a import b` gives a.b where it is one.

    Without `for_typing`, those under `if TYPE_CHECKING:` are left out: they are never really imported.
    """
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in typing_only and not for_typing:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{path}:{node.lineno} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in modules() else node.module)
    return frozenset(found)


@cache
def modules() -> dict[str, Path]:
    return {name_of(path): path for path in sources(".py")}


def test_imports_point_from_the_rooms_to_the_core() -> None:
    wrong = [
        f"{path} imports {name}"
        for path in sources(".py")
        for name in imports_of(path)
        if name.split(".")[0] in HOUSE and name.split(".")[0] not in ("wall", path.parts[0])
    ]
    assert wrong == []


def test_there_are_no_circles() -> None:
    graph = {name: imports_of(path, for_typing=False) & set(modules()) for name, path in modules().items()}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for one in sorted(graph[name]):
                walk(one, (*trail, name))
            done.add(name)

    for name in graph:
        walk(name, ())


def test_the_core_stands_in_floors() -> None:
    def floor(name: str) -> int:
        found = [
            n for n, names in enumerate(FLOORS) if any(f"{name}.".startswith(f"{one}.") for one in names)
        ]
        assert found, f"{name} has no floor in FLOORS"
        return found[0]

    inside = {name: path for name, path in modules().items() if name.startswith("wall.")}
    wrong = [
        f"{name} imports {one}, a floor further down"
        for name, path in inside.items()
        for one in imports_of(path)
        if one in inside and floor(one) > floor(name)
    ]
    assert wrong == []


def test_every_package_of_others_has_its_place() -> None:
    known = (*HOUSE, *sys.stdlib_module_names)
    for path in sources(".py"):
        for package in {name.split(".")[0] for name in imports_of(path)} - set(known):
            assert package in OWNERS, f"{path} imports {package}, which has no owner in OWNERS"
            assert str(path).startswith(OWNERS[package]), f"{path} imports {package}: not its place"


def test_every_owner_uses_its_package() -> None:
    for package, places in OWNERS.items():
        if package == "numpy":
            continue  # for the mosaics; installed for the tests' own pictures until then
        used = [
            str(path) for path in sources(".py") if package in {n.split(".")[0] for n in imports_of(path)}
        ]
        assert any(path.startswith(places) for path in used), f"nobody imports {package}"


def test_files_are_short() -> None:
    for path in sources(".py", ".js", ".css", under=(*HOUSE, "tests", "bench")):
        count = len((ROOT / path).read_text(encoding="utf-8").splitlines())
        assert count <= MOST_LINES, f"{path} has {count} lines; no file has more than {MOST_LINES}"
        assert count <= ARGUED_LINES or str(path) in LONG_FILES, (
            f"{path} has {count} lines and no reason for it"
        )


def test_long_files_are_still_there_and_still_long() -> None:
    for path in LONG_FILES:
        assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) > ARGUED_LINES, (
            f"{path} is short again"
        )


def test_files_are_named_after_what_they_define() -> None:
    everything = sources(".py", ".js", ".css", ".html", under=(*HOUSE, "tests", "bench"))
    vague = [str(path) for path in everything if any(VAGUE.search(part.split(".")[0]) for part in path.parts)]
    assert vague == []


def test_importing_a_module_only_defines() -> None:
    """`__init__.py` is empty or a registry."""
    for path in sources(".py"):
        if path.name == "__init__.py" and (text := (ROOT / path).read_text(encoding="utf-8")):
            statements = ast.parse(text).body
            assert isinstance(statements[0], ast.Expr), f"{path} has no docstring"
            assert not any(isinstance(one, (ast.For, ast.While, ast.With, ast.Try)) for one in statements), (
                path
            )


def test_pages_are_never_made_from_text() -> None:
    for path in sources(".js", ".html"):
        found = UNSAFE.search((ROOT / path).read_text(encoding="utf-8"))
        assert found is None, f"{path} uses {found and found[0]}"


def test_the_procfile_and_the_entry_points_are_the_table_of_roles() -> None:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    assert lines == [f"{role.name}: parvis {role.name}" for role in ROLES]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["parvis.roles"] == {role.name: role.target for role in ROLES}
    for role in ROLES:
        module, _, function = role.target.partition(":")
        tree = ast.parse((ROOT / modules()[module]).read_text(encoding="utf-8"))
        assert function in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def test_ci_runs_what_people_run() -> None:
    assert "exec make check" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


# -- words -----------------------------------------------------------------------------------------------------

LANGUAGES = ("fr", "en", "zh")
FILE_ENDS = (".js", ".html", ".css", ".toml", ".webp", ".svg", ".json", ".jpg", ".png", ".webmanifest")


@cache
def catalogue(lang: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for path in sorted(path for room in HOUSE for path in (ROOT / room / "locale").glob(f"*{lang}.toml")):
        for key, text in tomllib.loads(path.read_text(encoding="utf-8")).items():
            assert key not in words, f"{path} says {key} a second time"
            words[key] = text
    return words


def mentions() -> dict[str, Path]:
    """Patterns for the keys that pages, scripts and rooms name; "${…}" and "~" stand for anything."""
    spaces = "|".join(sorted({key.split(".")[0] for key in catalogue("en")}))
    literal = re.compile(rf"""(["'`])((?:{spaces})\.[\w.\-]*(?:\$?\{{[^}}`"']*\}}[\w.\-]*)*)\1(\s*[~+])?""")
    found: dict[str, Path] = {}
    for path in sources(".py", ".js", ".html", ".toml"):
        if path.parts[1] == "locale":
            continue
        for _, key, joined in literal.findall((ROOT / path).read_text(encoding="utf-8")):
            if not key.endswith(FILE_ENDS) and (joined or not key.endswith(".")):
                pieces = re.split(r"\$?\{[^}]*\}", key)
                found[r"[\w.\-]+".join(map(re.escape, pieces)) + (r"[\w.\-]+" if joined else "")] = path
    return found


def test_the_languages_say_the_same_things() -> None:
    first = catalogue(LANGUAGES[0])
    assert first
    for lang in LANGUAGES[1:]:
        other = catalogue(lang)
        assert set(first) ^ set(other) == set(), f"only in one of {LANGUAGES[0]} and {lang}"
        for key, text in first.items():
            places = [sorted(re.findall(r"\{\w+\}", one)) for one in (text, other[key])]
            assert places[0] == places[1], f"{key} has other places in {lang}"


def test_every_word_that_is_used_is_in_the_catalogues() -> None:
    keys = catalogue("en")
    missing = [
        f"{path}: {pattern}"
        for pattern, path in mentions().items()
        if not any(re.fullmatch(rf"{pattern}(\.\w+)?", key) for key in keys)
    ]
    assert missing == []


def test_every_word_in_the_catalogues_is_used() -> None:
    used = re.compile("|".join(f"(?:{pattern}(?:\\.(?:one|two|few|many|other))?)" for pattern in mentions()))
    assert [key for key in catalogue("en") if not used.fullmatch(key)] == []


KIOSK_LANGUAGES = (*LANGUAGES, "de", "es", "it", "ar")


@pytest.mark.parametrize("lang", KIOSK_LANGUAGES)
def test_the_kiosk_says_everything_in_every_language_of_its_own(lang: str) -> None:
    first, other = (
        tomllib.loads((ROOT / "kiosk" / "locale" / f"kiosk.{code}.toml").read_text(encoding="utf-8"))
        for code in ("en", lang)
    )
    assert list(first) == list(other)
    for key, text in first.items():
        assert other[key].strip(), f"{key} is empty in {lang}"
        places = [set(re.findall(r"\{\w+\}", one)) for one in (text, other[key])]
        assert places[0] == places[1], f"{key} has other places in {lang}"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_is_empty(lang: str) -> None:
    assert [key for key, text in catalogue(lang).items() if not text.strip()] == []
