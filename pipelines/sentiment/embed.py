"""reviews → data/sentiment/embedded/ + reports/sentiment/neighbors.csv, vectors.csv, vectors.png, coverage.json"""

import sys
from pathlib import Path

from tqdm import tqdm

from brandlens import config, errors, io, provenance
from brandlens.datasets import reviews
from brandlens.sentiment.embeddings import gensim_files, pretrained, report, word2vec
from brandlens.sentiment.text.tokenizer import tokenize

OUTPUT, REPORT = Path("data/sentiment/embedded"), Path("reports/sentiment")
NUM_LISTED, NUM_DRAWN, NUM_NEIGHBORS = 30, 100, 8  # words of each label in the table, on the map; neighbors of a word


def main() -> None:
    cfg = config.load()
    embed = cfg.sentiment.embed
    dataset = reviews.read(Path("data/sentiment/reviews.parquet")).of("train", "unlabelled")
    texts = [tokenize(text) for text in tqdm(dataset.text, desc="tokens", unit="review", mininterval=1)]
    started, shares = [], {}
    with tqdm(total=embed.epochs * len(texts), desc=embed.method, unit="review", mininterval=1) as bar:
        if embed.vectors is None:
            vocabulary, vectors = word2vec.train_embeddings(texts, embed, cfg.seed, bar.update)
        else:
            path, license_ = gensim_files.find(embed.vectors)
            vocabulary, vectors, found = pretrained.pretrained_embeddings(texts, path, embed, cfg.seed, bar.update)
            started = [pretrained.describe(path, embed.vectors, embed.vectors_license or license_)]
            shares = {"pretrained": pretrained.coverage(texts, found.vectors)}
            for line in found.left_out:
                print(f"left out: {line}", file=sys.stderr)
    word2vec.save(OUTPUT, vocabulary, vectors)
    provenance.write_pretrained(OUTPUT, started)
    shares = {"vocabulary": pretrained.coverage(texts, vocabulary), **shares}

    labelled = [tokens for tokens, split in zip(texts, dataset.split, strict=True) if split == "train"]
    labels = dataset.of("train").label
    listed = report.informative_words(labelled, labels, vocabulary, NUM_LISTED, dataset.labels)
    neighbors = report.nearest_words(list(listed), vocabulary, vectors, NUM_NEIGHBORS)
    report.write_neighbors(listed, neighbors, REPORT / "neighbors.csv")
    drawn = report.informative_words(labelled, labels, vocabulary, NUM_DRAWN, dataset.labels)
    positions = report.tsne_layout(list(drawn), vocabulary, vectors, cfg.seed)
    report.write_map(drawn, positions, REPORT / "vectors.csv", REPORT / "vectors.png", dataset.labels)
    io.write_json(shares, REPORT / "coverage.json")
    num_tokens = sum(map(len, texts))
    print(f"{len(texts):,} reviews, {num_tokens:,} tokens → {len(vocabulary):,} words of {vectors.shape[1]} values")
    for name, share in shares.items():
        print(f"{name}: {share['tokens']:.1%} of the tokens, {share['types']:.1%} of the distinct words")


if __name__ == "__main__":
    errors.run_program(main)
