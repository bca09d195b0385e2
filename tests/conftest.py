"""What several tests share: pictures of logos in two plain colours, networks by hand for them and for words, a web."""

import functools
import gc
import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import hypothesis
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from brandlens import onnx_runtime
from brandlens.boxes import Box
from brandlens.config.logo import SlidingWindowDetect
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.sliding_window.detector import SlidingWindowDetector
from brandlens.logo.detectors.sliding_window.scorers import DenseScorer, WindowScorer
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.text.vocabulary import SPECIAL, Vocabulary

hypothesis.settings.register_profile("here", deadline=None, derandomize=True)  # the same on every machine, however busy
hypothesis.settings.load_profile("here")
os.environ.setdefault("TF2ONNX_CATCH_ERRORS", "FALSE")  # else it copies the graph before each step that may fail

Scene = Callable[..., np.ndarray]

SLOWEST = (  # parts of paths, the slowest first
    "tests/pipelines/", "one_stage/test_train.py", "sentiment/test_train.py", "sliding_window/test_train.py",
    "sentiment/test_export.py", "benchmarks/test_gpu.py", "logo/test_export.py", "one_stage/test_network.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slowest files, so that in the end no worker is left alone with one of them."""
    items.sort(key=lambda item: [part not in item.path.as_posix() for part in SLOWEST])


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over what stays to the end: modules, and thousands of tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def one_core() -> Iterator[None]:
    """Have ONNX Runtime and OpenCV use one thread where none is asked for: every core has a process of tests."""
    cv2.setNumThreads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
        yield


@pytest.fixture
def eagerly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Keras build no graph of `fit` and `predict`: that takes longer than the few steps of most tests."""
    import keras  # most tests need none, and it loads TensorFlow

    monkeypatch.setattr(keras.Model, "run_eagerly", property(lambda _: True, lambda *_: None))


GREY = (128, 128, 128)
LOGOS = {"cola": ((255, 0, 128), (0, 255, 128)), "fizz": ((128, 128, 255), (128, 128, 0))}  # two colors, as checkers
LOGOS["zest"] = LOGOS["cola"]
# a brand's first color gives 1, its second -1, others 0
WEIGHTS = np.array([[1, -1, 0], [-1, -1, 2]], np.float32) / 255
STEEPNESS, MIN_MATCH = 20.0, 0.4  # a window's odds for a brand: exp(STEEPNESS * (match - MIN_MATCH))


@pytest.fixture(scope="session")
def window() -> WindowSpec:
    """A window for two brands, with logos as wide as high or twice as wide."""
    return WindowSpec(("cola", "fizz"), 48, 32, 0.3, (1.0, 2.0))


@pytest.fixture(scope="session")
def scan_cfg() -> SlidingWindowDetect:
    """How that window is slid."""
    return SlidingWindowDetect(
        min_size=30, max_size=1024, scale_factor=1.4, iou_threshold=0.4, proposal_threshold=0.1
    )  # fmt: skip


@pytest.fixture(scope="session")
def scene() -> Scene:
    """A function of (image_wh, *boxes, strength=) that paints a picture: logos, checkers of two by two, on grey.

    strength: from 0, as grey as the ground, to 1.
    """

    def paint(image_wh: tuple[int, int], *boxes: Box, strength: float = 1.0) -> np.ndarray:
        pixels = np.full((image_wh[1], image_wh[0], 3), GREY, np.uint8)
        for box in boxes:
            colors = np.array(GREY) * (1 - strength) + np.array(LOGOS[box.label]) * strength
            x, y = np.mgrid[: box.width, : box.height]
            is_second = (2 * x < box.width) != (2 * y < box.height)
            pixels[box.top + y, box.left + x] = colors[is_second.astype(int)].round()
        return pixels

    return paint


def kernel(window: WindowSpec) -> np.ndarray:
    """(height, width) float32: a logo that just fits a window matches by 1, one that fills it all by 0."""
    ratio = window.margin / (1 + 2 * window.margin)
    x, y = round(window.width * ratio), round(window.height * ratio)
    inside = np.zeros((window.height, window.width), np.float32)
    inside[y:-y, x:-x] = 1
    rows, columns = np.indices(inside.shape)
    sign = np.where((2 * columns < window.width) == (2 * rows < window.height), 1, -1)
    return (sign * (inside / inside.sum() - (1 - inside) / (1 - inside).sum())).astype(np.float32)


class ColorScorer:
    """A scorer without a network: how well a logo in a brand's colors fills each window, but for its margin."""

    stride, dense = 2, True

    def __init__(self, window: WindowSpec) -> None:
        self.kernel = kernel(window)

    def score_windows(self, pixels: np.ndarray) -> tuple[np.ndarray, None]:
        height, width = self.kernel.shape
        rows, columns = pixels.shape[0] - height + 1, pixels.shape[1] - width + 1
        matches = [
            cv2.filter2D(mask, cv2.CV_32F, self.kernel, anchor=(0, 0))[: rows : self.stride, : columns : self.stride]
            for mask in np.moveaxis(_masks(pixels), -1, 0)
        ]
        return _probabilities(np.stack(matches, axis=-1)), None

    def score_crops(self, crops: np.ndarray) -> np.ndarray:
        return _probabilities((_masks(crops) * self.kernel[..., None]).sum(axis=(1, 2)))


def _masks(pixels: np.ndarray) -> np.ndarray:
    return (pixels @ WEIGHTS.T).astype(np.float32)


def _probabilities(matches: np.ndarray) -> np.ndarray:
    """(..., 1 + brands) float32: the softmax of 0 and the brands' matches."""
    powers = np.exp(np.concatenate([np.zeros_like(matches[..., :1]), STEEPNESS * (matches - MIN_MATCH)], axis=-1))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="session")
