"""A classifier in an ONNX file on this machine: pictures or text in, one vector of scores out.

Loaded only when the settings name a model: the packages it needs come with `parvis[onnx]`. A model may say in its
metadata what its scores mean ("parvis.outputs": "safe,nudity"), what is still to be done to them ("parvis.scores":
"softmax" or "sigmoid"), and how its pictures are scaled ("parvis.mean" and "parvis.std": three numbers each).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime as ort

from wall.moderation.scores import Unavailable

SIDE = 224  # px, where a model leaves its sides open
SIDE_MAX = 2048
_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}

Array = np.ndarray[Any, np.dtype[Any]]


class Unfit(Exception):
    """This model cannot be used. The message says why and what to do."""


class Model:
    """Used by one thread at a time; `stop` by any. `names` are what its scores mean. Raises `Unfit`."""

    def __init__(self, path: Path, names: Sequence[str] = ()) -> None:
        self._session = _session(path)
        self._run: ort.RunOptions | None = None
        meta: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise Unfit(f"takes {len(inputs)} inputs; a model with one is needed")
        self._input = inputs[0]
        self.takes: Literal["pictures", "text"]
        self.width_px = self.height_px = 0
        if self._input.type == "tensor(string)":
            self.takes = "text"
            if any(isinstance(side, int) and side != 1 for side in self._input.shape):
                raise Unfit(f"takes texts of shape {self._input.shape}; it must take one")
        else:
            self.takes = "pictures"
            self._is_planar, self.width_px, self.height_px = _sides(self._input)
        self._finish = meta.get("parvis.scores", "")
        if self._finish not in ("", "softmax", "sigmoid"):
            raise Unfit(f'says parvis.scores is "{self._finish[:60]}"; it can be "softmax" or "sigmoid"')
        self._mean, self._std = _three(meta, "parvis.mean"), _three(meta, "parvis.std")
        self._output, size = _vector(self._session.get_outputs())
        self.names = tuple(names) or _listed(meta.get("parvis.outputs", ""))
        if not self.names:
            raise Unfit("does not say what its scores mean; name them in classifier.outputs, in its order")
        if size is not None and size != len(self.names):
            raise Unfit(f"gives {size} scores, but classifier.outputs names {len(self.names)}; name each")

    def of_picture(self, rgb: bytes) -> dict[str, float]:
        """The scores of a picture of the model's sides, as rows of RGB. Raises `Unavailable`."""
        pixels: Array = np.frombuffer(rgb, np.uint8).reshape(self.height_px, self.width_px, 3)
        if self._input.type in _FLOATS:
            pixels = pixels.astype(np.float32) / 255
            if self._mean is not None:
                pixels = pixels - self._mean
            if self._std is not None:
                pixels = pixels / self._std
            pixels = pixels.astype(_FLOATS[self._input.type])
        if self._is_planar:
            pixels = pixels.transpose(2, 0, 1)
        return self._scores(np.ascontiguousarray(pixels[np.newaxis]))

    def of_text(self, text: str) -> dict[str, float]:
        """Raises `Unavailable`."""
        one: Array = np.array([text], dtype=object)
        return self._scores(one.reshape([1] * len(self._input.shape)))

    def stop(self) -> None:
        """End a run that takes too long; it then raises `Unavailable`."""
        if self._run is not None:
            self._run.terminate = True

    def _scores(self, given: Array) -> dict[str, float]:
        self._run = ort.RunOptions()
        try:
            found = self._session.run([self._output], {self._input.name: given}, self._run)[0]
        except Exception as error:  # noqa: BLE001  # the runtime's own errors have no common type
            raise Unavailable(f"the model failed ({type(error).__name__})") from None
        finally:
            self._run = None
        vector = np.asarray(found, dtype=np.float64).reshape(-1)
        if vector.size != len(self.names):
            raise Unavailable(f"the model gave {vector.size} scores, not {len(self.names)}")
        if not np.isfinite(vector).all():
            raise Unavailable("the model gave a score that is no number")
        return dict(
            zip(self.names, (float(score) for score in _likelihoods(vector, self._finish)), strict=True)
        )


def _session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001  # as above
        raise Unfit(f"cannot be loaded ({type(error).__name__}); it must be a whole ONNX file") from None


def _sides(given: Any) -> tuple[bool, int, int]:
    """Whether colours come in planes, the width and the height."""
    shape = given.shape
    if given.type not in (*_FLOATS, "tensor(uint8)") or len(shape) != 4:
        raise Unfit(
            f"takes {given.type} of shape {shape}; pictures are [N,3,H,W] or [N,H,W,3], texts are strings"
        )
    if shape[0] not in (1, None) and not isinstance(shape[0], str):
        raise Unfit(f"takes {shape[0]} pictures at once; it must take one")
    if shape[1] == 3:
        is_planar, height, width = True, shape[2], shape[3]
    elif shape[3] == 3:
        is_planar, height, width = False, shape[1], shape[2]
    else:
        raise Unfit(f"takes pictures of shape {shape}; three colours are needed: [N,3,H,W] or [N,H,W,3]")
    height, width = (side if isinstance(side, int) else SIDE for side in (height, width))
    if not (0 < height <= SIDE_MAX and 0 < width <= SIDE_MAX):
        raise Unfit(f"takes pictures of {width}×{height}; at most {SIDE_MAX} pixels a side are possible")
    return is_planar, width, height


def _vector(outputs: Sequence[Any]) -> tuple[str, int | None]:
    """The first output of numbers with a fraction, and how many it has, where the model says so."""
    for output in outputs:
        if output.type in _FLOATS and len(output.shape) in (1, 2):
            size = output.shape[-1]
            return output.name, size if isinstance(size, int) else None
    raise Unfit("has no output that is one vector of scores")


def _likelihoods(vector: Array, finish: str) -> Array:
    """Scores from 0 to 1. Unless told, those that are so already stay, and others are logits of one choice."""
    if not finish:
        if vector.min() >= 0 and vector.max() <= 1:
            return vector
        finish = "sigmoid" if vector.size == 1 else "softmax"
    if finish == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-np.clip(vector, -60, 60))))
    raised = np.exp(vector - vector.max())
    return np.asarray(raised / raised.sum())


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _three(meta: dict[str, str], key: str) -> Array | None:
    if key not in meta:
        return None
    try:
        numbers = [float(number) for number in _listed(meta[key])]
    except ValueError:
        numbers = []
    if len(numbers) != 3 or (key == "parvis.std" and 0 in numbers):
        raise Unfit(f'says {key} is "{meta[key][:60]}"; three numbers are needed, with commas between them')
    return np.array(numbers, dtype=np.float32)
