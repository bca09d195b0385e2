"""reviews → data/sentiment/embedded/ + reports/sentiment/neighbours.csv, vectors.csv, vectors.png"""

from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from brandlens import errors, params
from brandlens.sentiment import reviews, vectors, words
from brandlens.sentiment.tokens import tokens

REVIEWS, INTO, REPORT = (
    Path("data/sentiment/reviews.parquet"),
    Path("data/sentiment/embedded"),
    Path("reports/sentiment"),
)
LISTED, DRAWN, NEAR = 30, 100, 8  # words of praise and of blame in the table, on the map; neighbours of each


def main() -> None:
    wish = params.load().sentiment.embed
    found = reviews.read(REVIEWS).of("train", "unlabelled")
    texts = [tokens(text) for text in tqdm(found.text, desc="tokens", unit="review", mininterval=1)]
    with tqdm(total=wish.epochs * len(texts), desc=wish.method, unit="review", mininterval=1) as bar:
        vocabulary, learned = vectors.learn(texts, vectors.Recipe(**asdict(wish)), bar.update)
    vectors.save(INTO, vocabulary, learned)

    labelled = [text for text, split in zip(texts, found.split, strict=True) if split == "train"]
    labels = found.of("train").label
    listed = words.telling(labelled, labels, vocabulary, LISTED)
    near = words.neighbours(list(listed), vocabulary, learned, NEAR)
    words.write_neighbours(listed, near, REPORT / "neighbours.csv")
    drawn = words.telling(labelled, labels, vocabulary, DRAWN)
    places = words.layout(list(drawn), vocabulary, learned, wish.seed)
    words.write_map(drawn, places, REPORT / "vectors.csv", REPORT / "vectors.png")
    print(f"{len(texts):,} reviews, {sum(map(len, texts)):,} tokens → {len(vocabulary):,} words of {wish.size} values")


if __name__ == "__main__":
    errors.run(main)
