"""digits.collect in params.yaml → data/digits/digits.npz: pixels and labels of train, val and test"""

from pathlib import Path

from brandlens import config, errors
from brandlens.digits import data


def main() -> None:
    params = config.load()
    splits = data.collect(params.digits.collect, params.seed)
    data.save(splits, Path("data/digits/digits.npz"))
    print(", ".join(f"{name}: {len(split):,} digits" for name, split in splits.items()))


if __name__ == "__main__":
    errors.run_program(main)
