"""What is taken from data.yaml, and the line and the cause of what is wrong in it."""

import pytest

from brandlens import annotations
from brandlens.annotations import yolo_yaml
from brandlens.errors import AnnotationError

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (30).to_bytes(4, "big") + (20).to_bytes(4, "big") + bytes(9)
SPLITS = "train: images/train\nval: images/val\n"


def read(root, text):
    """Return the names of the pictures in a dataset with this data.yaml, their labels, and what was reported."""
    for name in ("train/a", "val/b"):
        for folder, suffix, content in (("images", "png", PNG), ("labels", "txt", b"0 0.5 0.5 0.2 0.2")):
            file = root / folder / f"{name}.{suffix}"
            file.parent.mkdir(parents=True)
            file.write_bytes(content)
    (root / "data.yaml").write_text(text)
    issues = []
    pictures = annotations.read(root / "data.yaml", on_issue=issues.append)
    return [picture.path.name for picture in pictures], {box.label for p in pictures for box in p.boxes}, issues


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "no names of classes; add: names", id="empty"),
        pytest.param("nc: 2\n", "no names of classes; add: names", id="no names"),
        pytest.param("names:\n  0: a\n  0: b\n", 'not YAML, line 3: found duplicate key "0"; write', id="twice"),
        pytest.param("names: [a]\nnames: [b]\n", 'line 2: found duplicate key "names"; write', id="names twice"),
        pytest.param("names:\n\t0: a\n", "line 2: found character '\\t' that cannot start any token", id="a tab"),
        pytest.param("train: @x\n", "line 1: found character '@' that cannot start any token; put", id="a sign"),
        pytest.param("a: 1\nnames: [a\n", "not YAML, line 3: expected ',' or ']'", id="a bracket that is open"),
        pytest.param("names: Acme, Bolt\n", "write a list: names: [Acme, Bolt]", id="names as a text"),
        pytest.param("names: |\n 0: a\n 1: b\n", "write a list: names: [0: a 1: b]", id="names as lines of text"),
        pytest.param("names: [a]\nkpt_shape: |\n a\n b\n", "kpt_shape: [17, 3]", id="a kpt_shape of lines"),
        pytest.param("names: [a, null]\n", "class 1 has no name; write one", id="a name that is missing"),
        pytest.param("names: {a: 0}\n", "names has 'a' as a class's number", id="names and numbers turned round"),
        pytest.param("names: {-1: a}\n", "names has '-1' as a class's number", id="a negative number"),
        pytest.param("names: {0: a, '0': b}\n", "names has class 0 twice", id="a number twice, once in quotes"),
        pytest.param("names: {true: a}\n", "names has 'True' as a class's number", id="a truth value as a number"),
        pytest.param("names: {0: [a]}\n", "the label is not a text", id="a list as a name"),
        pytest.param("names: [a]\nkpt_shape: 17\n", "kpt_shape: [17, 3]", id="a kpt_shape that is none"),
        pytest.param("names: [a]\nkpt_shape: [17, 4]\n", "kpt_shape: [17, 3]", id="keypoints of four values"),
        pytest.param("names: [a]\ntrain: images/trian\n", "train: images/trian is not there", id="a split misspelt"),
    ],
)  # fmt: skip
def test_refused_in_one_line(tmp_path, text, words):
    with pytest.raises(AnnotationError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'data.yaml'}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(f"{SPLITS}names: [a]", [], id="a list"),
        pytest.param(f"{SPLITS}names: {{0: a}}", [], id="a mapping"),
        pytest.param(f"{SPLITS}names: {{'0': a}}", [], id="numbers in quotes"),
        pytest.param("train: [images/train, images/val]\nnames: [a]", [], id="a list of folders"),
        pytest.param("names: [a]", [], id="no splits"),
        pytest.param("train:\nval:\nnames: [a]", [], id="empty splits"),
        pytest.param(f"path: /somewhere/else\n{SPLITS}names: [a]", [], id="the path of another machine"),
        pytest.param(f"{SPLITS}test: images/test\nnames: [a]", [], id="a test split that was not copied"),
        pytest.param("train: ../images/train\nval: ../images/val\nnames: [a]", [], id="Roboflow's"),
        pytest.param(
            "train: /content/set/images/train\nval: C:\\set\\images\\val\nnames: [a]",
            ["train: /content/set/images/train is taken for images/train", "is taken for images/val"],
            id="absolute paths of other machines",
        ),
        pytest.param(f"{SPLITS}nc: 3\nnames: [a]", ["nc is 3, but names has 1 classes"], id="another nc"),
        pytest.param(f"{SPLITS}names: [a, b, a]", ['classes 0 and 2 are all called "a"'], id="a name twice"),
    ],
)
def test_read(tmp_path, text, words):
    names, labels, issues = read(tmp_path, text)
    assert (names, labels) == (["a.png", "b.png"], {"a"})
    assert all(issue.hint for issue in issues)
    assert [word in str(issue) for word, issue in zip(words, issues, strict=True)] == [True] * len(words)


@pytest.mark.parametrize(
    ("shape", "number"), [(None, None), ([0, 0], 0), ([0, 3], 0), ([17, 3], 51), ([4, 2], 8)]
)  # fmt: skip
def test_num_keypoint_values(shape, number):
    assert yolo_yaml.num_keypoint_values({} if shape is None else {"kpt_shape": shape}) == number
