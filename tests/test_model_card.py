"""The card of an exported model."""

from pathlib import Path

import pytest

from brandlens import model_card
from brandlens.errors import ModelError


def test_what_is_written_is_read(tmp_path: Path) -> None:
    model_card.write(tmp_path, "logo", {"threshold": 0.5})
    card = model_card.read(tmp_path, "logo")
    assert len(card.pop("sha256")) == 64
    assert card == {"format": model_card.FORMAT, "kind": "logo", "threshold": 0.5, "files": {}}


def test_files_that_belong_together(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    model_card.write(tmp_path, "logo", {}, ["a", "none"])
    card = model_card.read(tmp_path, "logo")
    assert model_card.check_files(tmp_path, card, ["a"])
    assert not model_card.check_files(tmp_path, {}, ["a"])  # of an older version
    (tmp_path / "b").write_bytes(b"1")
    with pytest.raises(ModelError, match=r"b and model\.json do not belong together; .*export the model again"):
        model_card.check_files(tmp_path, card, ["b"])
    with pytest.raises(ModelError, match="none: no such file"):
        model_card.check_files(tmp_path, card, ["none"])
    (tmp_path / "a").write_bytes(b"2")
    with pytest.raises(ModelError, match=r"a and model\.json do not belong together"):
        model_card.check_files(tmp_path, card, ["a"])


def test_a_card_that_was_edited(tmp_path: Path) -> None:
    model_card.write(tmp_path, "logo", {"threshold": 0.5})
    path = tmp_path / model_card.NAME
    path.write_text(path.read_text().replace("  ", "\t"))  # laid out anew, it says the same
    assert model_card.read(tmp_path, "logo")["threshold"] == 0.5
    path.write_text(path.read_text().replace("0.5", "0.4"))
    with pytest.raises(ModelError, match="not as it was exported"):
        model_card.read(tmp_path, "logo")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "no model.json here", id="nothing"),
        pytest.param("", "not a model card", id="an empty file"),
        pytest.param("{", "not a model card", id="not JSON"),
        pytest.param("[]", "not a logo model", id="no mapping"),
        pytest.param('{"format": 1, "kind": "sentiment"}', "not a logo model", id="another kind"),
        pytest.param('{"format": 2, "kind": "logo"}', "not a logo model of format 1", id="a newer format"),
    ],
)
def test_no_card(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / model_card.NAME).write_text(content)
    with pytest.raises(ModelError, match=message) as caught:
        model_card.read(tmp_path, "logo")
    assert str(tmp_path) in str(caught.value)
