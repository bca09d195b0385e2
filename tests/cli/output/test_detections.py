"""What the sinks print of each picture."""

import io
from pathlib import Path

import numpy as np

from brandlens.cli.output.detections import TextSink


def test_a_name_with_a_line_break_stays_one_line() -> None:
    out = io.StringIO()
    TextSink(out, has_video=False).add_picture(Path("a\n\x1b.jpg"), np.zeros((2, 2, 3), np.uint8), [])
    assert out.getvalue() == "a\\n\\x1b.jpg: no logo\n"
