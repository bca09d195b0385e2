"""Which words changed a score: words and spans of some are left out and the rest scored.

That is occlusion (Zeiler and Fergus 2014).
"""

import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.text.check import check_text
from brandlens.sentiment.text.tokenizer import locate_tokens
from brandlens.sentiment.text.vocabulary import UNKNOWN

MAX_WORDS = 5  # of a span: "don't like it at all"
GROWTH = 0.9  # a span of a word more is preferred where it changes the score by more than 1 / GROWTH as much
PLAIN_SIGNS = frozenset(".,;:-'\"")  # which are no spans by themselves
MAX_TOKENS = 1 << 18  # of the variants of texts that are scored together, more or less
MIN_CHARACTERS = 4  # of a token with the space before it, more or less
MAX_SPANS, MIN_CHANGE = 6, 0.01  # that are named of a text; of the score, and smaller ones are not
BETWEEN = re.compile(r"[.!?]+")  # no span goes across

WordChange = tuple[str, float]


class Span(NamedTuple):
    """A part of a text, [start, end) in characters, and what it adds to the score: 0.2 means 0.2 less without it."""

    start: int
    end: int
    change: float


@dataclass(frozen=True)
class Explanation:
    """Every token of a text, in order, with what it adds to the score; and spans, which do not overlap, in order."""

    words: list[WordChange]
    spans: list[Span]


Steps = Generator[list[np.ndarray], Any, Explanation]  # gets None first, then (n, labels) probabilities


def explain(classifier: SentimentClassifier, text: str) -> Explanation:
    """Return what each token, and each span of 1 to MAX_WORDS words that matters, adds to a probability.

    That is the score: of two labels the probability of the last one, positive; of more that of the label given.
    A token is left out by putting "unknown" in its place, so words that the model does not know, and those in the
    middle of a text that is longer than it reads, add 0.0. An empty text gives nothing. Of spans of several words
    about half as many are tried as the text has tokens, those whose words change the score most. Raises TypeError for
    what is no str.
    """
    return explain_all(classifier, [text])[0]


