"""brandlens: find a brand's logo in pictures and its mood in reviews."""

from importlib.metadata import version

__version__ = version("brandlens")
