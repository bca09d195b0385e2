"""training.csv → the curves of a training."""

from pathlib import Path

import numpy as np
from markupsafe import Markup

from brandlens.report import load
from brandlens.report.charts import Axis, Line, chart


def chart_of(path: Path) -> Markup:
    """Training and validation loss by epoch; nothing where there are no epochs."""
    rows = load.table(path) if path.is_file() else []
    if not rows:
        return Markup()
    step = np.array([float(row["step"]) for row in rows])
    losses = {name: np.array([float(row[key] or "nan") for row in rows]) for name, key in
              (("training", "loss"), ("validation", "val_loss"))}  # fmt: skip
    known = [value for loss in losses.values() for value in loss if np.isfinite(value)]
    lines = [
        Line(name, step[np.isfinite(loss)], loss[np.isfinite(loss)], kind, dots=True)
        for (name, loss), kind in zip(losses.items(), ("first", "second"), strict=True)
    ]
    last = f"{losses['training'][-1]:.3f} in training, {losses['validation'][-1]:.3f} in validation"
    return chart(
        f"Loss by epoch: at the end {last}.",
        lines,
        Axis("epoch", 0, float(step.max()) + 0.5),
        Axis("loss", 0, 1.05 * max([*known, 0.1])),
    )
