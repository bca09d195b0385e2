"""Fill the tables of README.md and docs/ from benchmarks/results, so that no number is copied by hand.

    python benchmarks/render_tables.py           # rewrites what stands between <!-- table: NAME --> and <!-- end -->
    python benchmarks/render_tables.py --check   # exit code 1 where a table is not what the results say

Prints one JSON object: the pages, and whether each was up to date.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parents[1]
RESULTS = HOME / "benchmarks" / "results"
PAGES = ("README.md", "docs/results.md", "docs/machines.md", "docs/digits.md")
MARKED = re.compile(r"(<!-- table: ([\w-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
EDITION = {"drinks5": ", second edition of the labels"}  # by which the pretrained network alone was scored
TALK = "| the talk's own pictures | the talk (published) | 0.966 | 0.883 | | | |"


FEW_SCORES = ("ap50", "pictures_precision", "pictures_recall")


def results(name: str) -> dict[str, Any]:
    """Return the content of one file of results."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def row(*cells: object) -> str:
    """Return a row of a Markdown table; a number gets three decimals."""
    return "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |"


def pretrained(file: str) -> str:
    """Return what the pretrained network of a dataset's results is called in tables."""
    content = results(file)["all brands, pretrained"]
    backbone = content["training"]["pretrained"][0]["name"].partition(",")[0]
    return f"one_stage on {backbone}{EDITION.get(file, '')}"


def logo() -> list[str]:
    """Return brandlens beside SIFT matching on photographs; crops by the likelier class where there is one brand."""
    lines = [
        "| test pictures | model | crops: precision | recall | boxes: AP50 | pictures: precision | recall |",
        "|---|---|---|---|---|---|---|",
    ]
    for title, file, run in (
        ("drinks5, one brand (Lavie)", "drinks5", "one brand: Lavie"),
        ("drinks5, five brands", "drinks5", "all brands"),
        ("FlickrLogos-27, 27 brands", "flickrlogos27", "all brands"),
    ):
        content = results(file)
        for model, key in (
            ("fcn", run), ("one_stage", f"{run}, one_stage"), (pretrained(file), f"{run}, pretrained"),
        ):  # fmt: skip
            if key not in content:
                continue
            ours = content[key]
            crops, pictures = ours.get("crops_by_likelier_class", ours["crops"]), ours["pictures"]
            lines.append(row(
                title if key == run else "", f"**brandlens** ({model})", crops["precision"], crops["recall"],
                ours["boxes"]["ap50"], pictures["precision"], pictures["recall"],
            ))  # fmt: skip
        sift = content[run]["baselines"]["sift"]["crops"]
        lines.append(row("", "SIFT matching", sift["precision"], sift["recall"], "", "", ""))
        if run.startswith("one brand"):
            lines.append(TALK)
    return lines


def logo_summary() -> list[str]:
    """Return the default model on real photographs, and the other one where it learns enough."""
    lines = ["| test pictures | AP50 | pictures: precision | recall |", "|---|---|---|---|"]
    for title, file, run in (
        ("drinks5, one brand, fcn", "drinks5", "one brand: Lavie"),
        ("drinks5, five brands, fcn", "drinks5", "all brands"),
        ("drinks5, five brands, one_stage", "drinks5", "all brands, one_stage"),
        ("drinks5, five brands, " + pretrained("drinks5"), "drinks5", "all brands, pretrained"),
        ("FlickrLogos-27, 27 brands, fcn", "flickrlogos27", "all brands"),
        ("FlickrLogos-27, 27 brands, " + pretrained("flickrlogos27"), "flickrlogos27", "all brands, pretrained"),
    ):
        if run not in results(file):
            continue
        content = results(file)[run]
        pictures = content["pictures"]
        lines.append(row(title, content["boxes"]["ap50"], pictures["precision"], pictures["recall"]))
    return lines


def sentiment() -> list[str]:
    """Return accuracy on the movie reviews beside the linear baselines."""
    ours = results("imdb")["ours"]
    baselines = ours["baselines"]
    return [
        "| model | accuracy |",
        "|---|---|",
        row("**brandlens**: bidirectional LSTM of 128 units each way with an n-gram branch", ours["accuracy"]),
        row("logistic regression on 1- to 3-grams weighted by naive Bayes (NB-SVM)", baselines["bayes"]["accuracy"]),
        row("logistic regression on TF-IDF of words and pairs", baselines["tfidf"]["accuracy"]),
    ]


TRANSFER = {
    "own vectors": "own word vectors", "GloVe": "GloVe, 100 values",
    "sentences": "a network trained on movie reviews, then on their sentences",
    "sentences, half the learning rate": "the same, at half the learning rate",
    "sentences, log-count ratio": "the same, with log-count ratios of words",
    "sentences, n-grams": "a network trained on movie reviews, then on their sentences, with the n-gram branch",
    "GloVe, a teacher's sentences": "GloVe, and 70,000 sentences as a teacher scores them",
    "GloVe, a teacher's sentences, n-grams":
        "GloVe, and 70,000 sentences as a teacher scores them, with the n-gram branch",
}  # fmt: skip


