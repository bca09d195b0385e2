"""The detector's results → the values of logo.html."""

from typing import Any

import numpy as np

from brandlens.metrics import classification
from brandlens.metrics.classification import METRICS
from brandlens.metrics.detection import BOX_METRICS
from brandlens.metrics.error_types import ERROR_TYPES
from brandlens.metrics.intervals import Interval
from brandlens.metrics.pictures import PICTURE_METRICS
from brandlens.metrics.significance import difference
from brandlens.metrics.thresholds import precision_recall_curve
from brandlens.report import tables, text
from brandlens.report.charts import Axis, Line, chart
from brandlens.report.load import LogoResults, read_optional_table, to_indices
from brandlens.report.render import MetricCells, data_uri
from brandlens.report.training_curves import loss_chart


def gain_over_sift(results: LogoResults) -> tuple[float, Interval] | None:
    """Return how many more crops are right than SIFT matching has; None without its predictions, or without crops."""
    crops = results.crops
    if "sift" not in crops or not len(crops["crop"]):
        return None
    return difference(crops["sift"] == crops["y_true"], crops["y_pred"] == crops["y_true"], results.units(crops))


def context(results: LogoResults) -> dict[str, Any]:
    """Return the values that the template shows."""
    detections, labelled = results.detections(), results.labelled()
    correct, score = detections["outcome"] == "true_positive", detections["score"]
    curve = precision_recall_curve(correct, score, len(labelled["label"]))
    precision, recall = results.metric("boxes", "precision"), results.metric("boxes", "recall")
    num_labelled = np.bincount(results.units(labelled), minlength=len(results.picture_names))
    y_true, y_pred = (to_indices(results.crops[name], results.classes) for name in ("y_true", "y_pred"))
    gallery = gallery_tiles(results)
    source = results.run.get("source", "")
    return {
        "results": results,
        "cells": MetricCells(results),
        "params": {name: text.format_param(value) for name, value in results.params.items()},
        "verdict": text.logo_verdict(results, gain_over_sift(results)),
        "warning": text.WARNINGS.get(("logo", source)),
        "talk": text.TALK,
        "talk_note": text.TALK_LOGO,
        "baseline_names": text.BASELINES,
        "source": text.PICTURE_SOURCES.get(source, "pictures"),
        "crop_metrics": METRICS,
        "box_metrics": BOX_METRICS,
        "picture_metrics": PICTURE_METRICS,
        "smallest": tables.smallest_detected(results),
        "error_counts": tables.count_error_types(results),
        "error_meanings": ERROR_TYPES,
        "threshold_rows": tables.threshold_table(
            results.units(detections), correct, score, num_labelled, results.threshold
        ),
        "curve": chart(
            f"Precision over recall of boxes; at the threshold: {precision:.3f}, {recall:.3f}.",
            [Line("boxes", curve.recall, curve.precision)],
            Axis("recall"), Axis("precision"), (recall, precision), "curve",
        ),
        "confusion": classification.confusion(y_true, y_pred, len(results.classes)).tolist(),
        "gallery": gallery,
        "heatmaps": [tile for tile in gallery if tile["heatmap"]],
        "slider_data": slider_data(results),
        "training_chart": loss_chart(results.folder / "training.csv"),
        "duration": text.describe_duration(results.training.get("seconds", 0.0)),
        "augmented": data_uri(results.folder / "augmented.png"),
    }  # fmt: skip


def gallery_tiles(results: LogoResults) -> list[dict[str, Any]]:
    """Return the gallery: each picture with its boxes, those with most errors first, then the surest errors.

    boxes: all of a picture; visible: those at the threshold, where a logo that is detected under it only is missed.
    """
    index = results.folder / "gallery" / "gallery.csv"
    tiles = []
    for row in read_optional_table(index):
        chosen = (results.boxes["picture"] == row["picture"]) & (results.boxes["outcome"] != "ignored")
        boxes = [
            {name: column[place].item() for name, column in results.boxes.items()} for place in np.flatnonzero(chosen)
        ]
        visible = []
        for box in boxes:
            if box["score"] >= results.threshold:
                visible.append(box)
            elif box["outcome"] != "false_positive":
                visible.append(box | {"outcome": "false_negative"})
        errors = [box for box in visible if box["outcome"] != "true_positive"]
        tiles.append({
            "picture": row["picture"], "width": int(row["width"]), "height": int(row["height"]),
            "image": data_uri(index.parent / row["file"]),
            "heatmap": data_uri(index.parent / row["heatmap"]) if row.get("heatmap") else "",
            "boxes": boxes, "visible": visible,
            "order": (-len(errors), -sum(box["score"] for box in errors)),
        })  # fmt: skip
    return sorted(tiles, key=lambda tile: tile["order"])


def slider_data(results: LogoResults) -> dict[str, Any]:
    """Return what the page's script needs to count again at another threshold: scores, and what each was of."""
    detections, pictures = results.detections(), results.pictures
    correct = detections["outcome"] == "true_positive"
    y_true, brand = (to_indices(results.crops[name], results.classes) for name in ("y_true", "brand"))
    labelled = pictures["y_true"] == 1
    return {
        "threshold": results.threshold,
        "lowest": min(detections["score"].tolist(), default=0.0),
        "boxes": {
            "correct": detections["score"][correct].tolist(), "wrong": detections["score"][~correct].tolist(),
            "labelled": len(results.labelled()["label"]),
        },
        "pictures": {"correct": pictures["score"][labelled].tolist(), "wrong": pictures["score"][~labelled].tolist(),
                     "labelled": int(labelled.sum())},
        "crops": list(zip(y_true.tolist(), brand.tolist(), results.crops["score"].tolist(), strict=True)),
        "classes": len(results.classes),
    }  # fmt: skip
