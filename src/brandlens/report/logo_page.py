"""The detector's results → logo.html."""

from pathlib import Path
from typing import Any

import numpy as np

from brandlens.metrics import classification
from brandlens.metrics.error_types import ERROR_TYPES
from brandlens.metrics.intervals import Interval
from brandlens.metrics.significance import difference
from brandlens.report import load, tables, text, training_curves
from brandlens.report.charts import Axis, Line, chart
from brandlens.report.load import Logo
from brandlens.report.render import Numbers, image_tag

KEYS = {"true_positive": "hit", "false_positive": "alarm", "false_negative": "missed"}  # of the page's style


def gain(found: Logo) -> tuple[float, Interval] | None:
    """How many more crops are right than SIFT matching has; None where its word is not known, or without crops."""
    if "sift" not in found.baselines or not len(found.crops["crop"]):
        return None
    actual = found.crops["y_true"]
    ours, rival = found.crops["y_pred"] == actual, found.crops["sift"] == actual
    return difference(rival, ours, found.unit(found.crops))


def context(found: Logo) -> dict[str, Any]:
    """What the template shows."""
    ranking, _ = found.ranking()
    total = int(ranking.labelled.sum())
    curve = classification.curve(ranking.hit, ranking.score, total)
    truth = load.numbered(found.crops["y_true"], found.classes)
    said = load.numbered(found.crops["y_pred"], found.classes)
    shown = tiles(found)
    return {
        "found": found,
        "n": Numbers("logo", found, tables.logo_intervals(found)),
        "verdict": text.logo_verdict(found, gain(found)),
        "caution": text.CAUTION.get(("logo", found.run.get("source", ""))),
        "talk": text.TALK,
        "talk_note": text.TALK_LOGO,
        "names": text.BASELINES,
        "source": text.PICTURES.get(found.run.get("source", ""), "pictures"),
        "smallest": tables.smallest(found),
        "sizes": tables.by_size(found),
        "causes": tables.by_cause(found),
        "why": ERROR_TYPES,
        "rungs": tables.threshold_table(
            ranking.unit, ranking.hit, ranking.score, ranking.labelled.sum(axis=1), found.threshold
        ),
        "curve": chart(
            f"Precision over recall of boxes; in use: {found.at('boxes', 'precision'):.3f}, "
            f"{found.at('boxes', 'recall'):.3f}.",
            [Line("boxes", curve.recall, curve.precision)],
            Axis("recall"), Axis("precision"), (found.at("boxes", "recall"), found.at("boxes", "precision")), "curve",
        ),
        "counts": tables.confusion(truth, said, len(found.classes)).tolist(),
        "tiles": shown,
        "heated": [tile for tile in shown if tile["heat"]],
        "live": slider_data(found),
        "training": training_curves.chart_of(found.folder / "training.csv"),
        "duration": text.minutes(found.training.get("seconds", 0.0)),
        "augmented": image_tag(found.folder / "augmented.png"),
    }  # fmt: skip


def tiles(found: Logo) -> list[dict[str, Any]]:
    """The gallery: each picture with its boxes, the most wrong first: by false alarms and misses, then by how sure.

    said: what is to be seen at the chosen threshold; a logo that is found under it only is missed.
    """
    index = found.folder / "gallery" / "gallery.csv"
    shown = []
    for row in load.table(index) if index.is_file() else []:
        at = np.flatnonzero((found.boxes["picture"] == row["picture"]) & (found.boxes["outcome"] != "ignored"))
        boxes = [{name: _plain(column[place]) for name, column in found.boxes.items()} for place in at]
        boxes = [box | {"outcome": KEYS[box["outcome"]]} for box in boxes]
        sure = [each["score"] >= found.threshold for each in boxes]
        said = [
            each if reached else each | {"outcome": "missed"}
            for each, reached in zip(boxes, sure, strict=True)
            if reached or each["outcome"] != "alarm"
        ]
        wrong = [each for each in said if each["outcome"] != "hit"]
        shown.append({
            "picture": row["picture"], "width": int(row["width"]), "height": int(row["height"]), "boxes": boxes,
            "source": image_tag(index.parent / row["file"]),
            "heat": image_tag(index.parent / row["heatmap"]) if row.get("heatmap") else "",
            "said": said, "order": (-len(wrong), -sum(each["score"] for each in wrong)),
        })  # fmt: skip
    return sorted(shown, key=lambda tile: tile["order"])


def _plain(value: np.generic) -> object:
    return value.item()


def slider_data(found: Logo) -> dict[str, Any]:
    """What the script needs to count again at another threshold: scores, and what each was of."""
    ranking, _ = found.ranking()
    brand = load.numbered(found.crops["brand"], found.classes)
    actual = load.numbered(found.crops["y_true"], found.classes)
    return {
        "threshold": found.threshold,
        "lowest": float(min(ranking.score, default=0.0)),
        "boxes": {"hits": _scores(ranking.score[ranking.hit]), "alarms": _scores(ranking.score[~ranking.hit])},
        "labelled": int(ranking.labelled.sum()),
        "pictures": {
            "yes": _scores(found.rows["score"][found.rows["y_true"] == 1]),
            "no": _scores(found.rows["score"][found.rows["y_true"] != 1]),
        },
        "crops": [
            [int(a), int(b), float(score)] for a, b, score in zip(actual, brand, found.crops["score"], strict=True)
        ],
        "classes": len(found.classes),
    }


def _scores(scores: np.ndarray) -> list[float]:
    return [float(score) for score in scores]


def path(folder: Path) -> Path:
    """Where the detector's results lie."""
    return folder / "logo"
