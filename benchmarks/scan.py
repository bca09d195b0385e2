"""A trained detector → benchmarks/results/scan.json: how fast it looks at pictures, and how near to the limit that is.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/scan.py --model /tmp/drinks5/models/logo

The pictures are drinks5's test pictures, resized. picture: milliseconds a picture, in parts. limit: multiplications a
second of the network beside those of a product of matrices. windows: the talk's way, its network (with random weights,
which take as long) at every 8th pixel of a scan for logos from 28 pixels to the whole picture. start: the command line,
from its start to its end on one picture. folder: the command line on 200 pictures. int8: the same network with whole
numbers in its convolutions, set by training pictures, and AP50 of both on the validation pictures. All on as many
threads as there are cores, in one run.
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
from logo_real import windows_in
from onnxruntime.quantization import CalibrationDataReader, quantize_static

from brandlens import annotations, images, onnx_runtime
from brandlens.cli.output.drawings import drawn
from brandlens.logo import evaluation, export
from brandlens.logo.crops.windows import WindowSpec
from brandlens.logo.detector import LogoDetector
from brandlens.logo.detectors.sliding_window import network, scan, scorers
from brandlens.logo.predictions import predict

SIZES = ((640, 480), (1920, 1080))  # pixels: width, height
TALK = (
    WindowSpec(labels=("logo",), width=75, height=22, margin=0.1, aspect_ratios=(3.4,)),
    scan.ScanConfig(28, 1024, 1.4, 0.4, 0.1),
)
MATRIX = 2048  # rows and columns of the matrices whose product is the machine's limit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of an exported detector")
    parser.add_argument("--pictures", type=int, default=20, help="pictures timed a size; default: %(default)s")
    arguments = parser.parse_args()
    listed = annotations.read(scratch.dataset("drinks5", "test.xml") / "test.xml")
    detector = LogoDetector.load(arguments.model)
    with tempfile.TemporaryDirectory() as folder:
        result: dict[str, Any] = {"network": detector.provenance.get("network"), "threads": onnx_runtime.cores()}
        for size in SIZES:
            paths = resized(listed, size, Path(folder, f"{size[0]}x{size[1]}"))
            command([str(paths[0])], arguments.model)  # what is compiled once is compiled
            result[f"{size[0]}x{size[1]}"] = {
                "picture": parts(paths[: arguments.pictures], detector),
                "folder": of_folder(paths, arguments.model),
            }
        small = Path(folder, "640x480")
        result["start_seconds"] = round(started(sorted(small.glob("*.jpg"))[0], arguments.model), 3)
        result["limit"] = limit(arguments.model / "network.onnx")
        result["int8"] = int8(arguments.model / "network.onnx", detector, Path(folder))
        result["windows"] = by_windows(images.read(sorted(small.glob("*.jpg"))[0]))
        ours = result["640x480"]["picture"]["look_ms"]
        result["speedup_over_windows"] = round(result["windows"]["seconds"] * 1000 / ours)
    scratch.keep("scan", str(result["network"]), result)


def resized(listed: list[annotations.Picture], size: tuple[int, int], into: Path) -> list[Path]:
    """200 JPEG files of this width and height, of as many pictures as there are."""
    into.mkdir()
    paths = [into / f"{at:03}.jpg" for at in range(200)]
    for at, path in enumerate(paths):
        picture = images.read(listed[at % len(listed)].path)
        images.write(path, cv2.resize(picture, size, interpolation=cv2.INTER_AREA), 90)
    return paths


def parts(paths: list[Path], detector: LogoDetector) -> dict[str, float]:
    """Typical milliseconds of decoding, looking, and drawing and writing a picture."""
    detector.detect(images.read(paths[0]))
    taken = []
    for path in paths:
        times = [time.perf_counter()]
        picture = images.read(path)
        times.append(time.perf_counter())
        found = detector.detect(picture)
        times.append(time.perf_counter())
        images.write(paths[0].parent.parent / "drawn.jpg", drawn(picture, found, detector.geometry.labels))
        times.append(time.perf_counter())
        taken.append(np.diff(times) * 1000)
    names = ("decode_ms", "look_ms", "draw_ms")
    return {name: round(float(value), 2) for name, value in zip(names, np.median(taken, axis=0), strict=True)}


def of_folder(paths: list[Path], model: Path) -> dict[str, float]:
    """The command line on a folder, drawn: seconds in all, and pictures a second."""
    with tempfile.TemporaryDirectory() as into:
        seconds = command(["--draw", into, str(paths[0].parent)], model)
    return {"pictures": len(paths), "seconds": round(seconds, 2), "a_second": round(len(paths) / seconds, 1)}


def started(path: Path, model: Path) -> float:
    """Seconds from start to end of the command line on one picture, the best of five."""
    return min(command([str(path)], model) for _ in range(5))


def command(arguments: list[str], model: Path) -> float:
    """Seconds of `brandlens logo detect`, its modules compiled once and kept, as an installation has them."""
    run = "from brandlens.cli.main import main; main()"
    call = [sys.executable, "-c", run, "logo", "detect", *arguments, "--model", str(model)]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=kept)
    return time.perf_counter() - start


def limit(path: Path) -> dict[str, float]:
    """Thousand millions of multiplications a second: of the network on a 640x480 picture, of a product of matrices."""
    width, height = SIZES[0]
    counted = multiplications(onnx.load(path), (1, height, width, 3))
    picture = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    session = onnx_runtime.session(path)
    seconds = scratch.best_time(lambda: session.run(None, {"picture": picture}), 20)
    matrix = np.random.default_rng(0).normal(size=(MATRIX, MATRIX)).astype(np.float32)
    product = scratch.best_time(lambda: matrix @ matrix)
    pace, peak = counted / seconds / 1e9, MATRIX**3 / product / 1e9
    return {
        "pass_ms": round(1000 * seconds, 2), "millions": round(counted / 1e6), "pace": round(pace, 1),
        "peak": round(peak, 1), "share": round(pace / peak, 3),
    }  # fmt: skip


class Shown(CalibrationDataReader):
    """Inputs that show the quantiser what values there are."""

    def __init__(self, inputs: list[dict[str, np.ndarray]]) -> None:
        self.inputs = iter(inputs)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next one; None after the last."""
        return next(self.inputs, None)


