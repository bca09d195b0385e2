"""brandlens: find a brand's logo in pictures and its mood in reviews.

In Python: `LogoDetector.load(folder).detect(picture)` of `brandlens.logo.detector`, and
`SentimentClassifier.load(folder).score(texts)` of `brandlens.sentiment.classifier`; docs/python.md has more.
"""

__version__ = "0.1.0"
