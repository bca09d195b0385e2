"""`brandlens init` whole, but for DVC: what is seen, asked, chosen, written and refused."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from brandlens import annotations, config, images
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.datasets.import_reviews import import_reviews
from brandlens.datasets.pictures import import_pictures
from brandlens.doctor import probe
from brandlens.errors import UserError
from brandlens.project import choose_logo, files, logo_side, run, stages
from brandlens.project.devices import Devices
from brandlens.project.run import Options

from .conftest import Make, write_pictures, write_reviews


def params(folder: str = "mine") -> config.Config:
    return config.load(Path(folder, "params.yaml"))


def stage_names(folder: str = "mine") -> set[str]:
    return {*YAML(typ="safe").load(Path(folder, "dvc.yaml"))["stages"]}


def deps(stage: str, folder: str = "mine") -> list[str]:
    return YAML(typ="safe").load(Path(folder, "dvc.yaml"))["stages"][stage]["deps"]


def update(**options: Any) -> None:
    run.update(Options(Path("mine"), **options))


def test_nothing_given_is_the_built_in_sample(make: Make, home: Path) -> None:
    lines = make()
    assert "the built-in sample" in lines[0]
    assert params() == config.parse(config.defaults(), {})
    assert all(Path("mine", path).exists() for path in stages.SAMPLES.values())
    assert {name.split("-")[0] for name in stage_names()} == {"logo", "sentiment", "report"}


def test_scripts_are_the_repositorys_own(make: Make, home: Path) -> None:
    make()
    own = Path(__file__).resolve().parents[2] / "pipelines"
    for path in [own / "report.py", *(path for side in ("logo", "sentiment") for path in (own / side).glob("*.py"))]:
        assert Path("mine/pipelines", path.relative_to(own)).read_bytes() == path.read_bytes()


def test_pictures_of_one_brand(make: Make, home: Path) -> None:
    lines = make(pictures=[write_pictures(Path("pictures.xml"), "acme")])
    logo = params().logo
    assert (logo.collect.source, logo.collect.annotations) == ("folder", ("../pictures.xml",))
    assert logo.train.fcn.epochs == 16
    assert "../pictures.xml" in deps("logo-collect")
    assert not any(name.startswith("sentiment") for name in stage_names())
    assert "brands: acme (9 logos in 9 pictures)" in lines
    assert any(line.startswith("test split: about 2 logos") for line in lines)
    assert lines[-1].strip().startswith("dvc repro")


@pytest.mark.parametrize(("package", "model"), [("no_such_package", "fcn"), ("json", "one_stage")])
def test_pretrained_weights_where_they_are_installed(
    make: Make, home: Path, monkeypatch: pytest.MonkeyPatch, package: str, model: str
) -> None:
    """And nothing of the sliding window where none is slid."""
    monkeypatch.setattr(logo_side, "PRETRAINED_PACKAGE", package)
    monkeypatch.setattr(choose_logo, "PRETRAINED_PICTURES", 9)
    lines = make(pictures=[write_pictures(Path("pictures.xml"), "acme")])
    logo = params().logo.train
    assert (logo.model, logo.one_stage.backbone == choose_logo.BACKBONE) == (model, model == "one_stage")
    assert not any("sliding_window" in line for line in lines)


def test_the_stage_takes_what_was_written(make: Make, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(pictures=[write_pictures(Path("pictures.xml"), "acme")], reviews=[write_reviews(Path("reviews.csv"))])
    monkeypatch.chdir("mine")
    cfg = config.load()
    splits = import_pictures(cfg.logo.collect, Path("data/logo/pictures"), seed=cfg.seed)
    assert sum(map(len, splits.values())) == 12
    assert len(import_reviews(cfg.sentiment.collect.files)) == 60


def test_reviews(make: Make, home: Path) -> None:
    make(reviews=[write_reviews(Path("reviews.csv"))])
    files_, columns = params().sentiment.collect.files, params().sentiment.collect.files.columns
    assert files_.train == ("../reviews.csv",)
    assert (columns.text, columns.label, columns.rating) == ("comment", None, "stars")
    assert stage_names() == {*(name for name in stage_names() if name.startswith("sentiment-")), "report"}
    assert "--file reviews.csv --column comment --out" in Path("mine/README.md").read_text()


def test_an_absolute_path_stays_one(make: Make, home: Path) -> None:
    file = write_reviews(home / "reviews.csv")
    make(reviews=[file])
    assert params().sentiment.collect.files.train == (file.as_posix(),)


def test_in_the_folder_of_the_data(make: Make, home: Path) -> None:
    make(".", pictures=[write_pictures(Path("pictures.xml"), "acme")])
    assert params(".").logo.collect.annotations == ("pictures.xml",)


def test_a_folder_of_annotations_around_the_project_is_no_dependency(home: Path) -> None:
    options = Options(Path("data/mine"))
    assert run.dependencies(options, ["..", "../a.xml", "../other"]) == ["../a.xml", "../other"]


def test_a_logo_file_alone(make: Make, home: Path) -> None:
    images.write(Path("acme.png"), np.zeros((8, 8, 3), np.uint8))
    shutil.copy("acme.png", "b.png")
    make(logos=["acme.png", "Beta Co=b.png"])
    collect = params().logo.collect
    assert collect.source == "synthetic"
    assert collect.synthetic.artwork == {"acme": ("../acme.png",), "Beta Co": ("../b.png",)}
    assert "../b.png" in deps("logo-collect")


def test_pictures_that_were_collected(make: Make, home: Path) -> None:
    Path("cups/negatives").mkdir(parents=True)
    Path("cups/manifest.parquet").touch()
    images.write(Path("cups/negatives/n.png"), np.zeros((60, 80, 3), np.uint8))
    make(pictures=[write_pictures(Path("cups/annotations.xml"), "acme")])
    assert params().logo.collect.source == "scraped"
    with pytest.raises(UserError, match="label more pictures there"):
        update(pictures=[write_pictures(Path("b.xml"), "zest")])


@pytest.mark.parametrize(
    ("answers", "labels"),
    [
        pytest.param([""], (), id="all"),
        pytest.param(["zest"], ("zest",), id="one"),
        pytest.param([], (), id="unasked"),
    ],
)
def test_brands_are_asked_for(make: Make, home: Path, answers: list[str], labels: tuple[str, ...]) -> None:
    make(pictures=[write_pictures(Path("pictures.xml"), "acme", "zest")], answers=answers)
    assert params().logo.crop.labels == labels


def test_three_files_that_are_splits_by_their_names(make: Make, home: Path) -> None:
    paths = [
        write_pictures(Path(f"drinks-{name}.xml"), "acme", seed=n) for n, name in enumerate(("test", "train", "val"))
    ]
    make(pictures=paths)
    assert params().logo.collect.annotations == ("../drinks-train.xml", "../drinks-val.xml", "../drinks-test.xml")
    assert params().logo.collect.predefined_splits


def test_three_files_of_one_name_are_splits_by_their_folders(make: Make, home: Path) -> None:
    """As Roboflow exports COCO."""
    paths = []
    for name in ("test", "train", "valid"):
        Path(name).mkdir()
        paths.append(write_pictures(Path(name, "_annotations.coco.json"), "acme", seed=len(name)))
    make(pictures=paths)
    collect = params().logo.collect
    assert collect.annotations == tuple(f"../{name}/_annotations.coco.json" for name in ("train", "valid", "test"))
    assert collect.predefined_splits


@pytest.mark.parametrize(
    ("format", "files", "named"),
    [
        pytest.param("yolo", "drinks/{}.txt", "drinks", id="YOLO, its folder"),
        pytest.param("yolo", "drinks/{}.txt", "drinks/data.yaml", id="YOLO, its data.yaml"),
        pytest.param("voc", "drinks/ImageSets/Main/{}.txt", "drinks", id="Pascal VOC"),
    ],
)
def test_splits_that_a_dataset_names_itself_are_kept(
    make: Make, home: Path, format: str, files: str, named: str
) -> None:
    for seed, name in enumerate(("test", "val", "train")):
        file = Path(files.format(name))
        file.parent.mkdir(parents=True, exist_ok=True)
        write_pictures(file, "acme", seed=seed, format=format)
    make(pictures=[Path(named)])
    collect = params().logo.collect
    assert collect.annotations == tuple("../" + files.format(name) for name in ("train", "val", "test"))
    assert collect.predefined_splits
    assert [name for name in deps("logo-collect") if "drinks" in name] == ["../drinks"]


def test_pictures_like_one_in_another_split_are_reported(make: Make, home: Path) -> None:
    paths = [write_pictures(Path(f"{name}.xml"), "acme", seed=n) for n, name in enumerate(("train", "val", "test"))]
    shutil.copy("train-0.png", "test-0.png")
    lines = make(pictures=paths)
    assert any(line.startswith("1 picture like one in another split") for line in lines)


@pytest.mark.parametrize(("answer", "are_splits"), [("", False), ("2", True)])
def test_three_files_of_other_names_are_asked_about(make: Make, home: Path, answer: str, are_splits: bool) -> None:
    paths = [write_pictures(Path(f"{name}.xml"), "acme", seed=n) for n, name in enumerate("abc")]
    make(pictures=paths, answers=[answer])
    assert params().logo.collect.predefined_splits is are_splits


def test_what_the_user_sets_goes_before_what_suits(make: Make, home: Path) -> None:
    lines = make(
        pictures=[write_pictures(Path("p.xml"), "acme", "zest")], changes=["logo.train.fcn.epochs=3", "seed=7"]
    )
    assert params().logo.train.fcn.epochs == 3
    assert params().seed == 7
    assert "logo.train.fcn.epochs: 3  # as given" in lines
    make("other", pictures=[Path("p.xml")], changes=["logo.crop.labels=[zest]"])
    assert params("other").logo.crop.labels == ("zest",)


def test_every_key_in_full(make: Make, home: Path) -> None:
    make(pictures=[write_pictures(Path("p.xml"), "acme")], full=True)
    assert "# fraction of the box's own size kept around it" in Path("mine/params.yaml").read_text()


def bad_pictures() -> list[Path]:
    file = write_pictures(Path("bad.xml"), "acme")
    Path("bad-0.png").write_bytes(b"broken")
    return [file]


def no_box() -> list[Path]:
    images.write(Path("a.png"), np.zeros((60, 80, 3), np.uint8))
    annotations.write(Path("none.xml"), [Picture(Path("a.png"))])
    return [Path("none.xml")]


def one_class() -> list[Path]:
    Path("one.csv").write_text("text,label\n" + "it works,positive\n" * 5)
    return [Path("one.csv")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(lambda: {"pictures": bad_pictures()}, "1 issue; fix them", id="issues"),
        pytest.param(lambda: {"pictures": no_box()}, "1 issue; fix them", id="no box"),
        pytest.param(lambda: {"pictures": [Path("gone.xml")]}, "gone.xml", id="no annotations"),
        pytest.param(lambda: {"reviews": one_class()}, 'column "label" has positive labels only', id="one class"),
        pytest.param(lambda: {"reviews": [Path("gone.csv")]}, "gone.csv: no such file", id="no table"),
        pytest.param(lambda: {"logos": ["gone.png"]}, "gone.png: no such file", id="no logo"),
        pytest.param(lambda: {"logos": [str(one_class()[0])]}, "one.csv: cannot be read as a picture", id="a table"),
        pytest.param(lambda: {"logos": ["."]}, ".: a folder; name a logo's picture", id="a folder of logos"),
        pytest.param(lambda: {"logos": ["a.png"], "pictures": [Path("a.xml")]}, "leave --logo out", id="both"),
        pytest.param(lambda: {"changes": ["logo.epochs=3"]}, "logo.epochs is not a known key", id="an unknown key"),
        pytest.param(lambda: {"changes": ["seed"]}, "write KEY=VALUE", id="no value"),
        pytest.param(lambda: {"changes": ["seed=[1"]}, "no YAML", id="no YAML"),
        pytest.param(lambda: {"changes": ["seed=-1"]}, "seed is -1", id="a value out of range"),
        pytest.param(
            lambda: {"pictures": [write_pictures(Path("p.xml"), "acme")], "changes": ["logo.crop.labels=[other]"]},
            "no box of other; there are: acme",
            id="an unknown brand",
        ),
        pytest.param(
            lambda: {"pictures": [write_pictures(Path("p.xml"), "acme")], "changes": ["logo.crop.labels=acme"]},
            "--set 'logo.crop.labels=[acme]'",
            id="a brand that is no list",
        ),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_written(make: Make, home: Path, options: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        make(**options())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not Path("mine").exists()
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == []


def test_a_name_that_is_no_text(make: Make, home: Path) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    try:
        write_reviews(home / "a.csv").rename(home / name)
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    with pytest.raises(UserError, match="no valid text"):
        make(reviews=[Path(name)])


def test_issues_may_be_allowed(make: Make, home: Path) -> None:
    make(pictures=bad_pictures(), allow_issues=True)
    assert Path("mine/dvc.yaml").exists()


def test_a_project_is_not_overwritten(make: Make, home: Path) -> None:
    make()
    Path("mine/params.yaml").write_text("mine")
    with pytest.raises(UserError, match="a project already"):
        make()
    assert Path("mine/params.yaml").read_text() == "mine"


def test_a_second_brand(make: Make, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(pictures=[write_pictures(Path("a.xml"), "acme")], changes=["logo.crop.labels=[acme]", "logo.crop.margin=0.3"])
    second = write_pictures(Path("b.xml"), "zest")
    annotations.write(Path("a2.xml"), [Picture(Path("a-3.png"), (Box(1, 1, 30, 20, "zest"),))])
    update(pictures=[second, Path("a2.xml")])
    logo = params().logo
    assert logo.collect.annotations == ("../a.xml", "../b.xml", "../a2.xml")
    assert not logo.collect.predefined_splits
    assert logo.crop.labels == ("acme", "zest")
    assert logo.crop.margin == 0.3
    assert {"../a.xml", "../b.xml"} <= set(deps("logo-collect"))
    monkeypatch.chdir("mine")
    splits = import_pictures(logo.collect, Path("out"), seed=1)
    pictures = [picture for split in splits.values() for picture in split]
    assert len(pictures) == 24  # the one that is in two lists once
    assert sum(len(picture.boxes) for picture in pictures) == 9 + 9 + 1


def test_a_second_side(make: Make, home: Path) -> None:
    make(pictures=[write_pictures(Path("a.xml"), "acme")])
    before = Path("mine/pipelines/logo/train.py").read_bytes() + b"# mine\n"
    Path("mine/pipelines/logo/train.py").write_bytes(before)
    update(reviews=[write_reviews(Path("reviews.csv"))])
    assert {name.split("-")[0] for name in stage_names()} == {"logo", "sentiment", "report"}
    assert params().sentiment.collect.files.train == ("../reviews.csv",)
    assert params().logo.collect.source == "folder"
    assert Path("mine/pipelines/sentiment/train.py").exists()
    assert Path("mine/pipelines/logo/train.py").read_bytes() == before


def test_a_second_side_that_is_refused_leaves_no_process(
    make: Make, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(reviews=[write_reviews(Path("reviews.csv"))])
    asked: list[probe.Start] = []

    def start(devices: Devices) -> None:
        devices.started = probe.start("none", [sys.executable, "-c", "import time; time.sleep(60)"])
        asked.append(devices.started)

    monkeypatch.setattr(Devices, "start", start)
    with pytest.raises(UserError, match="cannot be read"):
        update(pictures=[Path("nowhere.xml")])
    (_, process), *_ = asked
    assert process.poll() is not None


def test_more_reviews(make: Make, home: Path) -> None:
    make(reviews=[write_reviews(Path("a.csv"))])
    Path("texts.txt").write_text("a text\nanother one\n")
    update(reviews=[write_reviews(Path("b.csv"), 20), Path("texts.txt")])
    files_ = params().sentiment.collect.files
    assert (files_.train, files_.unlabelled) == (("../a.csv", "../b.csv"), ("../texts.txt",))


def test_tables_in_an_encoding_that_must_be_named(make: Make, home: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write_reviews(Path(name))
        Path(name).write_bytes(Path(name).read_text(encoding="utf-8").replace(" ", " для ").encode("cp1251"))
    option = "sentiment.collect.files.columns.encoding"
    with pytest.raises(UserError, match=f"name its encoding by --set {option}=NAME, such as cp1251"):
        make(reviews=[Path("a.csv")])
    make(reviews=[Path("a.csv")], changes=[f"{option}=cp1251"])
    update(reviews=[Path("b.csv")])
    assert params().sentiment.collect.files.train == ("../a.csv", "../b.csv")


def test_an_update_changes_only_what_is_named(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(pictures=[write_pictures(Path("a.xml"), "acme")])
    before = {path: path.read_bytes() for path in Path("mine").rglob("*") if path.is_file()}
    update()
    assert {path: path.read_bytes() for path in Path("mine").rglob("*") if path.is_file()} == before
    assert "nothing to change" in capsys.readouterr().out
    update(changes=["logo.train.fcn.epochs=30"])
    changed = [path.name for path, data in before.items() if path.read_bytes() != data]
    assert changed == ["params.yaml"]
    assert params().logo.train.fcn.epochs == 30


def test_an_update_notes_the_version(make: Make, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make()
    monkeypatch.setattr(files, "__version__", "9.9")
    update()
    assert "brandlens[train]==9.9" in Path("mine/requirements.txt").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"full": True}, "--full is for a new project", id="full"),
        pytest.param({"changes": ["seed=-1"]}, "params.yaml: seed is -1", id="a value out of range"),
        pytest.param({"pictures": [Path("gone.xml")]}, "gone.xml", id="no annotations"),
    ],
)
def test_an_update_that_cannot_be(make: Make, home: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match="no project"):
        update()
    make(pictures=[write_pictures(Path("a.xml"), "acme")])
    before = {path: path.read_bytes() for path in Path("mine").rglob("*") if path.is_file()}
    with pytest.raises(UserError, match=message):
        update(**options)
    assert {path: path.read_bytes() for path in Path("mine").rglob("*") if path.is_file()} == before


def test_pictures_in_three_splits_get_no_fourth_file(make: Make, home: Path) -> None:
    make(
        pictures=[
            write_pictures(Path(f"{name}.xml"), "acme", seed=n) for n, name in enumerate(("train", "val", "test"))
        ]
    )
    with pytest.raises(UserError, match="add the new ones to these"):
        update(pictures=[write_pictures(Path("b.xml"), "zest")])
