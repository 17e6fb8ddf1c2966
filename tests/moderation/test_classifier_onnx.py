"""The classifier as a model on this machine: real ones, a few nodes each, made here and run by the real runtime."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from tests.makers import card, post
from tests.media.pictures import encoded
from tests.moderation.test_classifier_http import Clock
from wall.media.pool import DecodePool
from wall.moderation.classifier import FAILURES_MAX, PAUSE_S, UNAVAILABLE, Classifier, problems
from wall.moderation.rule import Finding
from wall.settings_moderation import ClassifierSettings
from wall.verdict import Ruling

COLOURS = ("red", "green", "blue")
SIDE = 8


def ints(name: str, values: Sequence[int]) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], list(values))


def floats(name: str, values: Sequence[float], shape: Sequence[int] = ()) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.FLOAT, list(shape or [len(values)]), list(values))


def saved(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    *,
    given: tuple[int, Sequence[Any]],
    gives: Sequence[Any] = (1, 3),
    constants: Sequence[onnx.TensorProto] = (),
    metadata: dict[str, str] | None = None,
) -> Path:
    """A model from "x" to "scores"."""
    graph = helper.make_graph(
        list(nodes),
        "test",
        [helper.make_tensor_value_info("x", *given)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, gives)],
        list(constants),
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)],
        ir_version=8,
    )
    helper.set_model_props(model, metadata or {})
    onnx.save(model, str(path))
    return path


def colours(path: Path, *, times: float = 1, plus: float = 0, **metadata: str) -> Path:
    """How red, green and blue a picture is, 0 to 1, [N,3,H,W]; then times and plus."""
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["means"], keepdims=0),
        helper.make_node("Mul", ["means", "times"], ["more"]),
        helper.make_node("Add", ["more", "plus"], ["scores"]),
    ]
    named = {name.replace("_", "."): value for name, value in metadata.items()}
    constants = [ints("axes", [2, 3]), floats("times", [times]), floats("plus", [plus])]
    return saved(
        path,
        nodes,
        given=(TensorProto.FLOAT, ["batch", 3, SIDE, SIDE]),
        constants=constants,
        metadata={"parvis.outputs": "red, green, blue", **named},
    )


def bytes_last(path: Path) -> Path:
    """The same for uint8 [1,H,W,3] with open sides; it adds how wide it was, as a fourth score of thousands."""
    nodes = [
        helper.make_node("Cast", ["x"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["numbers", "axes"], ["means"], keepdims=0),
        helper.make_node("Div", ["means", "full"], ["colours"]),
        helper.make_node("Shape", ["x"], ["sides"], start=2, end=3),
        helper.make_node("Cast", ["sides"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["wide", "thousand"], ["width"]),
        helper.make_node("Unsqueeze", ["width", "zero"], ["fourth"]),
        helper.make_node("Concat", ["colours", "fourth"], ["scores"], axis=1),
    ]
    constants = [ints("axes", [1, 2]), floats("full", [255]), floats("thousand", [1000]), ints("zero", [0])]
    return saved(path, nodes, given=(TensorProto.UINT8, [1, "h", "w", 3]), gives=[1, 4], constants=constants)


def texts(path: Path, bad: dict[str, float], *, shape: Sequence[Any] = ("n",), **more: Any) -> Path:
    """The score of whole texts; 0 for others."""
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["x"],
            ["scores"],
            domain="ai.onnx.ml",
            keys_strings=list(bad),
            values_floats=list(bad.values()),
            default_float=0.0,
        )
    ]
    return saved(
        path,
        nodes,
        given=(TensorProto.STRING, list(shape)),
        gives=list(shape),
        metadata={"parvis.outputs": "insult"},
        **more,
    )


def endless(path: Path) -> Path:
    """Counts to a number that it never reaches."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["on_out"]), helper.make_node("Add", ["v", "v"], ["v_out"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, [1, 3]),
        ],
        [
            helper.make_tensor_value_info("on_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v_out", TensorProto.FLOAT, [1, 3]),
        ],
    )
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["start"], keepdims=0),
        helper.make_node("Loop", ["most", "yes", "start"], ["scores"], body=body),
    ]
    constants = [
        ints("axes", [2, 3]),
        helper.make_tensor("most", TensorProto.INT64, [], [2**62]),
        helper.make_tensor("yes", TensorProto.BOOL, [], [True]),
    ]
    return saved(
        path,
        nodes,
        given=(TensorProto.FLOAT, [1, 3, SIDE, SIDE]),
        constants=constants,
        metadata={"parvis.outputs": "red,green,blue"},
    )


