"""What the vectors have learned, to look at: telling words, their neighbours, and a map of them."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from sklearn.manifold import TSNE

from brandlens.metrics.plots import BLUE, RED, STYLE, write_csv
from brandlens.sentiment.text.vocabulary import UNKNOWN, Vocabulary

FEW = 12  # words below which a map needs no t-SNE
EVERYWHERE = 0.4  # share of the reviews above which a word tells nothing to a reader: the, and
COMMONEST = 10_000  # words among which neighbours are looked for: the vectors of rarer ones are rough


def informative_words(
    texts: Sequence[Sequence[str]], labels: np.ndarray, vocabulary: Vocabulary, count: int
) -> dict[str, float]:
    """The `count` words that speak most for praise and as many for blame, and how much, most telling first.

    texts: tokens of reviews, labels: (n,) 1 praise, 0 blame. How much: the log-odds of the word's being in a review of
    praise over one of blame, in standard deviations (Monroe et al. 2008): above 0 for praise.
    """
    there = np.zeros((2, len(vocabulary)))
    for text, label in zip(texts, labels, strict=True):
        there[
            int(label), [at for at in {vocabulary.numbers.get(token, UNKNOWN) for token in text} if at > UNKNOWN]
        ] += 1
    totals = np.array([[(labels == label).sum()] for label in (0, 1)])
    odds = np.log(there + 0.5) - np.log(totals - there + 0.5)
    scores = (odds[1] - odds[0]) / np.sqrt((1 / (there + 0.5)).sum(axis=0))
    scores[: UNKNOWN + 1] = 0
    scores[there.sum(axis=0) > EVERYWHERE * totals.sum()] = 0
    order = np.argsort(-np.abs(scores), kind="stable")
    praise, blame = (order[sign * scores[order] > 0][:count] for sign in (1, -1))
    return {vocabulary.words[at]: float(scores[at]) for at in (*praise, *blame)}


def neighbours(words: Sequence[str], vocabulary: Vocabulary, vectors: np.ndarray, count: int) -> list[list[str]]:
    """For each word the `count` others whose vectors point most its way (cosine), nearest first.

    The vocabulary has the commonest words first; others than its first COMMONEST are nobody's neighbours.
    """
    ways = _ways(vectors)
    found = []
    for word in words:
        at = vocabulary.numbers[word]
        near = ways[:COMMONEST] @ ways[at]
        order = np.argsort(-near, kind="stable").tolist()
        found.append([vocabulary.words[other] for other in order if other > UNKNOWN and other != at][:count])
    return found


def tsne_layout(words: Sequence[str], vocabulary: Vocabulary, vectors: np.ndarray, seed: int) -> np.ndarray:
    """(n, 2) float: places of the words on a map where near ones have similar vectors (t-SNE: van der Maaten 2008)."""
    ways = _ways(vectors)[[vocabulary.numbers[word] for word in words]]
    if len(words) < FEW:
        centred = ways - ways.mean(axis=0) if len(words) else ways
        left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
        flat = (left * sizes)[:, :2]
        return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))
    perplexity = min(30, len(words) / 4)
    return TSNE(2, perplexity=perplexity, method="exact", init="pca", random_state=seed).fit_transform(ways)


def write_neighbours(words: dict[str, float], near: Sequence[Sequence[str]], csv: Path) -> None:
    """One row a word: word, leaning (positive or negative), neighbours with spaces between."""
    rows = (
        {"word": word, "leaning": _leaning(score), "neighbours": " ".join(others)}
        for (word, score), others in zip(words.items(), near, strict=True)
    )
    write_csv(rows, csv, ["word", "leaning", "neighbours"])


def write_map(words: dict[str, float], places: np.ndarray, csv: Path, png: Path) -> None:
    """csv: word, leaning, x, y. png: each word at its place, praise in blue, blame in red."""
    rows = (
        {"word": word, "leaning": _leaning(score), "x": f"{x:.4g}", "y": f"{y:.4g}"}
        for (word, score), (x, y) in zip(words.items(), places, strict=True)
    )
    write_csv(rows, csv, ["word", "leaning", "x", "y"])
    with matplotlib.rc_context(STYLE | {"axes.grid": False}):
        figure = Figure(figsize=(11, 8))
        axes = figure.subplots()
        signs = set(get_font(findfont(FontProperties())).get_charmap())
        for colour, label in ((BLUE, "positive"), (RED, "negative")):
            here = [at for at, score in enumerate(words.values()) if _leaning(score) == label]
            axes.plot(*places[here].T, ".", color=colour, markersize=4, label=label)
        for (word, score), (x, y) in zip(words.items(), places, strict=True):
            if not signs.issuperset(map(ord, word)):
                continue  # an emoji that the font lacks: its dot is there, and the table has it
            colour = BLUE if _leaning(score) == "positive" else RED
            axes.annotate(
                word.replace("$", r"\$"), (x, y), (2, 2), textcoords="offset points", fontsize=7, color=colour
            )
        axes.spines[:].set_visible(False)
        axes.set(xticks=[], yticks=[], title="Words that speak for praise or blame, near where their vectors are alike")
        figure.legend(loc="outside lower right", ncols=2, frameon=False)
        png.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(png, metadata={"Software": None})


def _leaning(score: float) -> str:
    return "positive" if score > 0 else "negative"


def _ways(vectors: np.ndarray) -> np.ndarray:
    """(n, size): vectors of length 1; zeros stay zeros."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
