"""Stage logo-collect on a folder that `brandlens logo collect` filled: it says what to do next until it can run."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from ruamel.yaml import YAML

from brandlens import annotations
from brandlens.annotations import Picture
from brandlens.boxes import Box
from brandlens.crawler.providers.folder import Folder
from brandlens.crawler.run import CollectOptions, collect
from brandlens.errors import UserError

HOME = Path(__file__).resolve().parents[2]
BOX = Box(20, 20, 60, 40, "mug")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the stage's script, in a folder where params.yaml names what was collected in mugs/."""
    yaml = YAML()
    content = yaml.load(HOME / "params.yaml")
    content["logo"]["collect"].update(source="scraped", annotations=["mugs/annotations.xml"])
    yaml.dump(content, tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("stage", HOME / "pipelines/logo/collect.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fill(fake_web: ModuleType) -> None:
    """Collect ten pictures of mugs, and five of tables, as a run of the command does."""
    for name, numbers in (("mug", range(10)), ("table", range(20, 25))):
        Path(name).mkdir()
        for number in numbers:
            (Path(name) / f"{number}.jpg").write_bytes(fake_web.picture(number))
    collect(Path("mugs"), CollectOptions([("folder", "mug", False), ("folder", "table", True)]), {"folder": Folder()})


def test_each_step_says_which_is_the_next(stage: ModuleType, fake_web: ModuleType) -> None:
    with pytest.raises(UserError, match="run: brandlens logo collect QUERY --out mugs"):
        stage.main()
    fill(fake_web)
    with pytest.raises(UserError, match=r"draw boxes around the logo: imglab -c mugs.annotations\.xml"):
        stage.main()
    pictures = sorted(Path("mugs/pictures").iterdir())
    annotations.write(Path("mugs/annotations.xml"), [Picture(path) for path in pictures])
    with pytest.raises(UserError, match="no box in it yet"):
        stage.main()


def test_labelled_pictures_and_negatives_become_the_three_splits(
    stage: ModuleType, fake_web: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(fake_web)
    pictures = sorted(Path("mugs/pictures").iterdir())
    annotations.write(Path("mugs/annotations.xml"), [Picture(path, (BOX,)) for path in pictures])
    stage.main()
    files = [stage.OUTPUT_DIR / f"{name}.xml" for name in ("train", "val", "test")]
    pictures = [picture for file in files for picture in annotations.read(file)]
    assert sorted(len(picture.boxes) for picture in pictures) == [0] * 5 + [1] * 10
    assert "boxes of 1 labels: mug" in capsys.readouterr().out
