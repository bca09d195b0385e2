"""reports/logo/* + reports/sentiment/* → reports/index.html, logo.html, sentiment.html: pages that open from disk"""

from pathlib import Path

from brandlens import errors
from brandlens.report import pages


def main() -> None:
    for page in pages.write(Path("reports")):
        print(page.as_posix())


if __name__ == "__main__":
    errors.run_program(main)
