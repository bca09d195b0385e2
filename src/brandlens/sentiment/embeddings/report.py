"""What the word vectors have learned: informative words, their nearest neighbors, and a map of them."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from sklearn.manifold import TSNE

from brandlens.datasets.reviews import TWO_LABELS
from brandlens.io import write_csv
from brandlens.metrics.plots import BLUE, GREEN, GREY, ORANGE, RED, STYLE
from brandlens.sentiment.text.vocabulary import UNKNOWN, Vocabulary

MIN_TSNE = 12  # words below which a map needs no t-SNE
MAX_DOCUMENT_FREQUENCY = 0.4  # share of the reviews above which a word tells nothing to a reader: the, and
NUM_COMMONEST = 10_000  # words among which neighbors are looked for: the vectors of rarer ones are rough


def informative_words(
    texts: Sequence[Sequence[str]], labels: np.ndarray, vocabulary: Vocabulary, count: int, names: Sequence[str]
) -> dict[str, str]:
    """Return the `count` most informative words of each label, with its name; the last label first.

    texts: tokens of reviews, labels: (n,) class numbers, names: of the labels. Words are sorted by the log-odds of
    being in a review of a label over any other, in standard deviations (Monroe et al. 2008). A word is typical of the
    label for which that is highest.
    """
    counts = np.zeros((len(names), len(vocabulary)))  # of the reviews of each label that hold each word
    for text, label in zip(texts, labels, strict=True):
        ids = {vocabulary.ids.get(token, UNKNOWN) for token in text}
        counts[int(label), [index for index in ids if index > UNKNOWN]] += 1
    totals = np.array([[(labels == label).sum()] for label in range(len(names))])
    others, other_totals = counts.sum(axis=0) - counts, totals.sum() - totals
    log_odds, other_log_odds = (
        np.log(holding + 0.5) - np.log(total - holding + 0.5)
        for holding, total in ((counts, totals), (others, other_totals))
    )
    scores = (log_odds - other_log_odds) / np.sqrt(1 / (counts + 0.5) + 1 / (others + 0.5))
    scores[:, : UNKNOWN + 1] = 0
    scores[:, counts.sum(axis=0) > MAX_DOCUMENT_FREQUENCY * totals.sum()] = 0
    typical = scores.argmax(axis=0)
    words: dict[str, str] = {}
    for label in reversed(range(len(names))):
        order = np.argsort(-scores[label], kind="stable")
        chosen = order[(scores[label, order] > 0) & (typical[order] == label)][:count]
        words |= {vocabulary.words[index]: names[label] for index in chosen}
    return words


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


def write_neighbors(words: Mapping[str, str], neighbors: Sequence[Sequence[str]], csv: Path) -> None:
    """Write one row a word: word, label, neighbors with spaces between.

    words: with the labels that they are typical of, see `informative_words`.
    """
    rows = (
        {"word": word, "label": label, "neighbors": " ".join(others)}
        for (word, label), others in zip(words.items(), neighbors, strict=True)
    )
    write_csv(rows, csv, ["word", "label", "neighbors"])


def write_map(
    words: Mapping[str, str], positions: np.ndarray, csv: Path, png: Path, names: Sequence[str] = TWO_LABELS
) -> None:
    """Write a map as a table (word, label, x, y) and as a picture, the last label in blue, the first in red.

    words: with the labels that they are typical of. positions: (n, 2). names: of the labels.
    """
    rows = (
        {"word": word, "label": label, "x": f"{x:.4g}", "y": f"{y:.4g}"}
        for (word, label), (x, y) in zip(words.items(), positions, strict=True)
    )
    colors = label_colors(names)
    write_csv(rows, csv, ["word", "label", "x", "y"])
    with matplotlib.rc_context(STYLE | {"axes.grid": False}):
        figure = Figure(figsize=(11, 8))
        axes = figure.subplots()
        glyphs = set(get_font(findfont(FontProperties())).get_charmap())
        for label, color in reversed(colors.items()):
            indices = [index for index, own in enumerate(words.values()) if own == label]
            axes.plot(*positions[indices].T, ".", color=color, markersize=4, label=label)
        for (word, label), (x, y) in zip(words.items(), positions, strict=True):
            if not glyphs.issuperset(map(ord, word)):
                continue  # an emoji that the font lacks: its dot is drawn, and the table has it
            color = colors[label]
            axes.annotate(word.replace("$", r"\$"), (x, y), (2, 2), textcoords="offset points", fontsize=7, color=color)
        axes.spines[:].set_visible(False)
        *last, first = reversed(names)
        title = f"Words of {', '.join(last)} and {first} reviews, near where their vectors are alike"
        axes.set(xticks=[], yticks=[], title=title)
        figure.legend(loc="outside lower right", ncols=len(names), frameon=False)
        png.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(png, metadata={"Software": None})


def label_colors(names: Sequence[str]) -> dict[str, str]:
    """Return a color for each label: red for the first, blue for the last, others between."""
    between = itertools.islice(itertools.cycle((GREY, ORANGE, GREEN)), len(names) - 2)
    return dict(zip(names, (RED, *between, BLUE), strict=True))


def _normalize(vectors: np.ndarray) -> np.ndarray:
    """Return (n, size) vectors of length 1; zeros stay zeros."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
