"""What gensim reads for us: its own files, without running what a pickle says, fastText's .bin, and its downloader."""

import io
import pickle
import re
import struct
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from brandlens.errors import UserError

FASTTEXT_MAGIC = struct.pack("<i", 793712314)  # fastText's own, src/fasttext.cc
FASTTEXT_HEADER = struct.Struct(
    "<2i12id3i"
)  # magic, version; args.cc: dim is the first, bucket the ninth; dictionary.cc
SAFE = {  # what a file of gensim's may name: classes that hold vectors, and arrays
    "gensim.models.keyedvectors": {"KeyedVectors", "Word2VecKeyedVectors", "EuclideanKeyedVectors", "Vocab"},
    "gensim.models.fasttext": {"FastText", "FastTextKeyedVectors"},
    "gensim.models.word2vec": {"Word2Vec", "Word2VecVocab", "Word2VecTrainables"},
    "gensim.utils": {"call_on_class_only"},
    "numpy": {"ndarray", "dtype"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy.random._pickle": {"__randomstate_ctor", "__bit_generator_ctor"},
    "numpy.random._mt19937": {"MT19937"},
    "collections": {"defaultdict", "OrderedDict"},
    "builtins": {"int", "hash"},
}
NAME = re.compile(r"[A-Za-z0-9_-]+")  # of the downloader's: no dot, no slash


class _Unpickler(pickle.Unpickler):
    """Reads a file of gensim's and nothing else: a pickle may name any function to call."""

    def find_class(self, module: str, name: str) -> Any:
        if name not in SAFE.get(module, ()):
            raise pickle.UnpicklingError(f"it names {module}.{name}, which word vectors have no use for")
        return super().find_class(module, name)


def is_gensim(start: bytes) -> bool:
    """Return whether a file that begins so is a pickle, as gensim saves."""
    return start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


def is_fasttext(start: bytes) -> bool:
    """Return whether a file that begins so is a .bin of fastText."""
    return start.startswith(FASTTEXT_MAGIC)


def read(path: Path, start: bytes, wanted: Collection[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield all words of a file and their (size,) float32 vectors, in its order; then wanted words that fastText makes.

    start: how the file begins, decompressed. Raises UserError for what gensim cannot read.
    """
    vectors = _fasttext(path, start) if is_fasttext(start) else _keyed_vectors(path)
    for index, word in enumerate(vectors.index_to_key):
        yield word, vectors.vectors[index]
    if hasattr(vectors, "vectors_ngrams"):
        for word in wanted:
            if word not in vectors.key_to_index and word in vectors:
                yield word, vectors[word]


def _keyed_vectors(path: Path) -> Any:
    """Read gensim's KeyedVectors, or those of a model, the arrays beside it memory-mapped."""
    from gensim import utils  # noqa: PLC0415, only these files need it

    try:
        compressed, subname = utils.SaveLoad._adapt_by_suffix(str(path))
        with utils.open(str(path), "rb") as stream:
            model = _Unpickler(io.BytesIO(stream.read()), encoding="latin1").load()
        model._load_specials(str(path), None if compressed else "r", compressed, subname)
        vectors = getattr(model, "wv", model)
        if len(vectors.index_to_key) != len(vectors.vectors):
            raise ValueError(f"{len(vectors.vectors):,} vectors for {len(vectors.index_to_key):,} words")
    except FileNotFoundError as error:
        raise UserError(f"{error.filename}: missing beside {path.name}; gensim's save writes several files") from None
    except (pickle.UnpicklingError, AttributeError, ValueError, TypeError, EOFError, LookupError) as error:
        raise UserError(
            f"{path}: not gensim's KeyedVectors ({' '.join(str(error).split())}); save them again"
        ) from None
    return vectors


def _fasttext(path: Path, start: bytes) -> Any:
    """Read a .bin of fastText."""
    from gensim.models.fasttext import load_facebook_vectors  # noqa: PLC0415, as above

    try:
        header = FASTTEXT_HEADER.unpack_from(start)
    except struct.error:
        raise UserError(f"{path}: cut short; download it again") from None
    size, bucket, num_words, num_labels = header[2], header[10], header[16], header[17]
    if num_labels:
        raise UserError(f"{path}: a supervised model of fastText, a classifier; name one of word vectors")
    is_plain = path.open("rb").read(4) == FASTTEXT_MAGIC
    if is_plain and path.stat().st_size < 4 * size * (num_words + bucket):  # gensim would wait for the rest for ever
        raise UserError(f"{path}: cut short, or quantized (.ftz); download the .bin again")
    try:
        return load_facebook_vectors(str(path))
    except (struct.error, AssertionError, MemoryError, ValueError, NotImplementedError, OverflowError) as error:
        raise UserError(f"{path}: not a .bin of fastText's word vectors ({error}); download it again") from None


def find(name: str) -> tuple[Path, str]:
    """Return the file of a path, or of a name of gensim's downloader, which fetches it; and its license, if known.

    Raises UserError for an address, a name that is unknown, or a network that does not answer; not for a file that is
    missing: whoever reads it tells that.
    """
    if "://" in name:
        raise UserError(f"sentiment.embed.vectors: {name} is an address; download the file and name it")
    path = Path(name)
    if path.exists() or not NAME.fullmatch(name):
        return path, "unknown"
    from gensim import downloader  # noqa: PLC0415, as above

    try:
        license_ = str(downloader.info(name).get("license", "unknown"))
        return Path(downloader.load(name, return_path=True)), license_
    except ValueError:
        raise UserError(
            f"sentiment.embed.vectors: {name} is neither a file nor a name of gensim's downloader; "
            "its names: python -m gensim.downloader --info name"
        ) from None
    except Exception as error:  # whatever urllib raises, and plain Exceptions of gensim's own
        raise UserError(
            f"sentiment.embed.vectors: there is no file {name}, and gensim's downloader fails ({error}); download the "
            "vectors yourself and name their file"
        ) from None
