import builtins

import pytest

from brandlens.crawler import manifest
from brandlens.errors import UserError


def row(**cells):
    return (
        dict.fromkeys(manifest.COLUMNS)
        | {"url": "https://a.example/b.jpg", "status": "kept", "file": "pictures/b.jpg"}
        | cells
    )


def test_no_rows(tmp_path):
    manifest.write(tmp_path, [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ATTRIBUTION.md", "manifest.csv", "manifest.parquet"]
    assert (tmp_path / "manifest.csv").read_text() == ",".join(manifest.COLUMNS) + "\n"


def test_attribution_by_licence():
    text = manifest.attribution([
        row(file="pictures/1.jpg"),
        row(file="pictures/2.jpg", licence="CC0 1.0", attribution='"Tree" by Tim.', page="https://a.example/tree"),
        row(file="pictures/3.jpg", licence="CC BY 2.0", licence_url="https://cc.example/by", attribution="Ada"),
        row(file=None, status="duplicate", attribution="not here"),
    ])  # fmt: skip
    assert text.split("\n\n", 2)[2] == (
        "## CC BY 2.0\n\n<https://cc.example/by>\n\n- `pictures/3.jpg`: Ada, <https://a.example/b.jpg>\n\n"
        '## CC0 1.0\n\n- `pictures/2.jpg`: "Tree" by Tim, <https://a.example/tree>\n\n'
        "## Licence unknown: ask their owners before you publish them\n\n"
        "- `pictures/1.jpg`: no title, <https://a.example/b.jpg>\n"
    )


def test_text_of_strangers_is_escaped():
    text = manifest.attribution([
        row(attribution="<script>![x](http://evil.example) `a` # b", page="javascript:alert(1)",
            licence="**CC**", licence_url="javascript:alert(1)"),
        row(page="https://a.example/> [x](y"),
    ])  # fmt: skip
    assert "javascript" not in text
    assert r"\<script\>\!\[x\](http://evil.example) \`a\` \# b" in text
    assert r"## \*\*CC\*\*" in text
    assert "<https://a.example/%3E%20[x](y>" in text


def test_without_pyarrow(monkeypatch, tmp_path):
    original = builtins.__import__

    def import_without_pyarrow(name, *arguments):
        if name.startswith("pyarrow"):
            raise ModuleNotFoundError(name=name)
        return original(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", import_without_pyarrow)
    with pytest.raises(UserError, match=r"brandlens\[collect\]"):
        manifest.write(tmp_path, [])


def test_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / "manifest.csv").mkdir()
    with pytest.raises(UserError, match=r"manifest\.csv: cannot be written"):
        manifest.write(tmp_path, [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.csv", "manifest.parquet"]
