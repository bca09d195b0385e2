"""A file from the network: resumed where it was broken off, kept only if its checksum is right."""

import hashlib
import http.client
import re
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from brandlens.errors import UserError

CHUNK = 1 << 18  # bytes read at a time
TRIES = 5  # times in a row that a connection may break off without a byte
WAIT = 60  # seconds of silence that count as broken off


def download(url: str, into: Path, *, size: int, sha256: str, pause: float = 2.0) -> Path:
    """Fetch `url` to the file `into`, unless it is there; return `into`.

    size: bytes. pause: seconds before the second try, doubled from try to try. What arrived of it stays beside as
    .part, and the next call goes on from there. Progress on stderr.
    Raises UserError when the server cannot be reached, refuses, or sends a file of another size or checksum.
    """
    if into.exists():
        return verified(into, size, sha256)
    part = into.with_name(into.name + ".part")
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        with (
            part.open("ab") as file,
            tqdm(total=size, initial=file.tell(), desc=into.name, unit="B", unit_scale=True, file=sys.stderr) as bar,
        ):
            tries = 0
            while file.tell() < size:
                before = file.tell()
                failure = _more(url, file, size, bar)
                tries = tries + 1 if file.tell() <= before else 0
                if failure and tries >= TRIES:
                    raise UserError(f"{url}: {failure}; run it again to go on, or fetch it yourself and name the file")
                if failure:
                    time.sleep(pause * 2 ** max(0, tries - 1))
        try:
            verified(part, size, sha256).replace(into)
        except UserError:
            part.unlink()  # going on from it would not mend it
            raise
    except OSError as error:
        raise UserError(f"{into}: cannot be written: {error.strerror or error}") from None
    return into


def verified(path: Path, size: int, sha256: str) -> Path:
    """The path, if its file has this size in bytes and this checksum; raises UserError if not."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    there = path.stat().st_size
    if (there, found) != (size, sha256):
        raise UserError(
            f"{path}: {there:,} bytes with SHA-256 {found[:12]}…, not the {size:,} bytes with {sha256[:12]}… that were "
            "published; remove it and fetch it again"
        )
    return path


def _more(url: str, file: BinaryIO, size: int, bar: tqdm) -> str | None:
    """Append what is missing up to `size`; what went wrong and may go right the next time, if anything did."""
    start = file.tell()
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            if start and not _goes_on(answer, start):  # the server sends it from its beginning
                file.truncate(0)
                file.seek(0)
                bar.reset()
            while file.tell() < size and (chunk := answer.read(min(CHUNK, size - file.tell()))):
                file.write(chunk)
                bar.update(len(chunk))
    except urllib.error.HTTPError as error:
        if error.code == 416:  # the server's file ends before what is here
            raise UserError(f"{url}: not the file that was published; fetch it elsewhere and name the file") from None
        if error.code < 500 and error.code not in (408, 429):
            raise UserError(f"{url}: {error.code} {error.reason}; fetch it elsewhere and name the file") from None
        return f"{error.code} {error.reason}"
    except urllib.error.URLError as error:
        return str(error.reason)
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    return None if file.tell() >= size else "the connection broke off"


def _goes_on(answer: http.client.HTTPResponse, start: int) -> bool:
    """Whether the server's answer begins at byte `start`."""
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return answer.status == 206 and found is not None and int(found[1]) == start
