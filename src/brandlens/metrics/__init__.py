"""How good a model is: pure functions from arrays to numbers and intervals, and plots of them.

`registry` says what a metric is; `classification` and `detection` hold the metrics, each once: the same function gives
the number and, over resampled pictures or reviews, its interval. A ratio without a denominator is 0.0, so a metrics
file holds finite numbers only.
"""
