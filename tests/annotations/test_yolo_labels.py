"""Which label file is which picture's, wherever a tool puts it, and which are nobody's."""

import pytest

from brandlens import annotations
from brandlens.errors import AnnotationError

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (30).to_bytes(4, "big") + (20).to_bytes(4, "big") + bytes(9)
LINE = "0 0.0833333 0.2 0.1 0.2"


def read(root, pictures, labels, path="."):
    """Return the pictures that have a box, the places and texts of hints, and those of issues."""
    for name in pictures:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(PNG)
    for name, text in {"classes.txt": "cola\n", **labels}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    issues = []
    found = annotations.read(root / path, on_issue=issues.append)
    texts = [str(issue).replace(f"{root}/", "") for issue in issues]
    with_boxes = [str(picture.path.relative_to(root)) for picture in found if picture.boxes]
    hints = [text for text, issue in zip(texts, issues, strict=True) if issue.hint]
    return with_boxes, hints, [text for text in texts if text not in hints]


@pytest.mark.parametrize(
    ("picture", "label", "place"),
    [
        pytest.param("images/a.png", "label/a.txt", "labels/a.txt", id="label"),
        pytest.param("images/a.png", "Labels/a.txt", "labels/a.txt", id="Labels"),
        pytest.param("Images/a.png", "labels/a.txt", "Images/a.txt", id="Images"),
        pytest.param("train/Acme/a.png", "train/Acme/Label/a.txt", "train/Acme/a.txt", id="OIDv4 ToolKit's Label"),
        pytest.param("train/images/a.png", "labels/train/a.txt", "train/labels/a.txt", id="labels/train"),
        pytest.param("images/train/a.png", "train/labels/a.txt", "labels/train/a.txt", id="train/labels"),
        pytest.param("a.png", "a.png.txt", "a.txt", id="with the picture's suffix"),
        pytest.param("images/a.png", "labels/a.TXT", "labels/a.txt", id="TXT"),
        pytest.param("images/a.PNG", "labels/A.txt", "labels/a.txt", id="another case"),
        pytest.param("images/caf\u00e9.png", "labels/cafe\u0301.txt", "labels/caf\u00e9.txt", id="decomposed"),
        pytest.param("images/cafe\u0301.png", "labels/caf\u00e9.txt", "labels/cafe\u0301.txt", id="composed"),
        pytest.param("images/d\u00e9 1.png", "labels/d%C3%A9%201.txt", "labels/d\u00e9 1.txt", id="escaped"),
        pytest.param("my set/a.png", "my%20set/a.txt", "my set/a.txt", id="a folder that is escaped"),
    ],
)
def test_a_label_file_that_nearly_fits_is_taken_and_reported(tmp_path, picture, label, place):
    (tmp_path / label).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / label).touch()
    if (tmp_path / place).exists():
        pytest.skip("a disk that takes both for one name")
    with_boxes, (hint,), issues = read(tmp_path, [picture], {label: LINE})
    assert (with_boxes, issues) == ([picture], [])
    assert hint.startswith(f"{label}: taken for the labels of {picture.rpartition('/')[2]}")
    assert hint.endswith(f"; rename it to {place}")


def test_one_hint_a_folder(tmp_path):
    names = [f"images/{number}.png" for number in range(5)]
    with_boxes, (hint,), _ = read(tmp_path, names, {f"label/{number}.txt": LINE for number in range(5)})
    assert (with_boxes, ", and 4 more in its folder likewise" in hint) == (names, True)


