"""The card of an exported model."""

from pathlib import Path

import pytest

from brandlens import model_card
from brandlens.errors import ModelError


def test_what_is_written_is_read(tmp_path: Path) -> None:
    model_card.write(tmp_path, "logo", {"threshold": 0.5})
    assert model_card.read(tmp_path, "logo") == {"format": model_card.FORMAT, "kind": "logo", "threshold": 0.5}


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
