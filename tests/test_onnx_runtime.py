"""ONNX Runtime: a session from a file or from bytes, and the error for a broken one."""

import os
from pathlib import Path

import numpy as np
import pytest

from brandlens import onnx_runtime
from brandlens.errors import ModelError


def test_a_session_from_a_file(tmp_path: Path, sliding_network: bytes) -> None:
    path = tmp_path / "Köln" / "network.onnx"
    path.parent.mkdir()
    path.write_bytes(sliding_network)
    picture = np.random.default_rng(1).integers(0, 256, (2, 32, 48, 3)).astype(np.uint8)
    from_bytes, from_file = (
        onnx_runtime.session(model).run(["label"], {"picture": picture})[0] for model in (sliding_network, path)
    )
    assert from_file.shape == (2, 1, 1, 3)
    np.testing.assert_array_equal(from_file, from_bytes)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>not here</html>\n" * 9, id="a web page"),
        pytest.param("half", id="half of it"),
    ],
)
def test_a_broken_file_is_named_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], sliding_network: bytes, content: bytes | str | None
) -> None:
    path = tmp_path / "network.onnx"
    if content is not None:
        path.write_bytes(sliding_network[: len(sliding_network) // 2] if content == "half" else content)
    with pytest.raises(ModelError) as caught:
        onnx_runtime.session(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_broken_bytes() -> None:
    with pytest.raises(ModelError, match="network: ONNX Runtime"):
        onnx_runtime.session(b"no network")


def test_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= onnx_runtime.cores() <= (os.cpu_count() or 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 3, 5}, raising=False)
    assert onnx_runtime.cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert onnx_runtime.cores() == 1
