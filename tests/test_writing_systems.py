import time

import pytest

from brandlens import writing_systems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("don't, naïve Straße 12", "don't, naïve Straße 12", id="Western letters stay"),
        pytest.param("رائـــــع", "رائع", id="tatweel"),
        pytest.param("المُنتَج", "المنتج", id="Arabic points"),
        pytest.param("أحمد إلى", "احمد الي", id="forms of alef and yeh"),
        pytest.param("טוֹב", "טוב", id="Hebrew points"),
        pytest.param("İyi ılık", "iyi ilik", id="Turkish i"),
        pytest.param("καλός ΚΑΛΌΣ", "καλοσ ΚΑΛΟΣ", id="Greek accents and final sigma"),
        pytest.param("всё", "все", id="Cyrillic yo"),
        pytest.param("٩/١٠ १०", "9/10 10", id="digits"),
        pytest.param("良い。悪い、است؟", "良い.悪い,است?", id="full stops, commas and question marks"),
        pytest.param("すごーーーーーい", "すごーーーい", id="a lengthened sound"),
    ],
)
def test_normalize(text: str, expected: str) -> None:
    assert writing_systems.normalize(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("good, bad", ["good", "bad"], id="English"),
        pytest.param("हिन्दी में", ["हिन्दी", "में"], id="vowel signs do not cut a word"),
        pytest.param("বাংলা தமிழ்", ["বাংলা", "தமிழ்"], id="of other Indic scripts"),
        pytest.param("품질이 좋아요", ["품질이", "좋아요"], id="Korean has spaces"),
        pytest.param("良いiPhone5", ["良", "い", "iPhone5"], id="a script without spaces among others"),
        pytest.param("ดีมาก", ["ดี", "ม", "า", "ก"], id="Thai"),
        pytest.param("ល្អ", ["ល្អ"], id="a Khmer letter below another"),
        pytest.param("စ္စ", ["စ္စ"], id="a Burmese letter below another"),
        pytest.param("ດີ", ["ດີ"], id="Lao"),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert writing_systems.WORD.findall(text) == expected


@pytest.mark.parametrize("part", ["良", "ि", "a\u0301", "្ក", "a"])
def test_time_is_linear_in_the_text(part: str) -> None:
    start = time.perf_counter()
    writing_systems.WORD.findall(writing_systems.normalize(part * 50_000))
    assert time.perf_counter() - start < 2