@asynccontextmanager
async def judging(path: Path, *, clock: Clock | None = None, **more: Any) -> AsyncIterator[Classifier]:
    settings = ClassifierSettings(**{"model": path.name, "timeout_s": 60.0, **more})
    async with (
        DecodePool(size=1) as pool,
        Classifier(settings, folder=path.parent, pool=pool, clock=clock or Clock()) as classifier,
    ):
        yield classifier


async def ask(classifier: Classifier, *pictures: bytes, text: str = "Bonjour") -> Finding | None:
    of = post(text=text)
    return await classifier.ask(of, card(of), pictures)


def webp(*colour: int, size: tuple[int, int] = (40, 30)) -> bytes:
    """A variant as the store has it."""
    return encoded(Image.new("RGB", size, (colour[0], colour[1], colour[2])), "WEBP", quality=90)


BLACK, GREY, REDDISH = webp(0, 0, 0), webp(100, 100, 100), webp(230, 10, 10)


async def test_a_picture_s_scores_decide(tmp_path: Path) -> None:
    async with judging(colours(tmp_path / "m.onnx"), reject_from=0.95) as classifier:
        assert await ask(classifier, BLACK) is None
        assert await ask(classifier, GREY) is None
        found = await ask(classifier, REDDISH)
        assert found is not None
        assert (found.ruling, found.text[:6]) == (Ruling.HOLD, "red 0.")
        assert 0.85 < float(found.text[4:]) < 0.95
        assert await ask(classifier, webp(0, 255, 0)) == Finding(Ruling.REJECT, "green 1.00")


async def test_the_worst_picture_of_a_post_decides(tmp_path: Path) -> None:
    async with judging(colours(tmp_path / "m.onnx")) as classifier:
        for pictures in ((GREY, webp(0, 0, 255), BLACK), (webp(0, 0, 255), BLACK)):
            found = await ask(classifier, *pictures)
            assert found is not None
            assert found.text.startswith("blue ")


async def test_what_is_ignored_says_nothing_bad(tmp_path: Path) -> None:
    async with judging(colours(tmp_path / "m.onnx"), ignore=("Red",)) as classifier:
        assert await ask(classifier, REDDISH) is None
        assert await ask(classifier, webp(230, 200, 10)) is not None


async def test_a_post_without_pictures_is_none_of_a_picture_model_s_business(tmp_path: Path) -> None:
    async with judging(colours(tmp_path / "m.onnx", plus=5)) as classifier:
        assert await ask(classifier) is None


async def test_the_whole_picture_is_looked_at(tmp_path: Path) -> None:
    """Squeezed, not cropped: what stands at the edge of a wide picture counts."""
    wide = Image.new("RGB", (800, 100))
    wide.paste((255, 0, 0), (0, 0, 500, 100))
    async with judging(colours(tmp_path / "m.onnx")) as classifier:
        found = await ask(classifier, encoded(wide, "WEBP", quality=95))
        assert found is not None
        assert 0.58 < float(found.text.removeprefix("red ")) < 0.67


async def test_bytes_with_the_colours_last_and_open_sides_are_served(tmp_path: Path) -> None:
    names = ("red", "green", "blue", "width")
    async with judging(bytes_last(tmp_path / "m.onnx"), outputs=names, hold_from=0.2) as classifier:
        assert await ask(classifier, BLACK) == Finding(Ruling.HOLD, "width 0.22")
        found = await ask(classifier, REDDISH)
        assert found is not None
        assert 0.85 < float(found.text.removeprefix("red ")) < 0.95


@pytest.mark.parametrize("finish", ["", "softmax"])
async def test_logits_become_likelihoods_of_one_choice(tmp_path: Path, finish: str) -> None:
    model = colours(tmp_path / "m.onnx", times=20, plus=-5, parvis_scores=finish)
    async with judging(model) as classifier:
        assert await ask(classifier, webp(200, 10, 10)) == Finding(Ruling.HOLD, "red 1.00")
        assert await ask(classifier, GREY) is None  # a third each


