"""Names of gensim's downloader, without a network."""

from pathlib import Path
from urllib.error import URLError

import pytest
from gensim import downloader

from brandlens.errors import UserError
from brandlens.sentiment.embeddings.gensim_files import find


def test_a_file_is_itself(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    assert find(str(tmp_path / "mine")) == (tmp_path / "mine", "unknown")
    assert find("no/such.txt") == (Path("no/such.txt"), "unknown"), "whoever reads it says that it is missing"


def test_an_address_is_refused() -> None:
    with pytest.raises(UserError, match="is an address; download the file"):
        find("https://example.com/glove.zip")


def test_a_name_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(downloader, "info", lambda name: {"license": "PDDL"})
    monkeypatch.setattr(downloader, "load", lambda name, return_path: f"/data/{name}.gz")
    assert find("glove-twitter-25") == (Path("/data/glove-twitter-25.gz"), "PDDL")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(ValueError("Incorrect model/corpus name"), "neither a file nor a name", id="unknown"),
        pytest.param(URLError("no network"), "downloader fails .*no network.*name their file", id="no network"),
        pytest.param(Exception("Checksum comparison failed"), "Checksum", id="damaged"),
    ],
)
def test_a_name_that_is_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def fail(name: str) -> None:
        raise error

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(downloader, "info", fail)
    with pytest.raises(UserError, match=message):
        find("glove-wiki")
