"""reviews → data/sentiment/embedded/ + reports/sentiment/neighbours.csv, vectors.csv, vectors.png"""

from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from brandlens import config, errors
from brandlens.datasets import reviews
from brandlens.sentiment.embeddings import report, word2vec
from brandlens.sentiment.text.tokenizer import tokenize

REVIEWS, INTO, REPORT = (
    Path("data/sentiment/reviews.parquet"),
    Path("data/sentiment/embedded"),
    Path("reports/sentiment"),
)
LISTED, DRAWN, NEAR = 30, 100, 8  # words of praise and of blame in the table, on the map; neighbours of each


def main() -> None:
    wish = config.load().sentiment.embed
    found = reviews.read(REVIEWS).of("train", "unlabelled")
    texts = [tokenize(text) for text in tqdm(found.text, desc="tokens", unit="review", mininterval=1)]
    with tqdm(total=wish.epochs * len(texts), desc=wish.method, unit="review", mininterval=1) as bar:
        vocabulary, learned = word2vec.train_embeddings(texts, word2vec.Recipe(**asdict(wish)), bar.update)
    word2vec.save(INTO, vocabulary, learned)

    labelled = [text for text, split in zip(texts, found.split, strict=True) if split == "train"]
    labels = found.of("train").label
    listed = report.informative_words(labelled, labels, vocabulary, LISTED)
    near = report.neighbours(list(listed), vocabulary, learned, NEAR)
    report.write_neighbours(listed, near, REPORT / "neighbours.csv")
    drawn = report.informative_words(labelled, labels, vocabulary, DRAWN)
    places = report.tsne_layout(list(drawn), vocabulary, learned, wish.seed)
    report.write_map(drawn, places, REPORT / "vectors.csv", REPORT / "vectors.png")
    print(f"{len(texts):,} reviews, {sum(map(len, texts)):,} tokens → {len(vocabulary):,} words of {wish.size} values")


if __name__ == "__main__":
    errors.run_program(main)
