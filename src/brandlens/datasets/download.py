"""A file from the network: resumed where the connection broke, kept only if its checksum is right."""

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
from brandlens.io import file_digest

CHUNK = 1 << 18  # bytes read at a time
MAX_TRIES = 5  # in a row, that a connection may break without a byte
TIMEOUT = 60  # seconds of silence that count as a broken connection


def download(url: str, path: Path, *, size: int, sha256: str, delay: float = 2.0) -> Path:
    """Download `url` to the file `path`, unless it is there; return `path`.

    size: bytes. delay: seconds before the second try, doubled from try to try. What has arrived stays beside it as
    .part, and the next call resumes from there. Progress is shown on stderr.
    Raises UserError when the server cannot be reached, refuses, or sends a file of another size or checksum.
    """
    if path.exists():
        return verify(path, size, sha256)
    partial = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            partial.open("ab") as file,
            tqdm(total=size, initial=file.tell(), desc=path.name, unit="B", unit_scale=True, file=sys.stderr) as bar,
        ):
            tries = 0
            while file.tell() < size:
                before = file.tell()
                failure = _append(url, file, size, bar)
                tries = tries + 1 if file.tell() <= before else 0
                if failure and tries >= MAX_TRIES:
                    raise UserError(f"{url}: {failure}; rerun to resume, or download it yourself and name the file")
                if failure:
                    time.sleep(delay * 2 ** max(0, tries - 1))
        try:
            verify(partial, size, sha256).replace(path)
        except UserError:
            partial.unlink()  # resuming would not repair it
            raise
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None
    return path


def verify(path: Path, size: int, sha256: str) -> Path:
    """Return the path, if its file has this size in bytes and this checksum; raise UserError if not."""
    digest, actual_size = file_digest(path), path.stat().st_size
    if (actual_size, digest) != (size, sha256):
        raise UserError(
            f"{path}: {actual_size:,} bytes with SHA-256 {digest[:12]}…, not the {size:,} bytes with {sha256[:12]}… "
            "that were published; remove it and download it again"
        )
    return path


def _append(url: str, file: BinaryIO, size: int, bar: tqdm) -> str | None:
    """Append what is missing up to `size`; return why it broke off where another try may help, or None.

    Raises UserError where no other try would help.
    """
    start = file.tell()
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            if start and not _resumes_at(response, start):  # the server sends it from its beginning
                file.truncate(0)
                file.seek(0)
                bar.reset()
            while file.tell() < size and (chunk := response.read(min(CHUNK, size - file.tell()))):
                file.write(chunk)
                bar.update(len(chunk))
    except urllib.error.HTTPError as error:
        if error.code == 416:  # the server's file ends before what is here
            raise UserError(
                f"{url}: not the file that was published; download it elsewhere and name the file"
            ) from None
        if error.code < 500 and error.code not in (408, 429):
            raise UserError(f"{url}: {error.code} {error.reason}; download it elsewhere and name the file") from None
        return f"{error.code} {error.reason}"
    except urllib.error.URLError as error:
        return str(error.reason)
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    return None if file.tell() >= size else "the connection broke off"


def _resumes_at(response: http.client.HTTPResponse, start: int) -> bool:
    """Return whether the server's response begins at byte `start`."""
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return response.status == 206 and match is not None and int(match[1]) == start
