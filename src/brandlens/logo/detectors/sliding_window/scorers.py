"""An exported network as a Scorer: ONNX Runtime looks at every window of a picture."""

import numpy as np
import onnxruntime

from brandlens.logo.crops.windows import WindowSpec

STRIDES = {"slide": 4, "talk": 8}  # of each network: pixels between neighbouring windows
CHUNK = 256  # windows a batch


class _Network:
    """What both kinds can: look at windows that somebody has cut."""

    def __init__(self, network: onnxruntime.InferenceSession, stride: int) -> None:
        self.network, self.stride = network, stride
        self.input = network.get_inputs()[0].name

    def crops(self, views: np.ndarray) -> np.ndarray:
        """(n, height, width, 3) uint8 windows → (n, classes) float32 probabilities."""
        starts = range(0, max(1, len(views)), CHUNK)  # none at all are one empty chunk, which has the right shape
        parts = [views[start : start + CHUNK] for start in starts]
        return np.concatenate([self.network.run(["label"], {self.input: part})[0][:, 0, 0] for part in parts])


class DenseScorer(_Network):
    """A fully convolutional network: one run for the whole picture."""

    def __call__(self, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        label, place = self.network.run(["label", "place"], {self.input: level[None]})
        return label[0], place[0]


class PatchScorer(_Network):
    """A network of one window: every window is cut out and run, as in the talk."""

    def __init__(self, network: onnxruntime.InferenceSession, stride: int, geometry: WindowSpec) -> None:
        super().__init__(network, stride)
        self.size = geometry.height, geometry.width

    def __call__(self, level: np.ndarray) -> tuple[np.ndarray, None]:
        views = np.lib.stride_tricks.sliding_window_view(level, self.size, axis=(0, 1))[:: self.stride, :: self.stride]
        rows, columns = views.shape[:2]
        # row by row: all windows at once would take hundreds of times the picture's memory
        scores = [self.crops(np.ascontiguousarray(row.transpose(0, 2, 3, 1))) for row in views]
        return np.stack(scores).reshape(rows, columns, -1), None


def scorer(network: onnxruntime.InferenceSession, stride: int, geometry: WindowSpec) -> DenseScorer | PatchScorer:
    """The way to slide this network: in one pass where it takes pictures of any size, else window by window."""
    _, height, width, _ = network.get_inputs()[0].shape
    if isinstance(height, int) or isinstance(width, int):
        return PatchScorer(network, stride, geometry)
    return DenseScorer(network, stride)