def transfer() -> list[str]:
    """Return what other starts buy few reviews; what is not chosen on validation is not scored on test."""
    content = results("sentiment_transfer")
    others = ("uci_sentences", "product_review_sentences")
    lines = [
        "| start | validation | test | 2,000 sentences of amazon and yelp | 3,734 sentences of product reviews |",
        "|---|---|---|---|---|",
    ]
    for key, note in (("ladder", "chosen"), ("ladder, n-grams weighing the same", "chosen of six earlier")):
        chosen = content[key]["chosen"]
        for name, accuracy in content[key]["validation"].items():
            if name == chosen["name"]:
                low, high = chosen["interval"]
                test, sentences = f"{chosen['test']:.3f} ({low:.3f}–{high:.3f})", [chosen[other] for other in others]
                lines.append(row(f"{TRANSFER[name]} ({note})", accuracy, test, *sentences))
            elif key == "ladder":
                lines.append(row(TRANSFER[name], accuracy, "", "", ""))
    encoder, teacher = content["minilm"]["accuracy"], content["teacher"]
    scores = (encoder["val"], encoder["test"], *(encoder[other] for other in others))
    lines.append(row("MiniLM and logistic regression", *scores))
    return [*lines, row("the teacher itself, 110 M weights", teacher["validation"][-1], teacher["test"], "", "")]


ROBUSTNESS = {
    "sample, mean of both branches": "sample, before", "sample": "sample", "GloVe": "with GloVe",
}  # fmt: skip


def robustness() -> list[str]:
    """Return how many labels flip, and how many sentences with and without negation are right, in percent, by model."""
    models = {title: results("robustness")[name] for name, title in ROBUSTNESS.items()}
    parts: list[tuple[str, Callable[[dict[str, Any]], float]]] = [
        ("100 sentences with and without negation: right", lambda content: content["negation"]["all"]),
        *(
            (f"of these: {kind}", lambda content, kind=kind: content["negation"][kind])
            for kind in ("plain", "not", "not at all", "contraction", "never, no, without", "degree")
        ),
        *(
            (f"{length}: label flips", lambda content, length=length: content["length"][length]["flips"])
            for length in ("twice", "first three quarters", "last three quarters", "inside a longer text")
        ),
        (
            "20 wrappings (typos, capitals, HTML, URL …), mean: label flips",
            lambda content: content["wrappings"]["mean"],
        ),
    ]
    rows = [row(title, *(f"{100 * part(content):.3g} %" for content in models.values())) for title, part in parts]
    return [row("", *models), "|---" * (1 + len(models)) + "|", *rows]


def ordered() -> list[str]:
    """Return which of ordered labels is nearest to the right one on average."""
    lines = ["| label that is given | mean absolute error | quadratic kappa | accuracy |", "|---|---|---|---|"]
    for scale, rules in results("ordered").items():
        lines += [
            row(f"{scale}: {name}", rule["mean_absolute_error"], rule["quadratic_kappa"], rule["accuracy"])
            for name, rule in rules.items()
        ]
    return lines


def talk_crops() -> list[str]:
    """Return the talk's CNN and the default one on the same crops, by the likelier class."""
    content = results("talk")
    lines = [
        "| network | weights | epochs | minutes | validation: precision | recall | test: precision | recall |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for title, key in (
        ("the talk's CNN, as the talk trained it", "cnn"),
        ("**brandlens** (fcn, on these crops alone)", "fcn"),
    ):
        if key not in content:
            continue
        run = content[key]
        scores = [run[split][metric] for split in ("val", "test") for metric in ("precision", "recall")]
        lines.append(row(title, f"{run['weights']:,}", run["epochs"], f"{run['minutes']:.1f}", *scores))
    return [*lines, "| the talk (published), on its own crops, on a GPU | | 10 | 16 | | | 0.966 | 0.883 |"]


def talk_reviews() -> list[str]:
    """Return the talk's LSTM on two kinds of word vectors, epoch by epoch."""
    content = results("talk")
    lines = ["| word vectors | validation after each epoch | test | 95 % interval |", "|---|---|---|---|"]
    for title, key in (("own, 128 values", "lstm: own vectors"), ("GloVe, 100 values", "lstm: GloVe")):
        if key not in content:
            continue
        run = content[key]
        epochs = ", ".join(f"{epoch['val_accuracy']:.3f}" for epoch in run["by_epoch"])
        test = run.get("test", {"accuracy": "", "interval": []})  # only what was trained to the end is scored on test
        interval = "–".join(f"{end:.3f}" for end in test["interval"])
        lines.append(row(title, epochs, test["accuracy"], interval))
    return lines


