"""Terms to look for in reviews, with their synonyms and plurals, and where they are mentioned."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from brandlens.errors import UserError, printable
from brandlens.writing_systems import SPACELESS_LETTER

GAP = re.compile(r"[\s\-‐‑_]+")
APOSTROPHES = str.maketrans("’‘ʼ＇", "''''")

Entry = tuple[str, str, Sequence[str]]  # where a term is given, its name and its synonyms


class TermsError(UserError):
    """Terms that cannot be looked for. place: where they are given, which the message begins with."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


@dataclass(frozen=True)
class Term:
    """A thing that reviews talk of. forms: the name first, then synonyms; plurals are found by rule."""

    name: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Mention:
    """A place where a text has a term. start, end: offsets in characters."""

    term: str
    start: int
    end: int


@dataclass(frozen=True)
class Lexicon:
    """Terms to look for. A form stands for one term only, see `read_lexicon`."""

    terms: tuple[Term, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Lexicon":
        """Return the lexicon of these names, without synonyms. Raises TypeError for a str and a mapping."""
        if isinstance(names, str | Mapping):
            raise TypeError(
                f"names is a {type(names).__name__}; give a list of str, and a term with synonyms as "
                'Lexicon((Term("price", ("price", "cost")),))'
            )
        return cls(tuple(Term(name, (name,)) for name in names))

    def find(self, text: str) -> list[Mention]:
        """Return the mentions of all terms, in the order of the text; the longest where two begin at one place.

        Upper and lower case are the same, and so are a hyphen and a space in a phrase.
        """
        return [
            Mention(self._names[_key(match[0])], match.start(), match.end()) for match in self._pattern.finditer(text)
        ]

    @cached_property
    def _names(self) -> dict[str, str]:
        """The names of terms by their forms: a written form goes before another's plural."""
        names = {_key(form): term.name for term in self.terms for form in term.forms}
        for term in self.terms:
            for form in term.forms:
                for variant in inflections(_key(form)):
                    names.setdefault(variant, term.name)
        return names

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = sorted(self._names, key=lambda form: (-len(form), form))
        anywhere = [_form_pattern(form) for form in forms if SPACELESS_LETTER.search(form)]  # words have no ends there
        words = [_form_pattern(form) for form in forms if not SPACELESS_LETTER.search(form)]
        whole = [rf"(?<!\w)(?:{'|'.join(words)})(?!\w)"] if words else []  # one look back for all of them: quick
        return re.compile("|".join([*anywhere, *whole]) or r"(?!)", re.IGNORECASE)


def inflections(form: str) -> list[str]:
    """Return the plural of an English phrase's last word, and its singular where it may be a plural; by rule."""
    if not form.isascii() or not form[-1:].isalpha() or len(form) < 3:
        return []
    if form.endswith("ss") or form.endswith(("x", "ch", "sh", "z")):
        return [form + "es"]
    if form.endswith("s"):
        singulars = [form[:-1]]
        if form.endswith("ies"):
            singulars.append(form[:-3] + "y")
        if form.endswith(("sses", "xes", "ches", "shes", "zes")):
            singulars.append(form[:-2])
        return singulars
    if form.endswith("y") and form[-2] not in "aeiou":
        return [form[:-1] + "ies"]
    return [form + "s"]


def read_lexicon(argument: str) -> Lexicon:
    """Return the lexicon of an option: terms with commas between them, or a file with a term a line.

    A line of the file may have synonyms, `price = cost, pricing`; lines that begin with # are skipped. Raises UserError
    for a file that cannot be read, for no terms, and for a form that stands for two of them, with the line.
    """
    try:
        is_file = Path(argument).is_file()
    except (OSError, ValueError):  # too long for a name
        is_file = False
    if is_file:
        return _parse(_read_lines(argument), f"--terms {argument}")
    if "," not in argument and ("/" in argument or "\\" in argument or argument.endswith((".txt", ".csv"))):
        raise UserError(f"--terms {argument}: there is no such file; name one with a term a line, or give terms: a,b,c")
    if "=" in argument:
        raise UserError(f"--terms {argument}: synonyms need a file, with a line such as: price = cost, pricing")
    return _parse([(None, name) for name in argument.split(",") if name.strip()], f"--terms {argument}")


def _read_lines(path: str) -> list[tuple[int | None, str]]:
    try:
        content = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"--terms {path}: not text in UTF-8; save it so") from None
    except OSError as error:
        raise UserError(f"--terms {path}: cannot be read: {error.strerror or error}") from None
    lines = enumerate(content.splitlines(), 1)
    return [(number, line) for number, line in lines if line.strip() and not line.lstrip().startswith("#")]


def _parse(lines: Sequence[tuple[int | None, str]], place: str) -> Lexicon:
    return make_lexicon(_entries(lines, place), place)


def _entries(lines: Iterable[tuple[int | None, str]], place: str) -> Iterator[Entry]:
    for number, line in lines:
        at = place if number is None else f"{place}, line {number}"
        name, equals, rest = (part.strip() for part in line.partition("="))
        synonyms = [form.strip() for form in rest.split(",") if form.strip()]
        if not name or (equals and not synonyms):
            raise TermsError(at, "write a term, or a term with synonyms: price = cost, pricing")
        if not equals and number is not None and "," in name:
            raise TermsError(at, "one term a line; synonyms stand after =, such as: price = cost, pricing")
        yield at, name, synonyms


def make_lexicon(entries: Iterable[Entry], place: str) -> Lexicon:
    """Return the lexicon of terms with their synonyms. place: of all of them.

    Raises TermsError for no terms, for a form without a letter or a digit, and for one that stands for two terms.
    """
    terms, names = list[Term](), dict[str, str]()
    for at, name, synonyms in entries:
        forms = tuple(dict.fromkeys(form.strip() for form in (name, *synonyms)))
        for form in forms:
            if not any(map(str.isalnum, form)):
                raise TermsError(at, f"{printable(form)!r} has no letter and no digit; leave it out")
        keys = dict.fromkeys(map(_key, forms))
        if taken := [key for key in keys if key in names]:
            raise TermsError(
                at, f"{printable(taken[0])!r} stands for {printable(names[taken[0]])!r} already; leave one out"
            )
        names |= dict.fromkeys(keys, forms[0])
        terms.append(Term(forms[0], forms))
    if not terms:
        raise TermsError(place, "no terms; give some, such as: battery,price,customer support")
    return Lexicon(tuple(terms))


def _key(form: str) -> str:
    return GAP.sub(" ", form.translate(APOSTROPHES)).strip().lower()


def _form_pattern(form: str) -> str:
    parts = [re.escape(part).replace("'", "['’‘ʼ＇]") for part in form.split(" ")]
    return r"[\s\-‐‑_]{1,3}".join(parts)
