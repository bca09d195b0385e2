"""Run many reviews through an exported network, on all cores."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime

from brandlens.sentiment.text.vocabulary import pad_sequences

MAX_REVIEWS, MAX_TOKENS = 128, 8192  # of a batch; tokens with padding


def predict_logits(session: onnxruntime.InferenceSession, rows: Sequence[np.ndarray], threads: int) -> np.ndarray:
    """Return (n, labels) float32 logits, in the order of the (t,) int32 rows of token ids.

    Rows of about the same length run together; a row's logits do not depend on the others. threads: batches run at
    once, by a session of one thread each: an LSTM's steps are too short to be shared out.
    """
    logits = np.zeros((len(rows), num_labels(session)), np.float32)
    batches = list(even_batches([len(row) for row in rows]))

    def run(batch: np.ndarray) -> np.ndarray:
        return session.run(["label"], {"tokens": pad_sequences([rows[index] for index in batch])})[0]

    with ThreadPoolExecutor(max(1, min(threads, len(batches)))) as pool:
        for batch, result in zip(batches, pool.map(run, batches), strict=True):
            logits[batch] = result
    return logits


def num_labels(session: onnxruntime.InferenceSession) -> int:
    """Return how many labels a network tells apart; 0 where it does not say so."""
    sizes = [output.shape[-1] for output in session.get_outputs() if output.name == "label" and output.shape]
    return sizes[0] if sizes and isinstance(sizes[0], int) else 0


def knows_ids(session: onnxruntime.InferenceSession, count: int) -> bool:
    """Return whether a network has vectors for `count` ids of tokens and no more: the next one is out of its table."""
    return _runs(session, count - 1) and not _runs(session, count)


def _runs(session: onnxruntime.InferenceSession, token: int) -> bool:
    options = onnxruntime.RunOptions()
    options.log_severity_level = 4  # a failure is an answer here, and nothing to print
    try:
        session.run(["label"], {"tokens": np.array([[token]], np.int32)}, options)
    except Exception:  # ONNX Runtime raises classes of its own that share no base
        return False
    return True


def even_batches(lengths: Sequence[int]) -> Iterator[np.ndarray]:
    """Yield indices of rows of about the same length, the longest first.

    A batch has no more than MAX_REVIEWS rows, and no more than MAX_TOKENS tokens unless it is a single row.
    """
    order = np.argsort(-np.asarray(lengths, np.int64), kind="stable")  # at the end no thread waits for a long one
    while len(order):
        count = min(MAX_REVIEWS, max(1, MAX_TOKENS // max(1, lengths[order[0]])))
        yield order[:count]
        order = order[count:]
