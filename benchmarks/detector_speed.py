"""A trained detector → benchmarks/results/detector_speed.json: how fast it is, and how near to the processor's limit.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/detector_speed.py --model /tmp/drinks5/models/logo

The pictures are drinks5's test pictures, resized. picture: milliseconds a picture, in parts. limit: multiplications a
second of the network beside those of a product of matrices. windows: as in the talk, its CNN (with random weights, as
they take as long) at every 8th pixel of a scan for logos from 28 pixels to the whole picture. start: the command line,
from its start to its end on one picture. folder: the command line on 200 pictures. int8: the same network with whole
numbers in its convolutions, calibrated on training pictures, and AP50 of both on the validation pictures. All on as
many threads as there are cores, in one run. Prints one JSON object.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import onnx
import scratch
from logo_real import num_windows
from onnxruntime.quantization import CalibrationDataReader, quantize_static

from brandlens import annotations, images, onnx_runtime
from brandlens.config.logo import SlidingWindowDetect
from brandlens.logo import evaluation, export
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.sliding_window import network
from brandlens.logo.detectors.sliding_window.detector import SNOWDON_STRIDE
from brandlens.logo.detectors.sliding_window.scorers import PatchScorer
from brandlens.logo.drawing import draw_detections
from brandlens.logo.predictions import predict

SIZES = ((640, 480), (1920, 1080))  # pixels: width, height
WINDOW = WindowSpec(labels=("logo",), width=75, height=22, margin=0.1, aspect_ratios=(3.4,))
SCAN = SlidingWindowDetect(
    min_size=28, max_size=1024, scale_factor=1.4, iou_threshold=0.4, proposal_threshold=0.1
)  # fmt: skip
MATRIX = 2048  # rows and columns of the matrices whose product is the machine's limit
NUM_FILES = 200  # of a folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of an exported detector")
    parser.add_argument("--pictures", type=int, default=20, help="pictures timed a size; default: %(default)s")
    arguments = parser.parse_args()
    pictures = annotations.read(scratch.dataset("drinks5", "test.xml") / "test.xml")
    detector = LogoDetector.load(arguments.model)
    with tempfile.TemporaryDirectory() as folder:
        result: dict[str, Any] = {"model": detector.model, "threads": onnx_runtime.cores()}
        for size in SIZES:
            paths = write_resized(pictures, size, Path(folder, f"{size[0]}x{size[1]}"))
            run_command([str(paths[0])], arguments.model)  # Python compiles its modules once
            result[f"{size[0]}x{size[1]}"] = {
                "picture": time_picture(paths[: arguments.pictures], detector),
                "folder": time_folder(paths, arguments.model),
            }
        path = sorted(Path(folder, "640x480").glob("*.jpg"))[0]
        result["start_seconds"] = round(min(run_command([str(path)], arguments.model) for _ in range(5)), 3)
        result["limit"] = compare_with_limit(arguments.model / "network.onnx")
        result["int8"] = compare_with_int8(arguments.model / "network.onnx", detector, Path(folder))
        result["windows"] = time_windows(images.read(path))
        detect_ms = result["640x480"]["picture"]["detect_ms"]
        result["speedup_over_windows"] = round(result["windows"]["seconds"] * 1000 / detect_ms)
    scratch.keep("detector_speed", detector.model, result)


def write_resized(pictures: list[annotations.Picture], size: tuple[int, int], folder: Path) -> list[Path]:
    """Write NUM_FILES JPEG files of this width and height, of as many pictures as there are."""
    folder.mkdir()
    paths = [folder / f"{index:03}.jpg" for index in range(NUM_FILES)]
    for index, path in enumerate(paths):
        picture = images.read(pictures[index % len(pictures)].path)
        images.write(path, cv2.resize(picture, size, interpolation=cv2.INTER_AREA), 90)
    return paths


def time_picture(paths: list[Path], detector: LogoDetector) -> dict[str, float]:
    """Return the median milliseconds to decode, to detect, and to draw and write a picture."""
    detector.detect(images.read(paths[0]))
    taken = []
    for path in paths:
        times = [time.perf_counter()]
        picture = images.read(path)
        times.append(time.perf_counter())
        detections = detector.detect(picture)
        times.append(time.perf_counter())
        images.write(paths[0].parent.parent / "drawn.jpg", draw_detections(picture, detections, detector.labels))
        times.append(time.perf_counter())
        taken.append(np.diff(times) * 1000)
    names = ("decode_ms", "detect_ms", "draw_ms")
    return {name: round(float(value), 2) for name, value in zip(names, np.median(taken, axis=0), strict=True)}


def time_folder(paths: list[Path], model: Path) -> dict[str, float]:
    """Return the seconds of the command line on a folder, drawn, and pictures a second."""
    with tempfile.TemporaryDirectory() as drawn:
        seconds = run_command(["--draw", drawn, str(paths[0].parent)], model)
    return {
        "pictures": len(paths), "seconds": round(seconds, 2), "pictures_per_second": round(len(paths) / seconds, 1),
    }  # fmt: skip


def run_command(arguments: list[str], model: Path) -> float:
    """Return the seconds of `brandlens logo detect`, with compiled modules kept, as an installation has them."""
    program = "from brandlens.cli.main import main; main()"
    command = [sys.executable, "-c", program, "logo", "detect", *arguments, "--model", str(model)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start


def compare_with_limit(path: Path) -> dict[str, float]:
    """Return GMAC/s (10^9 multiplications a second) of the network on a 640x480 picture, and of a matrix product."""
    width, height = SIZES[0]
    num_multiplications = multiplications(onnx.load(path), (1, height, width, 3))
    picture = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    session = onnx_runtime.session(path)
    name = session.get_inputs()[0].name
    seconds = scratch.best_time(lambda: session.run(None, {name: picture}), 20)
    matrix = np.random.default_rng(0).normal(size=(MATRIX, MATRIX)).astype(np.float32)
    matrix_seconds = scratch.best_time(lambda: matrix @ matrix)
    pace, peak = num_multiplications / seconds / 1e9, MATRIX**3 / matrix_seconds / 1e9
    return {
        "pass_ms": round(1000 * seconds, 2), "millions": round(num_multiplications / 1e6), "gmacs": round(pace, 1),
        "peak_gmacs": round(peak, 1), "fraction_of_peak": round(pace / peak, 3),
    }  # fmt: skip


class CalibrationPictures(CalibrationDataReader):
    """Inputs that show the quantizer which values there are."""

    def __init__(self, inputs: list[dict[str, np.ndarray]]) -> None:
        self.inputs = iter(inputs)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next one; None after the last."""
        return next(self.inputs, None)