def int8(path: Path, detector: LogoDetector, folder: Path) -> dict[str, float]:
    """Milliseconds of a 640x480 pass and AP50 on validation pictures, before and after quantisation of convolutions."""
    data = scratch.dataset("drinks5", "val.xml")
    held, known = (annotations.read(data / f"{split}.xml") for split in ("val", "train"))
    size, small = SIZES[0], folder / "int8.onnx"
    shown = [{"picture": cv2.resize(images.read(each.path), size)[None]} for each in known[::25]]
    quantize_static(path, small, Shown(shown), op_types_to_quantize=["Conv"], per_channel=True)
    result = {}
    for name, file in (("float32", path), ("int8", small)):
        session = onnx_runtime.session(file)
        picture = cv2.resize(images.read(held[0].path), size)[None]
        seconds = scratch.best_time(partial(session.run, None, {"picture": picture}), 20)
        stride = getattr(detector.scorer, "stride", None)
        other = LogoDetector.of(session, detector.geometry, detector.plan, stride, 0.05, {})
        metrics = evaluation.box_metrics(predict(other, held, 0.05), detector.geometry.labels, 0.5)
        result |= {f"{name}_ms": round(1000 * seconds, 2), f"{name}_ap50": round(metrics["ap50"], 4)}
    return result


def multiplications(model: onnx.ModelProto, shape: tuple[int, ...]) -> int:
    """Of all convolutions for an input of this shape."""
    for dimension, value in zip(model.graph.input[0].type.tensor_type.shape.dim, shape, strict=True):
        dimension.dim_value = value
    known = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    sizes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in (*known.value_info, *known.output)
    }
    kernels = {constant.name: list(constant.dims) for constant in known.initializer}
    return sum(
        int(np.prod(sizes[node.output[0]])) * int(np.prod(kernels[node.input[1]][1:]))
        for node in known.node
        if node.op_type == "Conv"
    )


def by_windows(picture: np.ndarray) -> dict[str, float]:
    """The talk's network at every window of a picture: one level is run, the windows of all levels are counted."""
    geometry, plan = TALK
    look = network.InputSpec(geometry.height, geometry.width, 2, np.zeros(3), np.ones(3))
    keras.utils.set_random_seed(1)
    exported = export.to_onnx(network.snowdon(look))
    scorer = scorers.scorer(onnx_runtime.session(exported), scorers.STRIDES["talk"], geometry)
    level = cv2.resize(picture, (320, 240), interpolation=cv2.INTER_AREA)
    start = time.perf_counter()
    label, _ = scorer(level)
    each = (time.perf_counter() - start) / (label.shape[0] * label.shape[1])
    total = windows_in(picture, geometry, plan, scorer.stride)
    return {"windows": total, "window_ms": round(1000 * each, 3), "seconds": round(total * each, 1)}


if __name__ == "__main__":
    main()