async def test_logits_of_several_choices_become_likelihoods_each(tmp_path: Path) -> None:
    async with judging(colours(tmp_path / "m.onnx", times=-9, parvis_scores="sigmoid")) as classifier:
        assert await ask(classifier, BLACK) == Finding(Ruling.HOLD, "red 0.50")
        assert await ask(classifier, webp(255, 255, 255)) is None


async def test_pictures_are_scaled_as_the_model_says(tmp_path: Path) -> None:
    """(1 − 0.5) ÷ 2 = 0.25."""
    model = colours(tmp_path / "m.onnx", parvis_mean="0.5, 0.5, 0.5", parvis_std="2, 2, 2")
    async with judging(model, hold_from=0.2) as classifier:
        assert await ask(classifier, webp(255, 255, 255)) == Finding(Ruling.HOLD, "red 0.25")


@pytest.mark.parametrize("shape", [("n",), (1,), (1, 1), ("n", 1)])
async def test_texts_are_judged(tmp_path: Path, shape: tuple[Any, ...]) -> None:
    async with judging(texts(tmp_path / "m.onnx", {"你这个傻瓜": 0.75}, shape=shape)) as classifier:
        assert await ask(classifier, text="你这个傻瓜") == Finding(Ruling.HOLD, "insult 0.75")
        assert await ask(classifier, text="Bonjour") is None
        assert await ask(classifier, REDDISH, text="") is None


# -- failing closed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
async def test_what_is_no_number_holds(tmp_path: Path, factor: float) -> None:
    async with judging(colours(tmp_path / "m.onnx", times=factor)) as classifier:
        assert await ask(classifier, GREY) == UNAVAILABLE


async def test_a_picture_that_cannot_be_opened_holds(tmp_path: Path) -> None:
    async with judging(colours(tmp_path / "m.onnx")) as classifier:
        assert await ask(classifier, b"RIFF\x10\0\0\0WEBPVP8 ") == UNAVAILABLE
        assert await ask(classifier, BLACK) is None


async def test_a_model_that_takes_too_long_is_stopped_and_holds(tmp_path: Path) -> None:
    async with judging(endless(tmp_path / "m.onnx"), timeout_s=0.5) as classifier:
        async with asyncio.timeout(60):
            assert await ask(classifier, GREY) == UNAVAILABLE
            assert await ask(classifier, GREY) == UNAVAILABLE


