"""Going on where a killed training left off."""

from pathlib import Path

import keras
import numpy as np
import pytest

from brandlens import training
from brandlens.training.resume import clean_up


@pytest.mark.parametrize(
    ("logs", "seconds"),
    [
        pytest.param({}, 0.0, id="nothing was trained"),
        pytest.param({"phase-0.csv": "epoch,loss,seconds\n0,0.5,2.5\n1,0.4,1.5\n", "other.csv": "seconds\n9\n"}, 4.0),
        pytest.param(
            {"phase-0.csv": "epoch,seconds\n0,2.5\n", "phase-1.csv": "epoch,seconds\n0,1\n"}, 3.5, id="phases"
        ),
        pytest.param({"phase-0.csv": "epoch,loss\n0,0.5\n"}, 0.0, id="an older log"),
    ],
)
def test_elapsed(tmp_path: Path, logs: dict[str, str], seconds: float) -> None:
    for name, content in logs.items():
        (tmp_path / name).write_text(content)
    assert training.elapsed(tmp_path) == seconds


@pytest.mark.parametrize(
    ("settings", "contents", "same"),
    [
        pytest.param({"rate": 0.1, "seed": 1}, [b"ab", b"c"], True, id="the same"),
        pytest.param({"seed": 1, "rate": 0.1}, [b"ab", b"c"], True, id="settings in another order"),
        pytest.param({"rate": 0.2, "seed": 1}, [b"ab", b"c"], False, id="another setting"),
        pytest.param({"rate": 0.1}, [b"ab", b"c"], False, id="a setting less"),
        pytest.param({"rate": 0.1, "seed": 1}, [b"ab", b"d"], False, id="other bytes"),
        pytest.param({"rate": 0.1, "seed": 1}, [b"ab"], False, id="a file less"),
        pytest.param({"rate": 0.1, "seed": 1}, [b"a", b"bc"], False, id="the same bytes divided otherwise"),
        pytest.param({"rate": 0.1, "seed": 1}, [b"c", b"ab"], False, id="files in another order"),
    ],
)
def test_run_id(tmp_path: Path, settings: dict[str, object], contents: list[bytes], same: bool) -> None:
    def named(folder: Path, contents: list[bytes]) -> list[Path]:
        folder.mkdir()
        files = [folder / str(index) for index in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        return files

    expected = training.run_id({"rate": 0.1, "seed": 1}, *named(tmp_path / "first", [b"ab", b"c"]))
    name = training.run_id(settings, *named(tmp_path / "second", contents))
    assert (name == expected) is same
    assert len(name) == 16
    assert name.isalnum()


def test_clean_up_keeps_the_logs_of_tensorboard_only(tmp_path: Path) -> None:
    kept = tmp_path / "tensorboard" / "phase-0" / "events"
    for file in (kept, tmp_path / "backup" / "phase-0" / "latest", tmp_path / "phase-0.csv", tmp_path / "mined-1.npy"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    clean_up(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]
    assert list(tmp_path.iterdir()) == [tmp_path / "tensorboard"]


def one_weight() -> keras.Model:
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])


def test_a_phase_is_trained_once(tmp_path: Path) -> None:
    model, again = one_weight(), one_weight()
    training.fit_or_load(model, tmp_path, 3, lambda: model.set_weights([np.array([[7.0]])]))
    training.fit_or_load(again, tmp_path, 3, lambda: pytest.fail("it was trained already"))
    assert again.get_weights()[0].item() == 7.0
    assert [path.name for path in tmp_path.iterdir()] == ["phase-3.weights.h5"]


def test_a_phase_that_fails_is_not_kept(tmp_path: Path) -> None:
    def fit() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.fit_or_load(one_weight(), tmp_path, 0, fit)
    assert not list(tmp_path.iterdir())


def test_an_array_is_made_once(tmp_path: Path) -> None:
    for make in (lambda: np.arange(3), lambda: pytest.fail("it was made already")):
        assert training.cached_array(tmp_path / "some.npy", make).tolist() == [0, 1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["some.npy"]
