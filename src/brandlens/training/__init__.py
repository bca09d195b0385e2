"""What both trainings share: seeds, number format, optimizer, schedule, logs, and going on after a kill."""

from brandlens.training import quiet  # noqa: F401, before anything else imports Keras

# isort: split
from brandlens.training.batch_norm import update_bn
from brandlens.training.best_weights import BestWeights
from brandlens.training.callbacks import StartEpoch, brief_callbacks, callbacks, verbosity
from brandlens.training.distribution import even_rows, shard
from brandlens.training.dl4j import DL4JUpdater
from brandlens.training.optimizers import optimizer
from brandlens.training.precision import dtype_policy, dtype_scope, float32_copy, jit_compile
from brandlens.training.resume import cached_array, elapsed, fit_or_load, run_id
from brandlens.training.save import WEIGHTS, load_model, save_training
from brandlens.training.setup import set_up
from brandlens.training.start import Start, carry_over
from brandlens.training.start import read as read_start

__all__ = [
    "WEIGHTS",
    "BestWeights",
    "DL4JUpdater",
    "Start",
    "StartEpoch",
    "brief_callbacks",
    "cached_array",
    "callbacks",
    "carry_over",
    "dtype_policy",
    "dtype_scope",
    "elapsed",
    "even_rows",
    "fit_or_load",
    "float32_copy",
    "jit_compile",
    "load_model",
    "optimizer",
    "read_start",
    "run_id",
    "save_training",
    "set_up",
    "shard",
    "update_bn",
    "verbosity",
]
