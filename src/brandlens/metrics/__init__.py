"""How good a model is: pure functions from arrays to a flat {name: float}; plots and a page to show them.

Every ratio without a denominator is 0.0, so a metrics file never holds a value that is not finite.
"""
