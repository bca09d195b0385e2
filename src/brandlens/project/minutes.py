"""How long `dvc repro` will take: work counted from params.yaml, divided by what this machine does in a second."""

import math
import os
import time

import numpy as np
from threadpoolctl import threadpool_limits

from brandlens import onnx_runtime
from brandlens.config import Config
from brandlens.errors import plural

SECONDS = 2.0  # that the rate is measured for
SIZE = 512  # rows and columns of the matrices
PRODUCTS = 8  # of two matrices, timed together: more than clocks are coarse, less than a process gets at once

# Work in units of a matrix product's floating-point operations, 1e9: seconds measured on two cores of an AMD EPYC
# (AVX2; benchmarks/results/*.json), times the 155e9 a second of a matrix product there (docs/results.md, speed).
FCN_STEP = 22.0  # 32 crops and 4 dense patches
SNOWDON_CROP = 4.0
ONE_STAGE_PIXEL = 62.0 / (8 * 256 * 256)
TOKEN = 6.2e-3 / 128  # an LSTM unit in each direction reads and learns a token
VECTOR = 1.3e-3 / 128  # a value of a word vector learns from a token
STAGE_SECONDS = 7.0  # starting Python and Keras


def measure() -> float:
    """Return this machine's rate: 1e9 floating-point operations a second of a float32 matrix product on all cores.

    One core is measured, by the time that it spends on this: other programs take some of the cores' time now, and not
    forever.
    """
    matrix = np.random.default_rng(0).random((SIZE, SIZE), np.float32)
    shortest = math.inf
    with threadpool_limits(1, "blas"):
        end = time.perf_counter() + SECONDS
        while shortest == math.inf or time.perf_counter() < end:
            start = time.thread_time()
            for _ in range(PRODUCTS):
                matrix @ matrix
            shortest = min(shortest, time.thread_time() - start)
    return onnx_runtime.cores() * PRODUCTS * 2 * SIZE**3 / max(shortest, 1e-3) / 1e9


def is_busy() -> bool:
    """Return whether other programs keep the cores busy."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > onnx_runtime.cores()


def logo(params: Config, num_brands: int) -> float:
    """Return the work of training the detector, 1e9 operations."""
    train, augment = params.logo.train, params.logo.augment
    if train.model == "one_stage":
        return train.one_stage.max_steps * train.one_stage.batch_size * train.one_stage.image_size**2 * ONE_STAGE_PIXEL
    crops = augment.samples_per_class * (num_brands + augment.background_ratio)
    epochs = train.active.epochs + train.active.mining_rounds * train.hard_negatives.epochs
    return crops * epochs * (FCN_STEP / 32 if train.model == "fcn" else SNOWDON_CROP)


def sentiment(params: Config, num_labelled: int, num_unlabelled: int, mean_tokens: float) -> float:
    """Return the work of the word vectors and of training the classifier, 1e9 operations."""
    train, embed = params.sentiment.train.active, params.sentiment.embed
    labelled, both = num_labelled * mean_tokens, (num_labelled + num_unlabelled) * mean_tokens
    tokens = labelled * train.epochs + both * train.self_training_epochs
    return tokens * train.units * TOKEN + both * embed.epochs * embed.vector_size * VECTOR


def estimate(work: float, rate: float, num_stages: int) -> str:
    """Return how long `dvc repro` will take, such as "5 minutes"."""
    minutes = (work / rate + num_stages * STAGE_SECONDS) / 60
    rounded = max(1, round(minutes) if minutes < 10 else 5 * round(minutes / 5))
    return plural(rounded, "minute")
