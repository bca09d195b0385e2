"""Many reviews through an exported network, on all cores."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime

from brandlens.sentiment.text.vocabulary import pad_sequences

ROWS, TOKENS = 128, 8192  # reviews and tokens, padding included, of a batch at most


def predict_logits(network: onnxruntime.InferenceSession, rows: Sequence[np.ndarray], threads: int) -> np.ndarray:
    """(n, 2) float32 logits of negative and positive, in the order of the (t,) int32 rows of tokens.

    Rows of about the same length are run together; whom a row stands beside changes nothing. threads: batches run at
    once, by a network of one thread each: an LSTM's steps are too short to be shared out.
    """
    found = np.zeros((len(rows), 2), np.float32)
    batches = list(_batches([len(row) for row in rows]))

    def run(batch: np.ndarray) -> np.ndarray:
        return network.run(["label"], {"tokens": pad_sequences([rows[at] for at in batch])})[0]

    with ThreadPoolExecutor(max(1, min(threads, len(batches)))) as pool:
        for batch, answer in zip(batches, pool.map(run, batches), strict=True):
            found[batch] = answer
    return found


def _batches(lengths: Sequence[int]) -> Iterator[np.ndarray]:
    """Places of reviews of about the same length: no more than ROWS, nor than TOKENS, unless there is but one."""
    order = np.argsort(-np.asarray(lengths, np.int64), kind="stable")  # the longest first: no thread waits for it
    while len(order):
        count = min(ROWS, max(1, TOKENS // max(1, lengths[order[0]])))
        yield order[:count]
        order = order[count:]
