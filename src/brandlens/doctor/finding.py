"""What the doctor says of one thing."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "note", "fail"]


@dataclass(frozen=True)
class Finding:
    """name: of what was looked at. value: what was seen. status: note: may surprise; fail: something will not work.

    fix: what to do about it, "" where there is nothing to do.
    """

    name: str
    value: str
    status: Status = "ok"
    fix: str = ""
