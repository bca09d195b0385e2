"""Input and output in an object store, on both engines; and what others read of the output."""

from pathlib import Path
from typing import Any

import pytest

from brandlens.bulk import local
from brandlens.errors import UserError

from .conftest import Run, results, sentiment_task, write_reviews

ray_engine = pytest.importorskip("brandlens.bulk.ray_engine")


@pytest.fixture
def in_store(store: str, tmp_path: Path) -> str:
    """A table in the store."""
    import s3fs

    write_reviews(tmp_path / "a.jsonl", 100)
    s3fs.S3FileSystem().put_file(str(tmp_path / "a.jsonl"), f"brand/{tmp_path.name}/a.jsonl")
    return f"s3://brand/{tmp_path.name}"


def test_both_engines(ray: Any, in_store: str, sentiment_folder: Path, tmp_path: Path) -> None:
    task, names = sentiment_task(sentiment_folder), [f"{in_store}/a.jsonl"]
    by_local = Run(local.run, names, task, f"{in_store}/local")(workers=1)
    by_ray = Run(ray_engine.run, names, task, f"{in_store}/ray")(workers=2)
    at_home = Run(local.run, [str(tmp_path / "a.jsonl")], task, str(tmp_path / "out"))(workers=1)
    assert results(by_local) == results(by_ray)
    without_id = [{**row, "id": None} for row in results(by_local)]
    assert without_id == [{**row, "id": None} for row in results(at_home)]


def test_resumed(in_store: str, sentiment_folder: Path) -> None:
    task = sentiment_task(sentiment_folder)

    def interrupted(*arguments: Any, **options: Any) -> Any:
        for number, result in enumerate(local.run(*arguments, **options)):
            if number == 2:
                raise KeyboardInterrupt
            yield result

    run = Run(interrupted, [f"{in_store}/a.jsonl"], task, f"{in_store}/out")
    with pytest.raises(KeyboardInterrupt):
        run(workers=1)
    run.engine = local.run
    assert len(run(workers=1)) == 100


def test_no_such_object(in_store: str, sentiment_folder: Path) -> None:
    run = Run(local.run, [f"{in_store}/b.jsonl"], sentiment_task(sentiment_folder), f"{in_store}/out")
    with pytest.raises(UserError, match=r"b.jsonl"):
        run(workers=1)


def test_pandas_and_duckdb_read_it(sentiment_folder: Path, tmp_path: Path) -> None:
    pandas, duckdb = pytest.importorskip("pandas"), pytest.importorskip("duckdb")
    write_reviews(tmp_path / "a.jsonl", 100)
    out = tmp_path / "out"
    rows = Run(local.run, [str(tmp_path / "a.jsonl")], sentiment_task(sentiment_folder), str(out))(workers=1)
    frame = pandas.concat([pandas.read_parquet(path) for path in sorted(out.glob("*.parquet"))])
    assert list(frame["id"]) == [row["id"] for row in rows]
    query = f"select label, count(*) from '{out}/*.parquet' group by label order by label"
    assert duckdb.sql(query).fetchall() == [("negative", 25), ("positive", 50), ("unsure", 25)]
