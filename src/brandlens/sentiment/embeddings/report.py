"""What the word vectors have learned: informative words, their nearest neighbors, and a map of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from sklearn.manifold import TSNE

from brandlens.metrics.plots import BLUE, RED, STYLE, write_csv
from brandlens.sentiment.text.vocabulary import UNKNOWN, Vocabulary

MIN_TSNE = 12  # words below which a map needs no t-SNE
MAX_DOCUMENT_FREQUENCY = 0.4  # share of the reviews above which a word tells nothing to a reader: the, and
NUM_COMMONEST = 10_000  # words among which neighbors are looked for: the vectors of rarer ones are rough


def informative_words(
    texts: Sequence[Sequence[str]], labels: np.ndarray, vocabulary: Vocabulary, count: int
) -> dict[str, float]:
    """Return the `count` most informative words of either label with their scores, highest first, positive ones first.

    texts: tokens of reviews, labels: (n,) 1 positive, 0 negative. Score: the log-odds of the word's being in a positive
    review over a negative one, in standard deviations (Monroe et al. 2008); above 0 for positive words.
    """
    counts = np.zeros((2, len(vocabulary)))  # of the reviews of each label that hold each word
    for text, label in zip(texts, labels, strict=True):
        ids = {vocabulary.ids.get(token, UNKNOWN) for token in text}
        counts[int(label), [index for index in ids if index > UNKNOWN]] += 1
    totals = np.array([[(labels == label).sum()] for label in (0, 1)])
    log_odds = np.log(counts + 0.5) - np.log(totals - counts + 0.5)
    scores = (log_odds[1] - log_odds[0]) / np.sqrt((1 / (counts + 0.5)).sum(axis=0))
    scores[: UNKNOWN + 1] = 0
    scores[counts.sum(axis=0) > MAX_DOCUMENT_FREQUENCY * totals.sum()] = 0
    order = np.argsort(-np.abs(scores), kind="stable")
    positive, negative = order[scores[order] > 0][:count], order[scores[order] < 0][:count]
    return {vocabulary.words[index]: float(scores[index]) for index in (*positive, *negative)}


def nearest_words(words: Sequence[str], vocabulary: Vocabulary, vectors: np.ndarray, count: int) -> list[list[str]]:
    """Return for each word the `count` others whose vectors have the highest cosine with its own, nearest first.

    The vocabulary has the commonest words first; only its first NUM_COMMONEST are neighbors of any word.
    """
    directions = _normalize(vectors)
    neighbors = []
    for word in words:
        index = vocabulary.ids[word]
        cosines = directions[:NUM_COMMONEST] @ directions[index]
        order = np.argsort(-cosines, kind="stable").tolist()
        neighbors.append([vocabulary.words[other] for other in order if other > UNKNOWN and other != index][:count])
    return neighbors


def tsne_layout(words: Sequence[str], vocabulary: Vocabulary, vectors: np.ndarray, seed: int) -> np.ndarray:
    """Return (n, 2) float positions of the words on a map where near ones have similar vectors.

    By t-SNE (van der Maaten 2008); fewer words than MIN_TSNE by their two principal components.
    """
    directions = _normalize(vectors)[[vocabulary.ids[word] for word in words]]
    if len(words) < MIN_TSNE:
        centered = directions - directions.mean(axis=0) if len(words) else directions
        left, singular_values, _ = np.linalg.svd(centered, full_matrices=False)
        components = (left * singular_values)[:, :2]
        return np.pad(components, ((0, 0), (0, 2 - components.shape[1])))
    perplexity = min(30, len(words) / 4)
    return TSNE(2, perplexity=perplexity, method="exact", init="pca", random_state=seed).fit_transform(directions)


def write_neighbors(words: Mapping[str, float], neighbors: Sequence[Sequence[str]], csv: Path) -> None:
    """Write one row a word: word, label (positive or negative), neighbors with spaces between.

    words: with their scores, see `informative_words`.
    """
    rows = (
        {"word": word, "label": _label(score), "neighbors": " ".join(others)}
        for (word, score), others in zip(words.items(), neighbors, strict=True)
    )
    write_csv(rows, csv, ["word", "label", "neighbors"])


def write_map(words: Mapping[str, float], positions: np.ndarray, csv: Path, png: Path) -> None:
    """Write a map as a table (word, label, x, y) and as a picture: positive words in blue, negative ones in red.

    words: with their scores. positions: (n, 2).
    """
    rows = (
        {"word": word, "label": _label(score), "x": f"{x:.4g}", "y": f"{y:.4g}"}
        for (word, score), (x, y) in zip(words.items(), positions, strict=True)
    )
    write_csv(rows, csv, ["word", "label", "x", "y"])
    with matplotlib.rc_context(STYLE | {"axes.grid": False}):
        figure = Figure(figsize=(11, 8))
        axes = figure.subplots()
        glyphs = set(get_font(findfont(FontProperties())).get_charmap())
        for color, label in ((BLUE, "positive"), (RED, "negative")):
            indices = [index for index, score in enumerate(words.values()) if _label(score) == label]
            axes.plot(*positions[indices].T, ".", color=color, markersize=4, label=label)
        for (word, score), (x, y) in zip(words.items(), positions, strict=True):
            if not glyphs.issuperset(map(ord, word)):
                continue  # an emoji that the font lacks: its dot is drawn, and the table has it
            color = BLUE if _label(score) == "positive" else RED
            axes.annotate(word.replace("$", r"\$"), (x, y), (2, 2), textcoords="offset points", fontsize=7, color=color)
        axes.spines[:].set_visible(False)
        axes.set(
            xticks=[], yticks=[], title="Words of positive and negative reviews, near where their vectors are alike"
        )
        figure.legend(loc="outside lower right", ncols=2, frameon=False)
        png.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(png, metadata={"Software": None})


def _label(score: float) -> str:
    return "positive" if score > 0 else "negative"


def _normalize(vectors: np.ndarray) -> np.ndarray:
    """Return (n, size) vectors of length 1; zeros stay zeros."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
