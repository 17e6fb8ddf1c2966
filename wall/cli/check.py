"""All the mistakes of the settings: the core's and, from the networks, those of each source's own options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wall.cli.roles import networks, programme, themes
from wall.dispatch.fitness import problems as label_problems
from wall.moderation.classifier import problems as classifier_problems
from wall.settings import Settings, SettingsError, SourceSettings, load


def check_all(path: Path | None, *, env: Mapping[str, str]) -> tuple[list[str], list[str], int]:
    """(problems, warnings, number of sources)."""
    problems: list[str] = []
    warnings: list[str] = []
    sources: Mapping[int, SourceSettings]
    try:
        settings = load(path, flags={}, env=env)
        sources, warnings = dict(enumerate(settings.sources, 1)), list(settings.warnings)
        problems += judge_whole(settings)
    except SettingsError as error:
        problems += error.problems
        sources = error.sources
    for n, source in sources.items():
        wrong, doubtful = judge_source(source, where=f"source[{n}]")
        problems += wrong
        warnings += doubtful
    return problems, warnings, len(sources)


def judge_whole(settings: Settings) -> list[str]:
    """What is wrong with settings that only make sense together, or with what they point to."""
    return [
        *label_problems(settings),
        *classifier_problems(settings.classifier, folder=settings.folder),
        *programme().problems(settings),
        *themes().problems(settings),
    ]


def judge_source(source: SourceSettings, *, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(problems, warnings) of a source's network and options.

    A network that does not load is a warning: its source is switched off, the others run.
    """
    known = networks()
    try:
        network = known.load(source.network)
    except known.UnknownNetwork as unknown:
        return (f"{where}.network: {unknown}",), ()
    except ImportError as error:
        return (), (f"{where}.network: {source.network!r} cannot be used here: {error}",)
    checked = known.check_options(network, source.options, where=where)
    return (checked, ()) if isinstance(checked, tuple) else ((), ())