@pytest.mark.parametrize(
    ("pictures", "labels", "hints", "issues"),
    [
        pytest.param(["a.png"], {}, [], [], id="no labels"),
        pytest.param(["a.png"], {"b.txt": LINE}, [], ["b.txt: its picture is not in"], id="in a flat folder"),
        pytest.param(["images/a.png"], {"labels/b.txt": LINE}, [], ["b.txt: its picture is not in"], id="in labels"),
        pytest.param(["images/a.png"], {"labels/x/b.txt": LINE}, [], ["x/b.txt: its picture is not"], id="deeper"),
        pytest.param(["images/a.png"], {"labels/b.txt": "odd"}, [], ["b.txt: its picture is"], id="no box in it"),
        pytest.param(["images/a.png"], {"labels/b.txt": ""}, [], [], id="an empty one"),
        pytest.param(["a.png"], {"README.txt": "see 1 2 3", "notes.txt": LINE[:9]}, [], [], id="other texts"),
        pytest.param(["IMG_001.png"], {"IMG-001.txt": LINE}, [], ["is it IMG_001.png? Then rename"], id="misspelt"),
        pytest.param(["images/a.png"], {"old/a.txt": LINE}, [], ["move it to labels/a.txt if"], id="elsewhere"),
        pytest.param(
            ["images/a.png"],
            {"labels/a.txt": LINE, "runs/labels/a.txt": LINE},
            ["runs/labels/a.txt: not read: a.png has the labels"],
            [],
            id="predictions beside labels",
        ),
        pytest.param(
            ["images/a.png"],
            {"labels/a.txt": LINE, "images/a.txt": LINE},
            ["images/a.txt: not read: a.png has the labels labels/a.txt"],
            [],
            id="two places",
        ),
        pytest.param(
            ["images/a.png", "images/a.jpg"],
            {"label/a.txt": LINE},
            [],
            ["label/a.txt: fits several: images/a.jpg, images/a.png"],
            id="two pictures",
        ),
        pytest.param(
            ["images/a.png"],
            {"label/a.txt": LINE, "txt/a.txt": LINE},
            [],
            ["label/a.txt: fits several", "txt/a.txt: fits several"],
            id="two label files",
        ),
        pytest.param(
            ["a.png", "a.jpg"], {"a.txt": LINE}, ["a.txt: its boxes are of a.jpg and of a.png"], [], id="a shared one"
        ),
    ],
)  # fmt: skip
def test_nobodys_label_files_are_reported(tmp_path, pictures, labels, hints, issues):
    _, hint_messages, issue_messages = read(tmp_path, pictures, labels)
    assert [text in message for text, message in zip(hints, hint_messages, strict=True)] == [True] * len(hints)
    assert [text in message for text, message in zip(issues, issue_messages, strict=True)] == [True] * len(issues)
    if issues:
        with pytest.raises(AnnotationError):
            annotations.read(tmp_path)


@pytest.mark.parametrize(
    ("path", "num_issues"), [("list.txt", 0), ("images/train", 0), ("images/val", 1), ("images", 1), ("data.yaml", 1)]
)
def test_only_what_is_read_is_reported(tmp_path, path, num_issues):
    labels = {
        "labels/train/a.txt": LINE,
        "labels/val/z.txt": LINE,
        "list.txt": "images/train/a.png",
        "data.yaml": "train: list.txt\nval: images/val\nnames: [cola]",
    }
    _, _, issues = read(tmp_path, ["images/train/a.png", "images/val/b.png"], labels, path)
    assert len(issues) == num_issues


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param({"labels/._a.txt": "Mac OS X"}, id="labels"),
        pytest.param({"images/._a.png": "Mac OS X", "labels/._a.txt": LINE}, id="a picture and its labels"),
        pytest.param({"images/.meta.json": "{}", ".vscode/settings.json": "{}"}, id="another program's JSON"),
        pytest.param({"images/.ipynb_checkpoints/a-checkpoint.png": ""}, id="Jupyter's copy"),
    ],
)
def test_what_systems_hide_is_not_in_a_dataset(tmp_path, hidden):
    assert read(tmp_path, ["images/a.png"], {"labels/a.txt": LINE, **hidden}) == (["images/a.png"], [], [])


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".HEIC", ".heif", ".avif"])
def test_pictures_by_all_their_suffixes(tmp_path, suffix):
    assert read(tmp_path, [f"images/a{suffix}"], {"labels/a.txt": LINE})[0] == [f"images/a{suffix}"]


@pytest.mark.parametrize("name", ["train/_annotations.coco.json", "annotations/instances_default.json"])
def test_a_folder_of_coco_is_reported_as_none_of_yolo(tmp_path, name):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text("{}")
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "README.txt").write_text("exported as COCO")
    with pytest.raises(AnnotationError, match=rf"name the file: .*{name}"):
        annotations.read(tmp_path)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({"classes.txt": "\ncola\n"}, "classes.txt: line 1 is empty; write a name", id="a blank line"),
        pytest.param(
            {"a.yaml": "names: [a]", "b.yaml": "names: [b]"}, "several YAML files, .*: a.yaml, b.yaml", id="two"
        ),
        pytest.param({"../compose.yaml": "services: {}"}, "no data.yaml and no classes.txt", id="another program's"),
    ],
)
def test_files_that_name_no_classes(tmp_path, files, words):
    folder = tmp_path / "above" / "set"
    folder.mkdir(parents=True)
    for name, text in {"a.txt": LINE, **files}.items():
        (folder / name).write_text(text)
    (folder / "a.png").write_bytes(PNG)
    with pytest.raises(AnnotationError, match=words):
        annotations.read(folder)


def test_classes_named_above(tmp_path):
    (tmp_path / "logos.yaml").write_text("names: [cola]")
    assert read(tmp_path, ["set/a.png"], {"set/a.txt": LINE, "classes.txt": "x"}, "set")[0] == ["set/a.png"]