def explain_all(classifier: SentimentClassifier, texts: Sequence[str]) -> list[Explanation]:
    """Return the explanation of each text, see `explain`.

    The variants of many texts are scored together, as those of a short one are too few to fill a batch; the others
    change a text's explanation by no more than the rounding of float32. Raises TypeError for one text alone, and for
    a value that is no str.
    """
    if isinstance(texts, str):
        raise TypeError("texts is one str; give a list of str: [text]")
    explanations, steps, size = list[Explanation](), list[Steps](), 0
    for text in texts:
        check_text(text)
        size_of_text = min(len(text) // MIN_CHARACTERS + 1, classifier.max_length) ** 2
        if steps and size + size_of_text > MAX_TOKENS:
            explanations += _run_together(classifier, steps)
            steps, size = [], 0
        steps.append(_steps(classifier, text))
        size += size_of_text
    return explanations + _run_together(classifier, steps)


def _run_together(classifier: SentimentClassifier, steps: Sequence[Steps]) -> list[Explanation]:
    """Return the explanations of some texts; the rows that they want scored at one time are scored in one call."""
    done: dict[int, Explanation] = {}
    answers: dict[int, np.ndarray | None] = dict.fromkeys(range(len(steps)))
    while answers:
        wanted: dict[int, list[np.ndarray]] = {}
        for index, answer in answers.items():
            try:
                wanted[index] = steps[index].send(answer)
            except StopIteration as end:
                done[index] = end.value
        ends = np.cumsum([len(rows) for rows in wanted.values()])
        scores = classifier.probabilities([row for rows in wanted.values() for row in rows]) if wanted else np.empty(0)
        answers = dict(zip(wanted, np.split(scores, ends[:-1]), strict=True)) if wanted else {}
    return [done[index] for index in range(len(steps))]


def _steps(classifier: SentimentClassifier, text: str) -> Steps:
    """Yield rows of token ids to be scored, get the (n, labels) probabilities of each, and return the explanation."""
    located = locate_tokens(text)
    tokens = [token for group, _, _ in located for token in group]
    indices, row = classifier.vocabulary.select(tokens, classifier.max_length)
    known = [position for position, id_ in enumerate(row) if id_ != UNKNOWN]
    if not known:
        return Explanation([(token, 0.0) for token in tokens], [])
    whole, *without = yield _without(row, [[], *([position] for position in known)])
    label = 1 if len(whole) == 2 else classifier.decide(whole[None])[0]
    changes = {position: float(whole[label] - scores[label]) for position, scores in zip(known, without, strict=True)}
    positions = _positions(located, indices)
    weight = [sum(abs(changes.get(position, 0.0)) for position in of_word) for of_word in positions]
    windows = [(word, word + 1) for word, of_word in enumerate(positions) if len(of_word) > 1]
    windows += _windows([text[start:end] for _, start, end in located], weight)[: len(known) // 2 + 2]
    measured = {
        (word, word + 1): changes[of_word[0]]
        for word, of_word in enumerate(positions)
        if len(of_word) == 1 and of_word[0] in changes
    }
    if windows:
        left_out = [[position for of_word in positions[first:last] for position in of_word] for first, last in windows]
        scored = yield _without(row, left_out)
        measured |= {
            window: float(whole[label] - scores[label]) for window, scores in zip(windows, scored, strict=True)
        }
    spans = [Span(located[first][1], located[last - 1][2], measured[first, last]) for first, last in _choose(measured)]
    of_tokens = {indices[position]: change for position, change in changes.items()}
    return Explanation(
        [(token, of_tokens.get(index, 0.0)) for index, token in enumerate(tokens)],
        [span for span in spans if text[span.start : span.end] not in PLAIN_SIGNS],
    )


def _positions(located: Sequence[tuple[Sequence[str], int, int]], indices: Sequence[int]) -> list[list[int]]:
    """Return, for each word or sign of a text, where its tokens stand in the row; indices: of the row's tokens."""
    read = {index: position for position, index in enumerate(indices)}
    positions, end = list[list[int]](), 0
    for group, _, _ in located:
        start, end = end, end + len(group)
        positions.append([read[index] for index in range(start, end) if index in read])
    return positions


def largest_changes(spans: Iterable[Span]) -> list[Span]:
    """Return the MAX_SPANS that changed the score most, by at least MIN_CHANGE, in the order of the text."""
    candidates = sorted((span for span in spans if abs(span.change) >= MIN_CHANGE), key=lambda span: -abs(span.change))
    return sorted(candidates[:MAX_SPANS])


def to_cell(text: str, spans: Iterable[Span]) -> str:
    """Return the spans that changed the score most in one line: "not bad +0.43; slow -0.12"."""
    return "; ".join(
        f"{' '.join(text[span.start : span.end].replace(';', ',').split())} {span.change:+.2f}"
        for span in largest_changes(spans)
    )


def _without(row: Sequence[int], positions: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """Return a row a list of positions, with these unknown."""
    rows = np.repeat(np.array(row, np.int32)[None], len(positions), axis=0)
    for variant, left_out in zip(rows, positions, strict=True):
        variant[list(left_out)] = UNKNOWN
    return list(rows)


def _windows(signs: Sequence[str], weight: Sequence[float]) -> list[tuple[int, int]]:
    """Return [first, last) of spans of several words within a sentence, those that are likely to matter most first."""
    found: list[tuple[float, int, int]] = []
    for first, sign in enumerate(signs):
        if not sign[0].isalnum():
            continue
        total = weight[first]
        for last in range(first + 1, min(first + MAX_WORDS, len(signs))):
            if BETWEEN.fullmatch(signs[last]):
                break
            total += weight[last]
            if signs[last][0].isalnum() and total:
                found.append((-total * GROWTH ** (last - first), first, last + 1))
    return [(first, last) for _, first, last in sorted(found)]


def _choose(measured: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """Return spans that do not overlap, in order: always the one that changes most for its length."""
    chosen: list[tuple[int, int]] = []
    for first, last in sorted(
        measured, key=lambda window: (-abs(measured[window]) * GROWTH ** (window[1] - window[0]), window)
    ):
        if measured[first, last] and all(last <= other[0] or first >= other[1] for other in chosen):
            chosen.append((first, last))
    return sorted(chosen)
