"""training.csv → the chart of a training."""

from pathlib import Path

import numpy as np
from markupsafe import Markup

from brandlens.report.charts import Axis, Line, chart
from brandlens.report.load import read_optional_table


def loss_chart(path: Path) -> Markup:
    """Return training and validation loss by epoch; nothing where there are no epochs."""
    rows = read_optional_table(path)
    if not rows:
        return Markup()
    step = np.array([float(row["step"]) for row in rows])
    training, validation = (np.array([float(row[key] or "nan") for row in rows]) for key in ("loss", "val_loss"))
    lines = [
        Line(name, step[np.isfinite(loss)], loss[np.isfinite(loss)], style, dots=True)
        for name, loss, style in (("training", training, "first"), ("validation", validation, "second"))
    ]
    highest = max([0.1, *(float(line.y.max()) for line in lines if len(line.y))])
    return chart(
        f"Loss by epoch: at the end {training[-1]:.3f} in training, {validation[-1]:.3f} in validation.",
        lines,
        Axis("epoch", 0, float(step.max()) + 0.5),
        Axis("loss", 0, 1.05 * highest),
    )
