"""Terms as requests name them: a list, or a mapping from terms to their synonyms → the lexicon that finds them."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from brandlens.datasets.reviews import TWO_LABELS
from brandlens.errors import ModelError, printable
from brandlens.sentiment.terms.lexicon import Entry, Lexicon, TermsError, make_lexicon
from brandlens.sentiment.terms.scores import label_values
from brandlens.serve.problems import Problem

MAX_FORM = 100  # characters of a term or a synonym
MAX_ANSWER = 2**26  # characters of a request's texts, times its terms: an answer may repeat a clause for each of them
SHAPE = "give a list of terms, or a mapping from terms to lists of their synonyms"


def terms_schema(max_terms: int) -> dict[str, Any]:
    """Return the JSON schema of terms."""
    form = {"type": "string", "minLength": 1, "maxLength": MAX_FORM}
    forms = {"type": "array", "items": form, "maxItems": max_terms}
    return {
        "title": "Terms",
        "description": "To find in the texts: a list, or a mapping from terms to lists of their synonyms; plurals are "
        f"found by rule. At most {max_terms}, synonyms counted.",
        "anyOf": [
            {**forms, "minItems": 1},
            {"type": "object", "additionalProperties": forms, "minProperties": 1, "maxProperties": max_terms},
            {"type": "null"},
        ],
        "examples": [["battery", "price"], {"price": ["cost", "pricing"], "battery": []}],
        "default": None,
    }


def parse_terms(value: Any, max_terms: int, labels: Sequence[str] = TWO_LABELS) -> Lexicon | None:
    """Return the lexicon of a request's terms; None for none. labels: of the model.

    Raises Problem, which names the term, for what is none, for a form that stands for two terms, for more than
    `max_terms` terms and synonyms together, and where the labels have no order, so that clauses have no sentiment.
    """
    if value is None:
        return None
    entries = _entries(value)
    for place, name, synonyms in entries:
        for form in (name, *synonyms):
            _check_form(form, place)
    if (count := sum(1 + len(synonyms) for _, _, synonyms in entries)) > max_terms:
        raise _problem("terms", f"{count:,} terms and synonyms, more than {max_terms:,}; send fewer")
    try:
        label_values(labels)
        return make_lexicon(entries, "terms")
    except TermsError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_terms", str(error), error.place) from None
    except ModelError as error:
        raise _problem("terms", str(error)) from None


def _entries(value: Any) -> list[Entry]:
    if isinstance(value, list):
        return [(f"terms[{index}]", name, ()) for index, name in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(synonyms, list) for synonyms in value.values()):
        return [(f"terms.{printable(name[:MAX_FORM])}", name, synonyms) for name, synonyms in value.items()]
    raise _problem("terms", SHAPE)


def _check_form(form: Any, place: str) -> None:
    if not isinstance(form, str):
        raise _problem(place, SHAPE)
    if len(form) > MAX_FORM:
        raise _problem(place, f"has {len(form):,} characters, more than {MAX_FORM}; shorten it")
    if "," in form or "=" in form:
        raise _problem(place, "one term at a time; synonyms stand in a mapping, such as {'price': ['cost']}")


def check_size(texts: Sequence[str], lexicon: Lexicon) -> None:
    """Raise Problem where the answer could become too large."""
    if (size := sum(map(len, texts)) * len(lexicon.terms)) > MAX_ANSWER:
        raise _problem(
            "terms", f"{size:,} characters times terms, more than {MAX_ANSWER:,}; send fewer texts at a time"
        )


def _problem(field: str, message: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_terms", f"{field}: {message}", field)
