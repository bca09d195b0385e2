"""Networks of one window slid over a picture: in one pass where they are fully convolutional, else window by window."""

from typing import Protocol

import numpy as np
import onnxruntime

from brandlens.logo.crops.windows import WindowSpec

BATCH_SIZE = 256  # crops a run of the network


class WindowScorer(Protocol):
    """What scores windows of a picture.

    stride: pixels between neighboring windows. dense: whether all windows of a picture are scored in one pass.
    """

    stride: int
    dense: bool

    def score_windows(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Score every window of a (h, w, 3) uint8 RGB picture, a stride apart.

        Returns (rows, columns, 1 + labels) float32 probabilities, and (rows, columns, 4) float32 box deltas (see
        `windows.encode_boxes`), None from a network that has none.
        """

    def score_crops(self, crops: np.ndarray) -> np.ndarray:
        """Return (n, 1 + labels) float32 probabilities of (n, height, width, 3) uint8 RGB windows, cut out already."""


class _NetworkScorer:
    """An exported network on ONNX Runtime."""

    def __init__(self, session: onnxruntime.InferenceSession, stride: int, window: WindowSpec) -> None:
        self.session, self.stride, self.window = session, stride, window
        self.input_name = session.get_inputs()[0].name

    def score_crops(self, crops: np.ndarray) -> np.ndarray:
        """Return (n, 1 + labels) float32 probabilities of (n, height, width, 3) uint8 RGB windows."""
        starts = range(0, max(1, len(crops)), BATCH_SIZE)  # no crops are one empty batch, whose output has the shape
        batches = [crops[start : start + BATCH_SIZE] for start in starts]
        return np.concatenate([self.session.run(["label"], {self.input_name: batch})[0][:, 0, 0] for batch in batches])


class DenseScorer(_NetworkScorer):
    """A fully convolutional network: one run for all windows of a picture."""

    dense = True

    def score_windows(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Score every window, see `WindowScorer`."""
        label, box_deltas = self.session.run(["label", "box_deltas"], {self.input_name: pixels[None]})
        return label[0], box_deltas[0]


class PatchScorer(_NetworkScorer):
    """A network of one window, as in the talk: every window is cut out and run."""

    dense = False

    def score_windows(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Score every window, see `WindowScorer`; without box deltas."""
        window_hw = self.window.height, self.window.width
        views = np.lib.stride_tricks.sliding_window_view(pixels, window_hw, axis=(0, 1))
        views = views[:: self.stride, :: self.stride]
        # row by row: all windows at once would take hundreds of times the picture's memory
        rows = [self.score_crops(np.ascontiguousarray(row.transpose(0, 2, 3, 1))) for row in views]
        return np.stack(rows).reshape(*views.shape[:2], -1), None
