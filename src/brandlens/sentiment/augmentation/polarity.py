"""Which words are polar, by the labels of the training reviews, and which are in the scope of a negator."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from brandlens.sentiment.terms.clauses import CONTRAST

NEGATORS = frozenset(  # as the tokenizer writes them
    {
        "not", "n't", "no", "never", "nothing", "nobody", "none", "neither", "nor", "without", "hardly",
        "nicht", "nichts", "nie", "niemals", "ohne", "kein", "keine", "keinen", "keinem", "keiner", "keinerlei", "kaum",
        "nunca", "jamás", "sin", "nada", "nadie", "ningún", "ninguna", "ninguno", "tampoco", "apenas",
        "لا", "ليس", "ليست", "لم", "لن", "غير", "بدون", "بلا",
    }
)  # fmt: skip
ENDS = frozenset({".", "...", "!", "!!", "?", "??", "?!"})  # of a sentence
BREAKS = ENDS | {",", "،", "。", "、", *CONTRAST}  # where the scope of a negator ends
SCOPE = 4  # tokens after a negator that it negates
MIN_LOG_RATIO, MIN_Z = 0.7, 1.0  # of a polar word: size of its log-count ratio, and of that over its standard error
ROUNDS = 3  # of finding slots by their words, and words by their slots
PRIOR = 10, 3  # times that every slot and every word is seen as one of average purity beforehand
MIN_PURITY = 1.6  # of a polar word's slots, as a multiple of the average


@dataclass(frozen=True)
class Tokens:
    """What token ids are. Each: (words,) bool, by id."""

    negator: np.ndarray
    breaks: np.ndarray
    ends: np.ndarray
    letters: np.ndarray

    @classmethod
    def of(cls, words: Sequence[str]) -> "Tokens":
        """Return what the words of a vocabulary are, the specials nothing."""
        tests = (NEGATORS.__contains__, BREAKS.__contains__, ENDS.__contains__, str.isalpha)
        return cls(*(np.array([test(word) for word in words], bool) for test in tests))


def in_scope(row: np.ndarray, tokens: Tokens) -> np.ndarray:
    """Return (t,) bool: which tokens of a review are negated.

    Those are up to SCOPE after a negator, none beyond a break (Das and Chen 2001, who go on to the punctuation).
    """
    negated, left = np.zeros(len(row), bool), 0
    for place, (is_negator, is_break) in enumerate(zip(tokens.negator[row], tokens.breaks[row], strict=True)):
        negated[place] = left > 0 and not is_negator and not is_break
        left = SCOPE if is_negator else 0 if is_break else left - 1
    return negated


def flip_negated(
    rows: Sequence[np.ndarray], labels: np.ndarray, opposites: np.ndarray, tokens: Tokens
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return what is not negated in each review, and what is, each as a review: (t,) int32 token ids; and their labels.

    labels: (n,) class numbers. opposites: (labels,), the class that each becomes where it is negated: so "trouble" in
    "no trouble" is a word of negative reviews. Parts without a token are left out.
    """
    scopes = [in_scope(row, tokens) for row in rows]
    parts = [row[~scope] for row, scope in zip(rows, scopes, strict=True)]
    parts += [row[scope] for row, scope in zip(rows, scopes, strict=True)]
    kept = [index for index, part in enumerate(parts) if len(part)]
    return [parts[index] for index in kept], np.concatenate([labels, opposites[labels]])[kept]


def polar_words(rows: Sequence[np.ndarray], signs: np.ndarray, tokens: Tokens) -> np.ndarray:
    """Return (words,) int8: 1 for words that praise, -1 for words that complain, 0 for all others.

    rows: (t,) int32 token ids of each review; signs: (n,) 1 for positive reviews, -1 for negative ones, 0 for others.
    Candidates are words of letters whose log-count ratio (one added to every count) is large, and large beside its
    standard error; a word that is negated in a review counts as one of the other side. Of these, which may be about
    anything (a topic that is in few reviews), those stay that stand where other candidates stand: see `slot_purity`.
    """
    counts = np.ones((2, len(tokens.negator)))
    for row, sign in zip(rows, signs, strict=True):
        if sign:
            words, inverse = np.unique(row, return_inverse=True)
            balance = np.bincount(inverse, np.where(in_scope(row, tokens), -1, 1))
            np.add.at(counts, ((balance * sign > 0).astype(int), words), balance != 0)
    ratio = np.log(counts[1] / counts[1].sum()) - np.log(counts[0] / counts[0].sum())
    error = np.sqrt((1 / counts).sum(axis=0))
    candidates = (np.abs(ratio) >= MIN_LOG_RATIO) & (np.abs(ratio) >= MIN_Z * error)
    candidates &= tokens.letters & ~tokens.negator & ~tokens.breaks
    polar = candidates & (slot_purity(rows, candidates, tokens) >= MIN_PURITY)
    return np.where(polar, np.sign(ratio), 0).astype(np.int8)


def slot_purity(rows: Sequence[np.ndarray], candidates: np.ndarray, tokens: Tokens) -> np.ndarray:
    """Return (words,) how much likelier than on average a candidate stands where a word stands.

    A slot is the word before. Words are known by their slots and slots by their words, in turn, as in mutual
    bootstrapping (Riloff and Jones 1999): "very" and "is" go before opinions, "the" and "my" before topics.
    """
    before = np.concatenate([row[:-1] for row in rows]) if len(rows) else np.zeros(0, np.int32)
    after = np.concatenate([row[1:] for row in rows]) if len(rows) else before
    inside = ~tokens.breaks[before] & ~tokens.breaks[after]
    pairs = coo_array((np.ones(inside.sum()), (before[inside], after[inside])), (len(candidates),) * 2).tocsr()
    num_slots, num_words = np.asarray(pairs.sum(axis=1)).ravel(), np.asarray(pairs.sum(axis=0)).ravel()
    weights, purity = candidates.astype(float), np.ones(len(candidates))
    for _ in range(ROUNDS):
        average = weights @ num_words / max(num_words.sum(), 1)
        slots = (pairs @ weights + PRIOR[0] * average) / (num_slots + PRIOR[0])
        purity = (pairs.T @ slots + PRIOR[1] * average) / ((num_words + PRIOR[1]) * max(average, 1e-9))
        weights = candidates * purity / max(purity[candidates].max(initial=0), 1e-9)
    return purity
