"""What a service runs and what it allows: one field a flag of `brandlens serve`."""

from dataclasses import dataclass
from pathlib import Path

from brandlens import images


@dataclass(frozen=True)
class Settings:
    """What a service runs and what it allows.

    logo, sentiment: folders of exported models; None: not offered. label_folder: pictures to label; None: no such page.
    token: that every request but those for pages and health must carry; None: none. allowed_hosts: names that the
    Host header may have beside those of this machine's loopback; "*" for any.
    """

    logo: Path | None = None
    sentiment: Path | None = None
    label_folder: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    threads: int | None = None  # pictures, and batches of texts, at once; None for every core
    max_body: int = 64 * 2**20  # bytes of a request other than a table
    max_table: int = 2 * 2**30  # bytes of a table
    max_pixels: int = images.MAX_PIXELS // 4  # of a picture
    max_pictures: int = 64  # of a request
    max_texts: int = 1000  # of a request
    max_text: int = 20_000  # characters of a text
    max_terms: int = 200  # of a request, synonyms counted
    max_queue: int = 256  # requests that run or wait; the next one is refused with Retry-After
    max_connections: int = 1000  # the next one is closed
    max_seconds: float = 60.0  # of a request's work, from when its body has arrived; tables may take longer
    body_seconds: float = 10.0  # without a byte of a request, or without a byte of the answer taken
    drain_seconds: float = 30.0  # for requests in progress when the service is stopped
