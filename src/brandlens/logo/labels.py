"""The classes of a detector: the background and the labels of the brands that it looks for."""

from collections.abc import Iterable, Sequence

from brandlens.annotations import Picture
from brandlens.annotations.class_names import BACKGROUND, find_problem
from brandlens.errors import UserError

__all__ = ["BACKGROUND", "class_names", "labels_of"]


def labels_of(pictures: Iterable[Picture], wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the labels to look for in these training pictures: the wanted ones, or without any all there are, sorted.

    wanted: logo.crop.labels of params.yaml; a label named twice counts once. `ignore` boxes carry no label.
    Raises UserError when a wanted label has no box, no label has one, or a label cannot name a class or its folder.
    """
    known = sorted({box.label for picture in pictures for box in picture.boxes if not box.ignore})
    labels = tuple(dict.fromkeys(wanted)) or tuple(known)
    if not labels:
        raise UserError("the training pictures have no labelled box; draw some, or set logo.collect.source: sample")
    for label in labels:
        if label not in known:
            raise UserError(f'logo.crop.labels: no training box has the label "{label}"; there are: {", ".join(known)}')
    for label in labels:
        if problem := find_problem(label):
            raise UserError(f'the label "{label}" {problem}; rename it in the annotations')
    return labels


def class_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the name of every class id: the background, then the labels in their order."""
    return (BACKGROUND, *labels)
