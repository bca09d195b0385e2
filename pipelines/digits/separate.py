"""data/digits/digits.npz → scenes of touching digits, reports/digits/separation.json and separation.png"""

from pathlib import Path

from brandlens import config, errors, images, io
from brandlens.digits import data, pictures
from brandlens.digits.separate.run import separate

REPORT = Path("reports/digits")
NUM_SHOWN = 6  # test scenes in the picture


def main() -> None:
    params = config.load()
    found = separate(data.load(Path("data/digits/digits.npz")), params.digits.separate, params.seed)
    images.write(REPORT / "separation.png", pictures.separation_sheet(found.rows(NUM_SHOWN)))
    facts = {"metrics": found.metrics, "intervals": found.intervals, "losses": found.losses}
    io.write_json(facts, REPORT / "separation.json")
    for name, values in found.metrics.items():
        print(f"{name}: {values['digits_right']:.1%} of the digits separated right, F1 {values['f1']:.3f}")


if __name__ == "__main__":
    errors.run_program(main)
