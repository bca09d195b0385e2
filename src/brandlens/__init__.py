"""brandlens: find a brand's logo in pictures and its mood in reviews."""

__version__ = "0.1.0"