def color_scorer(window: WindowSpec) -> WindowScorer:
    """A scorer that knows logos by their colors."""
    return ColorScorer(window)


def network(window: WindowSpec, *, dense: bool) -> bytes:
    """What `ColorScorer` does, as ONNX: for a picture of any size, with box deltas, or for one window, without."""
    image_hw = (None, None) if dense else (window.height, window.width)
    grid = (None, None) if dense else (1, 1)
    fit = -np.log(1 + 2 * window.margin)
    weights = {
        "weights": WEIGHTS[:, :, None, None],
        "kernel": np.tile(kernel(window), (2, 1, 1, 1)) * STEEPNESS,
        "bias": np.full(2, -STEEPNESS * MIN_MATCH, np.float32),
        "no_weights": np.zeros((4, 2, 1, 1), np.float32),
        "fit": np.array([0, 0, fit, fit], np.float32),
        "axis": np.array([1], np.int64),
        "zero": np.zeros(1, np.float32),
    }
    conv = {"kernel_shape": [window.height, window.width], "strides": [2, 2], "group": 2}
    nodes = [
        helper.make_node("Cast", ["picture"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["colors"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["colors", "weights"], ["masks"]),
        helper.make_node("Conv", ["masks", "kernel", "bias"], ["matches"], **conv),
        helper.make_node("Conv", ["matches", "no_weights", "fit"], ["deltas"]),
        helper.make_node("Transpose", ["deltas"], ["box_deltas"], perm=[0, 2, 3, 1]),
        helper.make_node("ReduceSum", ["matches", "axis"], ["total"]),
        helper.make_node("Mul", ["total", "zero"], ["background"]),
        helper.make_node("Concat", ["background", "matches"], ["logits"], axis=1),
        helper.make_node("Transpose", ["logits"], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("Softmax", ["last"], ["label"], axis=-1),
    ]
    outputs = [helper.make_tensor_value_info("label", TensorProto.FLOAT, (None, *grid, 3))]
    if dense:
        outputs.append(helper.make_tensor_value_info("box_deltas", TensorProto.FLOAT, (None, *grid, 4)))
    else:
        nodes = [node for node in nodes if not {"deltas", "box_deltas"} & set(node.output)]
    graph = helper.make_graph(
        nodes,
        "by color",
        [helper.make_tensor_value_info("picture", TensorProto.UINT8, (None, *image_hw, 3))],
        outputs,
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


@pytest.fixture(scope="session")
def sliding_network(window: WindowSpec) -> bytes:
    """ONNX for a picture of any size."""
    return network(window, dense=True)


@pytest.fixture(scope="session")
def window_network(window: WindowSpec) -> bytes:
    """ONNX for one window, with the same answers."""
    return network(window, dense=False)


@pytest.fixture(scope="session")
def model_folder(
    tmp_path_factory: pytest.TempPathFactory, sliding_network: bytes, window: WindowSpec, scan_cfg: SlidingWindowDetect
) -> Path:
    """A folder as stage logo-evaluate leaves it; the model finds logos by their color, from a score of 0.5."""
    folder = tmp_path_factory.mktemp("models") / "logo"
    scorer = DenseScorer(onnx_runtime.session(sliding_network, 1), ColorScorer.stride, window)
    detector = SlidingWindowDetector(scorer, window, scan_cfg)
    LogoDetector("fcn", detector, 0.5, {"model": "by hand", "revision": "unknown"}).save(folder, sliding_network)
    return folder


FEELINGS = {"good": 1.0, "great": 2.0, "bad": -1.0, "awful": -2.0, "the": 0.0, "film": 0.0, "is": 0.0, "!": 0.25}


@pytest.fixture(scope="session")
def adding_network() -> bytes:
    """ONNX that adds up the FEELINGS of a review's words: the logit of "positive"; that of "negative" is 0."""
    table = np.zeros((len(SPECIAL) + len(FEELINGS), 2), np.float32)
    table[len(SPECIAL) :, 1] = list(FEELINGS.values())
    nodes = [
        helper.make_node("Gather", ["feelings", "tokens"], ["each"]),
        helper.make_node("ReduceSum", ["each", "time"], ["label"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "by feeling",
        [helper.make_tensor_value_info("tokens", TensorProto.INT32, (None, None))],
        [helper.make_tensor_value_info("label", TensorProto.FLOAT, (None, 2))],
        [numpy_helper.from_array(table, "feelings"), numpy_helper.from_array(np.array([1], np.int64), "time")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


@pytest.fixture(scope="session")
def sentiment_folder(tmp_path_factory: pytest.TempPathFactory, adding_network: bytes) -> Path:
    """A folder as stage sentiment-export writes it; the model reads 8 tokens and has temperature 2."""
    folder = tmp_path_factory.mktemp("models") / "sentiment"
    SentimentClassifier(
        onnx_runtime.session(adding_network, 1), Vocabulary((*SPECIAL, *FEELINGS)), 8, 0.5, 2.0, {"network": "by hand"}
    ).save(folder, adding_network)
    return folder


@pytest.fixture(scope="session")
def classifier(sentiment_folder: Path) -> SentimentClassifier:
    """What `sentiment_folder` holds."""
    return SentimentClassifier.load(sentiment_folder, threads=1)


@pytest.fixture(scope="session")
def fake_web() -> ModuleType:
    """The benchmarks' module that serves pictures on the loopback address, with and without faults."""
    path = Path(__file__).parents[1] / "benchmarks" / "fake_web.py"
    spec = importlib.util.spec_from_file_location("fake_web", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def web(fake_web: ModuleType) -> Iterator[Any]:
    """A small web that is up for a test, see `fake_web.FakeWeb`."""
    with fake_web.serve() as server:
        yield server


@pytest.fixture(scope="session")
def many_labels(adding_network: bytes) -> Callable[[Sequence[str]], SentimentClassifier]:
    """A function of labels → a classifier that adds up the FEELINGS of a review's words for the last, and less before.

    The logit of a label is the sum of the feelings times its place, from -1 to 1, and 0.5 for one in the middle.
    """
    return lambda labels: _many_labels(adding_network, tuple(labels))


@functools.cache
def _many_labels(network: bytes, labels: tuple[str, ...]) -> SentimentClassifier:
    model = onnx.load_from_string(network)
    places = np.linspace(-1, 1, len(labels))
    table = numpy_helper.to_array(model.graph.initializer[0])[:, 1:] * places[None]
    bias = 0.5 * (places == 0)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(table.astype(np.float32), "feelings"))
    model.graph.initializer.append(numpy_helper.from_array(bias.astype(np.float32), "bias"))
    model.graph.node[1].output[0] = "sums"
    model.graph.node.append(helper.make_node("Add", ["sums", "bias"], ["label"]))
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("label", TensorProto.FLOAT, (None, len(labels))))
    vocabulary = Vocabulary((*SPECIAL, *FEELINGS))
    session = onnx_runtime.session(model.SerializeToString(), 1)
    return SentimentClassifier(session, vocabulary, 8, 0.5, 1.0, {"network": "by hand"}, 1, labels)