def labels() -> list[str]:
    """Return what labelled pictures, or one logo file, buy: means over the draws, and the interval of the first."""
    lines = [
        "| brand | labels | model | draws | AP50 | 95 % interval, draw 1 | pictures: precision | recall |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for key, content in results("label_efficiency").items():
        brand, *options, count, edition = key.split(", ")
        steps = "".join(f", {option}" for option in options if option.endswith("steps"))
        if count == "logo":
            runs = {f"one logo file, composed scenes, {backgrounds}": [run] for backgrounds, run in content.items()}
        else:
            runs = {count: list(content.values())}
        for learned_from, draws in runs.items():
            title = learned_from + ", second edition of the labels" * edition.endswith("v2")
            ap50, *pictures = (sum(draw[score] for draw in draws) / len(draws) for score in FEW_SCORES)
            interval = f"{draws[0]['ap50_low']:.3f}–{draws[0]['ap50_high']:.3f}"
            backbones = [name.partition(",")[0] for name in draws[0]["pretrained"]]
            model = f"one_stage on {backbones[0]}{steps}" if backbones else "fcn"
            lines.append(row(brand, title, model, len(draws), ap50, interval, *pictures))
    return lines


def dtype_policy() -> list[str]:
    """Return the seconds of a training step by model and dtype policy, on every machine that was measured."""
    lines = ["| processor | model | float32 | mixed_bfloat16 | ratio |", "|---|---|---|---|---|"]
    for machine, content in results("dtype_policy").items():
        for model, seconds in content["seconds"].items():
            ratio = seconds["float32"] / seconds["mixed_bfloat16"]
            lines.append(row(machine, model, seconds["float32"], seconds["mixed_bfloat16"], f"{ratio:.2f}"))
    return lines


def digits() -> list[str]:
    """Return the errors of the lectures' networks on MNIST beside the published ones, in percent."""
    lines = ["| network | published | ours | on validation | averaged | CPU seconds |", "|---|---|---|---|---|---|"]
    for name, network in results("digits")["mnist"]["networks"].items():
        lines.append(row(
            network["architecture"] + (" with what the lectures advise" if name == "lenet_advised" else "")
            + (" with dropout 0.4" if name == "fc256_dropout" else ""),
            f"{100 * network['published_error']:.2f}",
            f"{100 * network['test_error']:.2f} ± {100 * network['test_error_std']:.2f}",
            f"{100 * network['val_error']:.2f}",
            f"{100 * network['test_ensemble_error']:.2f} ({network['networks']})",
            network["cpu_seconds"],
        ))  # fmt: skip
    return lines


def advice(key: str) -> list[str]:
    """Return what each piece of advice changes of the error on digits, crops or words, in points, with intervals."""
    lines = ["| | | error, % | change | 95 % interval | |", "|---|---|---|---|---|---|"]
    last = ""
    for each in results("advice")[key]["rows"]:
        verdict = "better" if each["high"] < 0 else "worse" if each["low"] > 0 else "no clear difference"
        group = each["group"] if each["group"] != last else ""
        last = each["group"]
        lines.append(row(
            group, each["name"], f"{each['error']:.2f}", f"{each['effect']:+.2f}",
            f"{each['low']:+.2f} to {each['high']:+.2f}", verdict,
        ))  # fmt: skip
    return lines


def warm_start() -> list[str]:
    """Return AP50 of the old brands and of the new one, where a brand is added to a trained detector."""
    lines = ["| training | steps | old brands, AP50 | new brand, AP50 |", "|---|---|---|---|"]
    for name, content in results("warm_start").items():
        lines.append(row(name, content["steps"], content["old brands"]["ap50"], content.get("Lavie", "")))
    return lines


def missing_labels() -> list[str]:
    """Return AP50 with all training boxes and with fewer, by the score from which the unlabelled counts for nothing."""
    lines = ["| training boxes, ignored above | boxes | AP50, validation | AP50, test |", "|---|---|---|---|"]
    for name, content in results("missing_labels").items():
        lines.append(row(name, content["boxes"], content["val"]["ap50"], content["test"]["ap50"]))
    return lines


TABLES: dict[str, Callable[[], list[str]]] = {
    "digits": digits,
    "advice": partial(advice, "digits"), "advice-crops": partial(advice, "crops"),
    "advice-words": partial(advice, "words"),
    "logo": logo, "logo-summary": logo_summary, "sentiment": sentiment, "transfer": transfer,
    "robustness": robustness, "ordered": ordered, "warm-start": warm_start, "missing-labels": missing_labels,
    "labels": labels, "dtype-policy": dtype_policy,
    "talk-crops": talk_crops, "talk-reviews": talk_reviews,
}  # fmt: skip


def render(text: str) -> str:
    """Return a page with every marked table filled anew."""
    return MARKED.sub(lambda match: match[1] + "\n".join([*TABLES[match[2]](), match[4]]), text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    fresh = {}
    for page in PAGES:
        path = HOME / page
        text = path.read_text(encoding="utf-8")
        rendered = render(text)
        fresh[page] = rendered == text
        if not check:
            path.write_text(rendered, encoding="utf-8")
    print(json.dumps(fresh))
    return 1 if check and not all(fresh.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
