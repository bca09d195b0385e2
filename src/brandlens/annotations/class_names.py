"""Which labels of boxes can be the classes of a detector."""

BACKGROUND = "background"  # class 0: whatever shows none of the brands


def find_problem(label: str) -> str | None:
    """Return why a label cannot be a class, such as "cannot name a folder of crops"; None where it can."""
    if label == BACKGROUND:
        return "is reserved for what shows no brand"
    if label in (".", "..") or "/" in label or "\\" in label:
        return "cannot name a folder of crops"
    return None
