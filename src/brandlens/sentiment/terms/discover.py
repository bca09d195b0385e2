"""The terms that set positive and negative reviews apart, found by their labels, without a list and without a tagger.

Candidates are words and pairs of words that look like things by where they stand: at least THING of a word's uses come
after a determiner and at the end of a phrase ("the battery", "my order in") or before "is" or "was", and few after an
adverb of degree ("very good"). This is a rule for English and no grammar: it takes some adjectives for things, and
misses names that are used without articles; nouns that are opinions themselves, such as "disappointment", are left out
by a short list. They are ordered by the log-odds between the two sides, with an informative Dirichlet prior: the counts
of all reviews (Monroe, Colaresi and Quinn 2008, "Fightin' Words", equations 15, 16, 20 and 22). Many words are
compared, so of those near |z| = 1.96 a few are there by chance.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from brandlens.sentiment.text.tokenizer import tokenize

DETERMINERS = frozenset((
    "the", "a", "an", "this", "that", "these", "those", "my", "your", "his", "her", "its", "our", "their",
))  # fmt: skip
COPULAS = frozenset((
    "is", "was", "are", "were", "has", "had",
))  # fmt: skip
DEGREES = frozenset((
    "very", "so", "too", "really", "quite", "more", "most", "less", "as", "extremely", "pretty", "rather", "not",
    "n't",
))  # fmt: skip
STOP_WORDS = DETERMINERS | COPULAS | DEGREES | frozenset((
    "i", "you", "he", "she", "it", "we", "they", "me", "him", "us", "them", "who", "which", "what", "when", "where",
    "why", "how", "and", "or", "but", "if", "then", "than", "of", "in", "on", "at", "by", "for", "from", "to",
    "with", "without", "about", "into", "over", "after", "before", "again", "out", "up", "down", "off", "be",
    "been", "being", "am", "do", "does", "did", "have", "having", "will", "would", "can", "could", "should", "may",
    "might", "must", "'s", "'re", "'ve", "'ll", "'d", "'m", "no", "nor", "only", "own", "same", "just", "also",
    "even", "still", "ever", "never", "all", "any", "both", "each", "few", "other", "others", "some", "such", "one",
    "two", "first", "second", "last", "next", "thing", "things", "something", "anything", "nothing", "everything",
    "someone", "everyone", "lot", "lots", "bit", "way", "time", "times", "day", "days", "week", "weeks", "month",
    "months", "year", "years", "people", "much", "many", "because", "while", "until", "there", "here", "now", "get",
    "got", "make", "made", "go", "went", "put", "use", "used", "buy", "bought", "kind", "sort", "part", "end",
    "rest", "fact", "case", "point", "reason",
))  # fmt: skip
# Words that are used as things are, and name an opinion and not what it is about.
OPINIONS = frozenset({
    "problem", "problems", "issue", "issues", "disappointment", "lack", "ease", "waste", "joy", "complaint",
    "complaints", "trouble", "pleasure", "mess", "junk", "gem", "bargain", "shame", "best", "worst", "bad", "good",
})  # fmt: skip
THING, MAX_DEGREE, MIN_REVIEWS, Z = 0.35, 0.06, 5, 1.96
PRIOR = 500.0  # words that the prior weighs


@dataclass(frozen=True)
class Found:
    """A term. z: log-odds in standard errors, above 0 on the positive side. num_positive, ...: reviews with it."""

    term: str
    z: float
    num_positive: int
    num_negative: int


class Discovery:
    """Counts the words of positive and negative reviews; see the module."""

    def __init__(self) -> None:
        self.counts: dict[int, Counter[str]] = {1: Counter(), -1: Counter()}  # reviews with each, by side
        self.uses, self.as_thing, self.after_degree = Counter[str](), Counter[str](), Counter[str]()

    def add(self, text: str, side: int) -> None:
        """Add a review. side: 1 of a positive, -1 of a negative one, and 0 of others, which show how words are used."""
        tokens, seen = tokenize(text), set[str]()
        for index, word in enumerate(tokens):
            before = tokens[index - 1] if index else ""
            after = tokens[index + 1] if index + 1 < len(tokens) else ""
            is_end = not after[:1].isalpha() or after in STOP_WORDS
            if not _is_word(word):
                continue
            self._use(word, before, after, is_end)
            seen.add(word)
            if _is_word(after):
                pair = f"{word} {after}"
                behind = tokens[index + 2] if index + 2 < len(tokens) else ""
                self._use(pair, before, behind, not behind[:1].isalpha() or behind in STOP_WORDS)
                seen.add(pair)
        if side:
            self.counts[side].update(seen)

    def _use(self, word: str, before: str, after: str, is_end: bool) -> None:
        self.uses[word] += 1
        self.as_thing[word] += (before in DETERMINERS and is_end) or (after in COPULAS and before not in DEGREES)
        self.after_degree[word] += before in DEGREES

    def is_thing(self, word: str) -> bool:
        """Return whether a word or pair is used as things are, often enough to say so."""
        uses = self.uses[word]
        return self.as_thing[word] / uses >= THING and self.after_degree[word] / uses <= MAX_DEGREE if uses else False

    def terms(self, max_terms: int = 20, min_reviews: int = MIN_REVIEWS) -> list[Found]:
        """Return the terms of both sides, at most so many of each, positive first; only those with |z| of 1.96 or more.

        A pair is left out where its parts are no things, and a word where most of its reviews have a pair of the terms.
        """
        positive, negative = self.counts[1], self.counts[-1]
        total = {side: counts.total() for side, counts in self.counts.items()}
        if not all(total.values()):
            return []
        weight = PRIOR / (total[1] + total[-1])
        found = []
        for word in positive.keys() | negative.keys():
            y, x = positive[word], negative[word]
            if y + x < min_reviews or not self.is_thing(word) or not self.is_thing(word.split(" ")[-1]):
                continue
            prior = weight * (y + x)
            difference = math.log((y + prior) / (total[1] + PRIOR - y - prior)) - math.log(
                (x + prior) / (total[-1] + PRIOR - x - prior)
            )
            z = difference / math.sqrt(1 / (y + prior) + 1 / (x + prior))
            if abs(z) >= Z:
                found.append(Found(word, z, y, x))
        found.sort(key=lambda term: (-abs(term.z), term.term))
        pairs = [term for term in found if " " in term.term]
        kept = [term for term in found if not any(_mostly(term, pair) for pair in pairs)]
        return [
            term for sign in (1, -1) for term in [term for term in kept if term.z * sign > 0][:max_terms]
        ]  # fmt: skip


def _mostly(word: Found, pair: Found) -> bool:
    """Return whether most reviews with a word have it in a pair."""
    num_word, num_pair = (term.num_positive + term.num_negative for term in (word, pair))
    return word is not pair and word.term in pair.term.split(" ") and num_pair > 0.6 * num_word


def _is_word(token: str) -> bool:
    return len(token) > 2 and token.isalpha() and token not in STOP_WORDS and token not in OPINIONS


def side_of(label: str, values: Mapping[str, float]) -> int:
    """Return 1 for a positive label, -1 for a negative one and 0 for others; values: see `scores.label_values`."""
    value = values.get(label, 0.0)
    return (value > 0) - (value < 0)
