"""Terms to look for in reviews, each with its synonyms, and where a text mentions them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from brandlens.errors import UserError

UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")  # written without spaces


@dataclass(frozen=True)
class Term:
    """A term. forms: its name and its synonyms, as they are written; a form may be a phrase."""

    name: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Mention:
    """A place where a text mentions a term. start, end: character offsets."""

    term: str
    start: int
    end: int


@dataclass(frozen=True)
class Lexicon:
    """Terms, compiled once for many texts."""

    terms: tuple[Term, ...]

    @property
    def names(self) -> list[str]:
        """Return the terms' names, in their order."""
        return [term.name for term in self.terms]

    def find(self, text: str) -> list[Mention]:
        """Return where a text mentions a term, in any case and with an English plural's ending, in its order.

        Of forms that begin at the same place the longest counts; mentions do not overlap.
        """
        return [Mention(self._names[_key(match[0])], *match.span()) for match in self._pattern.finditer(text)]

    @cached_property
    def _names(self) -> dict[str, str]:
        """The term of each form and plural."""
        names: dict[str, str] = {}
        for term in self.terms:
            for form in term.forms:
                for variant in (form, *_plurals(form)):
                    names.setdefault(_key(variant), term.name)
        return names

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._names, key=len, reverse=True)
        return re.compile("|".join(map(_pattern_of, longest_first)) or r"(?!)", re.IGNORECASE)


def read_lexicon(argument: str) -> Lexicon:
    """Return the terms of "battery,price,customer support", or of a file: one a line, `price = cost, pricing`.

    In a file, lines that begin with # and empty ones are skipped. Raises UserError, with the line, for a term without
    a letter or digit, a form of two terms, no term at all, and a file that cannot be read.
    """
    path = Path(argument)
    if "," not in argument and (path.suffix or path.is_file()):
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--terms {path}: {getattr(error, 'strerror', None) or error}; save it as UTF-8") from None
        places = [(f"{path}, line {number}", line) for number, line in enumerate(lines, 1)]
        entries = [(place, line) for place, line in places if line.strip() and not line.lstrip().startswith("#")]
    else:
        entries = [("--terms", part) for part in argument.split(",") if part.strip()]
    terms = [_term(place, line) for place, line in entries]
    if not terms:
        raise UserError(f"--terms {argument}: no terms; name some: battery,price")
    return make_lexicon(terms, [place for place, _ in entries])


def make_lexicon(terms: Sequence[Term], places: Sequence[str] = ()) -> Lexicon:
    """Return a lexicon. places: where each term was read, for messages. Raises UserError for a form of two terms."""
    owners: dict[str, str] = {}
    for index, term in enumerate(terms):
        for form in term.forms:
            if owners.setdefault(_key(form), term.name) != term.name or term.name in [t.name for t in terms[:index]]:
                place = places[index] if places else "terms"
                raise UserError(f'{place}: "{form}" is a form of two terms; leave it in one')
    return Lexicon(tuple(terms))


def _term(place: str, line: str) -> Term:
    name, _, synonyms = line.partition("=")
    forms = [" ".join(form.split()) for form in (name, *synonyms.split(","))]
    if not forms[0] or not all(any(map(str.isalnum, form)) for form in forms if form):
        raise UserError(f'{place}: "{line.strip()}" is not a term; write: price = cost, pricing')
    return Term(forms[0], tuple(dict.fromkeys(form for form in forms if form)))


def _key(form: str) -> str:
    return " ".join(form.lower().split())


def _plurals(form: str) -> list[str]:
    """Return the ways in which an English plural of a form may be spelled; none where its last sign is no letter."""
    if not (form[-1:].isascii() and form[-1:].isalpha()) or form[-1] in "sS":
        return []
    if form[-1] in "yY" and form[-2:-1].lower() not in "aeiou":
        return [f"{form[:-1]}ies"]
    return [f"{form}es"] if re.search(r"(?i)(x|z|ch|sh)$", form) else [f"{form}s"]


def _pattern_of(form: str) -> str:
    """Return a pattern: any white space between words, and word boundaries in scripts with spaces."""
    body = r"\s+".join(map(re.escape, form.split()))
    before = "" if UNSPACED.match(form[0]) or not form[0].isalnum() else r"(?<!\w)"
    after = "" if UNSPACED.match(form[-1]) or not form[-1].isalnum() else r"(?!\w)"
    return f"{before}{body}{after}"
