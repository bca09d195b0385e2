"""Labelled and found boxes, one entry per picture in file order → metrics of boxes and of whole pictures.

Boxes of a label that is not asked for are left out, found ones too. An `ignore` box of any label is a region where
finds count neither for nor against.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster

from brandlens import boxes
from brandlens.boxes import Box, Detection
from brandlens.metrics.classification import PRCurve, curve

Labelled = Sequence[Sequence[Box]]
Detected = Sequence[Sequence[Detection]]


@dataclass(frozen=True, eq=False)
class Matches:
    """Which of n found boxes are right and which of m labelled ones were found, each in the order they came in.

    hit, ignored: (n,) bool; a detection that is neither is a false alarm. truth_of: (n,) int64, the labelled box that
    was hit or -1. found_truth: (m,) bool; never true for `ignore` boxes.
    """

    hit: np.ndarray
    ignored: np.ndarray
    truth_of: np.ndarray
    found_truth: np.ndarray


def match(truth: Sequence[Box], found: Sequence[Detection], iou: float = 0.5) -> Matches:
    """Pair the found boxes of one picture with the labelled ones, as COCO does.

    Greedy by falling score within a label: a detection takes the free box that it overlaps most, if by `iou` at least;
    a box is taken once, so a double is a false alarm. What hits nothing and lies in an `ignore` box, by at least a
    share `iou` of its own area, is ignored; that box's label does not matter.
    """
    counted = np.array([not box.ignore for box in truth], bool)
    labelled, places = (boxes.to_xyxy(rectangles).astype(np.float64) for rectangles in (truth, found))
    same = np.array([[box.label == place.label for box in truth] for place in found], bool)
    overlap = np.where(same.reshape(len(found), len(truth)) & counted, boxes.iou(places, labelled), 0.0)
    truth_of = np.full(len(found), -1, np.int64)
    free = counted.copy()
    for at in np.argsort([-place.score for place in found], kind="stable") if counted.any() else []:
        candidates = np.where(free, overlap[at], 0.0)
        best = candidates.argmax()
        if candidates[best] >= iou:
            truth_of[at], free[best] = best, False
    own = np.maximum(boxes.area(places), 1e-9)[:, None]
    inside = (boxes.intersection(places, labelled[~counted]) / own >= iou).any(axis=1)
    hit = truth_of >= 0
    return Matches(hit, inside & ~hit, truth_of, counted & ~free)


def average_precision(truth: Labelled, found: Detected, labels: Sequence[str]) -> dict[str, float]:
    """ap50 (at IoU 0.5), ap (mean over IoU 0.50, 0.55 ... 0.95) and per_class.<label>.ap50, as COCO defines them.

    101-point interpolation by faster-coco-eval; every detection counts, not only a picture's best 100. `ap` and `ap50`
    are means over the labels that have boxes; a label without any has 0.0. Without boxes or detections all is 0.0.
    """
    category = {label: number for number, label in enumerate(labels, 1)}
    annotations = [
        _coco(picture, box) | {"category_id": category[label], "iscrowd": int(box.ignore)}
        for picture, row in enumerate(truth)
        for box in row
        for label in (labels if box.ignore else [box.label])
        if label in category
    ]
    results = [
        _coco(picture, place) | {"category_id": category[place.label], "score": place.score}
        for picture, row in enumerate(found)
        for place in row
        if place.label in category
    ]
    means = np.full((10, len(labels)), -1.0)  # (IoUs, labels); -1 for a label without boxes
    if results and not all(annotation["iscrowd"] for annotation in annotations):
        means = _coco_means(len(truth), category, annotations, results)
    known = means[0] >= 0
    flat = {
        "ap50": float(means[0, known].mean()) if known.any() else 0.0,
        "ap": float(means[:, known].mean()) if known.any() else 0.0,
    }
    return flat | {f"per_class.{label}.ap50": float(max(means[0, at], 0.0)) for at, label in enumerate(labels)}


def at_threshold(
    truth: Labelled, found: Detected, labels: Sequence[str], threshold: float, iou: float = 0.5
) -> dict[str, float]:
    """precision, recall, f1, hits, false_alarms and misses over all boxes, and per_class.<label>.{precision,recall}.

    Counts detections with a score of `threshold` at least. A ratio without a denominator is 0.0.
    """
    number = {label: at for at, label in enumerate(labels)}
    hits, alarms, misses = np.zeros((3, len(labels)))
    for row, places in zip(truth, found, strict=True):
        kept = [place for place in places if place.score >= threshold and place.label in number]
        matches = match(row, kept, iou)
        for at, place in enumerate(kept):
            hits[number[place.label]] += matches.hit[at]
            alarms[number[place.label]] += not (matches.hit[at] or matches.ignored[at])
        for at, box in enumerate(row):
            if box.label in number and not box.ignore:
                misses[number[box.label]] += not matches.found_truth[at]
    flat = _ratios(hits.sum(), alarms.sum(), misses.sum())
    flat |= {"hits": float(hits.sum()), "false_alarms": float(alarms.sum()), "misses": float(misses.sum())}
    for at, label in enumerate(labels):
        ratios = _ratios(hits[at], alarms[at], misses[at])
        flat |= {f"per_class.{label}.{name}": ratios[name] for name in ("precision", "recall")}
    return flat


def image_metrics(truth: Labelled, found: Detected, labels: Sequence[str], threshold: float) -> dict[str, float]:
    """Does a picture show the brand? precision, recall and f1 over one decision per picture and label, and accuracy.

    accuracy: the share of pictures whose set of found labels equals the set of true ones, so an empty picture without
    an alarm is right. A label that a picture shows as an `ignore` box only is left out of that picture's decisions. A
    ratio without a denominator is 0.0, and so is the accuracy over no pictures.
    """
    pairs = list(zip(truth, found, strict=True))
    shape = (len(pairs), len(labels))
    shown, ignored, seen = (
        np.array([[label in names for label in labels] for names in sets], bool).reshape(shape)
        for sets in (
            [{box.label for box in row if not box.ignore} for row, _ in pairs],
            [{box.label for box in row if box.ignore} for row, _ in pairs],
            [{place.label for place in places if place.score >= threshold} for _, places in pairs],
        )
    )
    decided = shown | ~ignored
    flat = _ratios(*(float((decided & which).sum()) for which in (shown & seen, seen & ~shown, shown & ~seen)))
    return flat | {"accuracy": float(((shown == seen) | ~decided).all(axis=1).mean()) if pairs else 0.0}


def box_curve(truth: Labelled, found: Detected, iou: float = 0.5, labels: Sequence[str] | None = None) -> PRCurve:
    """Precision and recall of boxes over the threshold, pooled over pictures and labels (None: all there are).

    A box that nobody found still counts in recall's denominator. The same numbers as `at_threshold` at every score.
    """
    hit, score, total = [], [], 0
    for row, places in zip(truth, found, strict=True):
        kept = [place for place in places if labels is None or place.label in labels]
        matches = match(row, kept, iou)
        hit.extend(matches.hit[~matches.ignored])
        score.extend(place.score for place, out in zip(kept, matches.ignored, strict=True) if not out)
        total += sum(not box.ignore and (labels is None or box.label in labels) for box in row)
    return curve(np.array(hit, bool), np.array(score, np.float64), total)


def _ratios(hits: float, alarms: float, misses: float) -> dict[str, float]:
    """precision, recall and f1 of three counts; 0.0 without a denominator."""
    return {
        "precision": float(hits / max(hits + alarms, 1)),
        "recall": float(hits / max(hits + misses, 1)),
        "f1": float(2 * hits / max(2 * hits + alarms + misses, 1)),
    }


def _coco(picture: int, box: Box | Detection) -> dict[str, object]:
    sides = [box.left, box.top, box.width, box.height]
    return {"image_id": picture, "bbox": sides, "area": box.width * box.height}


def _coco_means(pictures: int, category: dict[str, int], annotations: list[dict], results: list[dict]) -> np.ndarray:
    """(10, c) average precision at IoU 0.50, 0.55 ... 0.95 of every category; -1 for one without boxes."""
    truth = COCO(
        {
            "images": [{"id": picture} for picture in range(pictures)],
            "categories": [{"id": number, "name": label} for label, number in category.items()],
            "annotations": [annotation | {"id": number} for number, annotation in enumerate(annotations, 1)],
        }
    )
    run = COCOeval_faster(truth, truth.loadRes(results), "bbox", print_function=lambda *_: None)
    run.params.maxDets = [len(results)]
    run.params.areaRng, run.params.areaRngLbl = [[0, 1e10]], ["all"]
    run.evaluate()
    run.accumulate()
    return run.eval["precision"][:, :, :, 0, 0].mean(axis=1)