def test_a_process_with_a_model_that_hangs_still_ends(tmp_path: Path) -> None:
    endless(tmp_path / "m.onnx")
    script = f"""
import asyncio
from pathlib import Path
from tests.moderation.test_classifier_onnx import GREY, ask, judging

async def main():
    async with judging(Path({str(tmp_path / "m.onnx")!r}), timeout_s=0.5) as classifier:
        print((await ask(classifier, GREY)).text, flush=True)

asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], timeout=120, check=False, capture_output=True, text=True
    )
    assert (ended.stdout, ended.returncode) == ("unavailable\n", 0)


async def test_a_model_that_cannot_be_loaded_holds_until_it_is_put_right(tmp_path: Path) -> None:
    path, clock = tmp_path / "m.onnx", Clock()
    path.write_bytes(b"no model")
    async with judging(path, clock=clock) as classifier:
        for _ in range(FAILURES_MAX + 2):
            assert await ask(classifier, BLACK) == UNAVAILABLE
        colours(path)
        assert await ask(classifier, BLACK) == UNAVAILABLE
        clock.now_s += PAUSE_S
        assert await ask(classifier, BLACK) is None
        assert await ask(classifier, REDDISH) is not None


async def test_many_posts_at_once_share_the_one_thread(tmp_path: Path) -> None:
    async with judging(colours(tmp_path / "m.onnx")) as classifier, asyncio.TaskGroup() as tasks:
        work = [tasks.create_task(ask(classifier, (BLACK, REDDISH)[number % 2])) for number in range(24)]
    assert [one.result() is None for one in work] == [True, False] * 12


# -- settings -------------------------------------------------------------------------------------------------


def mistakes(path: Path, **more: Any) -> list[str]:
    return problems(ClassifierSettings(**{"model": path.name, **more}), folder=path.parent)


def test_a_model_that_fits_has_no_problems(tmp_path: Path) -> None:
    assert mistakes(colours(tmp_path / "m.onnx")) == []
    assert mistakes(colours(tmp_path / "m.onnx"), outputs=("a", "b", "c")) == []
    assert mistakes(bytes_last(tmp_path / "b.onnx"), outputs=("a", "b", "c", "d")) == []
    assert mistakes(texts(tmp_path / "t.onnx", {"x": 1.0})) == []


def unfit(path: Path, kind: int, shape: Sequence[Any]) -> Path:
    nodes = [
        helper.make_node("Cast", ["x"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["numbers", "flat"], ["scores"]),
    ]
    return saved(path, nodes, given=(kind, shape), gives=["n"], constants=[ints("flat", [-1])])


def test_every_mistake_is_told_in_a_sentence_with_its_cure(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    assert mistakes(path) == [f"classifier.model: there is no file {path}; put it there or correct the path"]
    path.write_bytes(b"\x08\x08no model")
    (sentence,) = mistakes(path)
    assert sentence.startswith("classifier.model: m.onnx cannot be loaded (")
    for made, more, expected in (
        (colours(tmp_path / "1.onnx"), {"outputs": ("safe", "bad")}, "gives 3 scores, but classifier.outputs names 2"),
        (colours(tmp_path / "2.onnx", parvis_outputs=""), {}, "name them in classifier.outputs"),
        (colours(tmp_path / "3.onnx"), {"ignore": COLOURS}, "classifier.ignore names every score"),
        (colours(tmp_path / "4.onnx"), {"pictures": False}, "classifier.pictures is false"),
        (colours(tmp_path / "5.onnx", parvis_mean="0.5"), {}, 'says parvis.mean is "0.5"; three numbers'),
        (colours(tmp_path / "6.onnx", parvis_std="1,0,1"), {}, "three numbers are needed"),
        (colours(tmp_path / "7.onnx", parvis_scores="magic"), {}, 'it can be "softmax" or "sigmoid"'),
        (unfit(tmp_path / "8.onnx", TensorProto.FLOAT, [1, 3, SIDE]), {}, "pictures are [N,3,H,W]"),
        (unfit(tmp_path / "9.onnx", TensorProto.FLOAT, [1, 4, SIDE, SIDE]), {}, "three colours are needed"),
        (unfit(tmp_path / "10.onnx", TensorProto.INT64, [1, 3, SIDE, SIDE]), {}, "takes tensor(int64)"),
        (unfit(tmp_path / "11.onnx", TensorProto.FLOAT, [8, 3, SIDE, SIDE]), {}, "it must take one"),
        (unfit(tmp_path / "12.onnx", TensorProto.FLOAT, [1, 3, 4096, SIDE]), {}, "at most 2048 pixels"),
        (texts(tmp_path / "13.onnx", {"x": 1.0}, shape=[4]), {}, "it must take one"),
    ):  # fmt: skip
        (sentence,) = mistakes(made, **more)
        assert expected in sentence


def test_without_the_runtime_the_cure_is_said(tmp_path: Path) -> None:
    """In a process of its own, where the package cannot be found."""
    colours(tmp_path / "m.onnx")
    script = f"""
import sys
sys.modules["onnxruntime"] = None
from pathlib import Path
from wall.moderation.classifier import problems
from wall.settings_moderation import ClassifierSettings
print(*problems(ClassifierSettings(model="m.onnx"), folder=Path({str(tmp_path)!r})), sep="\\n")
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], timeout=60, check=True, capture_output=True, text=True
    )
    assert ended.stdout == (
        "classifier.model needs onnxruntime, which is not installed; run pip install 'parvis[onnx]'\n"
    )


def test_a_wall_without_a_model_loads_none_of_it() -> None:
    code = (
        "import sys, wall.moderation.classifier\n"
        "sys.exit(any(name in sys.modules for name in ('onnxruntime', 'numpy', 'PIL')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
