import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandlens.check import labels


@pytest.mark.parametrize(
    ("counts", "variants", "misspelt", "rare"),
    [
        pytest.param({}, {}, {}, [], id="no labels"),
        pytest.param({"cola": 9}, {}, {}, [], id="one"),
        pytest.param({"cola": 9, "fizz": 8}, {}, {}, [], id="two that are nothing alike"),
        pytest.param({"cola": 9, "Cola": 8, "co la": 1}, {"Cola": "cola", "co la": "cola"}, {}, ["co la"], id="same"),
        pytest.param({"Lavie": 90, "Lavi": 2}, {}, {"Lavi": "Lavie"}, ["Lavi"], id="a letter left out"),
        pytest.param({"Lavie": 90, "Lavi": 60}, {}, {}, [], id="alike, and both common"),
        pytest.param({"VinhHao": 90, "vinnhao": 5}, {}, {"vinnhao": "VinhHao"}, [], id="a letter changed, and case"),
        pytest.param({"Aquafina": 90, "Aqaufina": 5}, {}, {"Aqaufina": "Aquafina"}, [], id="two letters swapped"),
        pytest.param({"7up": 90, "6up": 3}, {}, {}, ["6up"], id="too short to tell"),
    ],
)  # fmt: skip
def test_labels(counts, variants, misspelt, rare):
    assert labels.variants(counts) == variants
    assert labels.misspelt(counts) == misspelt
    assert labels.rare(counts) == rare


@pytest.mark.parametrize(
    ("first", "second", "edits"),
    [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("Lavie", "LAVIE", 0), ("flaw", "lawn", 2)],
)
def test_edit_distance(first, second, edits):
    assert labels.edit_distance(first, second) == labels.edit_distance(second, first) == edits


@given(*[st.text("abc", max_size=6)] * 3)
def test_edit_distance_is_a_metric(a, b, c):
    assert (labels.edit_distance(a, b) == 0) == (a == b)
    assert labels.edit_distance(a, c) <= labels.edit_distance(a, b) + labels.edit_distance(b, c)
