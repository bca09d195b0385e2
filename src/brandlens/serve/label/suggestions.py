"""Boxes that a detector suggests for the pictures of a folder: found in a thread, kept beside the annotations."""

import threading
from pathlib import Path
from typing import Any

from brandlens.annotations import orientation
from brandlens.boxes import Box
from brandlens.errors import PictureError
from brandlens.logo import suggest
from brandlens.logo.detector import LogoDetector
from brandlens.logo.suggest import Suggestion
from brandlens.serve.label.folder import LabelFolder, header_of


class Suggestions:
    """What a detector suggests, see `suggest.suggest_boxes`: pictures that no one has labelled come first.

    The threshold is half the model's own, as a box is quicker deleted than drawn. What was found is kept in a hidden
    file beside the annotations, for the next start with the same model.
    """

    def __init__(self, folder: LabelFolder, detector: LogoDetector, model: Path) -> None:
        self.folder, self.detector = folder, detector
        self.threshold = detector.threshold / 2
        path = folder.file.path.with_name(f".{folder.file.path.name}.suggestions")
        self.journal = suggest.Journal(path, model, self.threshold)
        self.ranked: list[tuple[str, float]] = []  # name and uncertainty, in the order they were found in
        self._names: set[str] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="suggestions", daemon=True)

    def start(self) -> None:
        """Begin to look at the pictures."""
        self._thread.start()

    def stop(self) -> None:
        """End after the picture that is looked at."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        for path in self.folder.unlabelled():
            if self._stopped.is_set():
                return
            try:
                self.find(path)
            except PictureError as error:
                self.folder.refuse(path, reason(error, path))

    def find(self, path: Path) -> Suggestion:
        """Return the suggestion for a picture, found before or now. Raises PictureError."""
        known = self.journal.done.get(path)
        suggestion = known or suggest.suggest_boxes(path, self.detector, self.threshold)
        name = self.folder.name_of(path)
        with self._lock:
            if path not in self.journal.done:
                self.journal.add(suggestion)
            if name not in self._names:
                self._names.add(name)
                self.ranked.append((name, suggestion.uncertainty))
        return suggestion

    def boxes(self, path: Path) -> list[Box]:
        """Return the boxes suggested for a picture, in it as it is displayed. Raises PictureError."""
        header = header_of(path)
        return [orientation.to_shown(box, header) for box in self.find(path).picture.boxes]

    def progress(self, after: int) -> dict[str, Any]:
        """Return whether all were looked at, and name and uncertainty (None: no logo) of all after so many."""
        is_done = not self._thread.is_alive()
        ranked = [[name, value if value > float("-inf") else None] for name, value in self.ranked[after:]]
        return {"done": is_done, "ranked": ranked}


def reason(error: PictureError, path: Path) -> str:
    """Return why a picture cannot be read, without its path."""
    return str(error).removeprefix(f"{path}: ")