def compare_with_int8(path: Path, detector: LogoDetector, folder: Path) -> dict[str, float]:
    """Return milliseconds of a 640x480 pass and AP50 on validation, before and after quantization of convolutions."""
    data = scratch.dataset("drinks5", "val.xml")
    val, train = (annotations.read(data / f"{split}.xml") for split in ("val", "train"))
    size, int8_path = SIZES[0], folder / "int8.onnx"
    name = onnx_runtime.session(path).get_inputs()[0].name
    inputs = [{name: cv2.resize(images.read(picture.path), size)[None]} for picture in train[::25]]
    quantize_static(path, int8_path, CalibrationPictures(inputs), op_types_to_quantize=["Conv"], per_channel=True)
    result = {}
    for precision, file in (("float32", path), ("int8", int8_path)):
        session = onnx_runtime.session(file)
        picture = cv2.resize(images.read(val[0].path), size)[None]
        seconds = scratch.best_time(partial(session.run, None, {name: picture}), 20)
        same = LogoDetector.from_session(detector.model, session, detector.detector.config, 0.05, {})
        metrics = evaluation.box_metrics(predict(same, val, 0.05), detector.labels, 0.5)
        result |= {f"{precision}_ms": round(1000 * seconds, 2), f"{precision}_ap50": round(metrics["ap50"], 4)}
    return result


def multiplications(model: onnx.ModelProto, shape: tuple[int, ...]) -> int:
    """Count those of all convolutions for an input of this shape."""
    for dimension, value in zip(model.graph.input[0].type.tensor_type.shape.dim, shape, strict=True):
        dimension.dim_value = value
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    sizes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output)
    }
    kernels = {constant.name: list(constant.dims) for constant in graph.initializer}
    return sum(
        int(np.prod(sizes[node.output[0]])) * int(np.prod(kernels[node.input[1]][1:]))
        for node in graph.node
        if node.op_type == "Conv"
    )


def time_windows(picture: np.ndarray) -> dict[str, float]:
    """Time the talk's CNN on every window of a picture: one scale is run, the windows of all scales are counted."""
    spec = network.InputSpec(WINDOW.height, WINDOW.width, 2, np.zeros(3), np.ones(3))
    keras.utils.set_random_seed(1)
    exported = export.to_onnx(network.snowdon(spec))
    scorer = PatchScorer(onnx_runtime.session(exported), SNOWDON_STRIDE, WINDOW)
    level = cv2.resize(picture, (320, 240), interpolation=cv2.INTER_AREA)
    start = time.perf_counter()
    label, _ = scorer.score_windows(level)
    window_seconds = (time.perf_counter() - start) / (label.shape[0] * label.shape[1])
    count = num_windows(picture, WINDOW, SCAN, scorer.stride)
    seconds = count * window_seconds
    return {"windows": count, "window_ms": round(1000 * window_seconds, 3), "seconds": round(seconds, 1)}


if __name__ == "__main__":
    main()
