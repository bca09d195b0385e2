"""Terms in texts, and how they are given."""

from pathlib import Path

import pytest

from brandlens.errors import UserError
from brandlens.sentiment.terms.lexicon import Lexicon, read_lexicon


def _found(lexicon: Lexicon, text: str) -> list[tuple[str, str]]:
    return [(mention.term, text[mention.start : mention.end]) for mention in lexicon.find(text)]


def test_no_mention() -> None:
    assert Lexicon(()).find("battery") == []
    assert read_lexicon("battery").find("") == []
    assert _found(read_lexicon("art,price"), "A party, priceless") == []


def test_plurals_case_and_phrases() -> None:
    lexicon = read_lexicon("battery, customer support,box")
    text = "BATTERIES in boxes; Customer-Support, customer  support's battery"
    assert _found(lexicon, text) == [
        ("battery", "BATTERIES"), ("box", "boxes"), ("customer support", "Customer-Support"),
        ("customer support", "customer  support"), ("battery", "battery"),
    ]  # fmt: skip


def test_a_plural_finds_its_singular_and_the_longest_form_goes_first() -> None:
    assert _found(read_lexicon("prices"), "the price") == [("prices", "price")]
    assert _found(read_lexicon("life,battery life"), "battery life") == [("battery life", "battery life")]


@pytest.mark.parametrize("names", ["battery", {"price": ["cost"]}])
def test_names_that_are_no_list(names: object) -> None:
    """A str would be its letters, and of a mapping the synonyms would be lost."""
    with pytest.raises(TypeError, match=r"names is a (str|dict); give a list of str"):
        Lexicon.of(names)  # type: ignore[arg-type]


def test_scripts_without_spaces() -> None:
    assert _found(read_lexicon("电池"), "这个电池很差") == [("电池", "电池")]


def test_a_file_with_synonyms(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("\ufeff# terms\n\nprice = cost, pricing\nbattery\n", encoding="utf-8")
    assert _found(read_lexicon(str(path)), "Costs and pricing of a battery") == [
        ("price", "Costs"), ("price", "pricing"), ("battery", "battery"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("", "no terms"), (" , ", "no terms"), ("a,b,A", "'a' stands for 'a' already"), ("?!", "no letter"),
        ("price=cost", "synonyms need a file"), ("none/terms.txt", "no such file"),
    ],
)  # fmt: skip
def test_what_is_no_list(argument: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_lexicon(argument)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no terms"), (b"price =\n", "line 1: write a term"), (b"price = cost\n\ncost\n", "line 3: 'cost' stands"),
        (b"a, b\n", "line 1: one term a line"), (b"\xff\xfe\x00", "UTF-8"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_terms(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "terms.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_lexicon(str(path))
