"""Small changes of files, as hypothesis draws them: what a bad disk, a cut copy or an odd program does to bytes."""

from collections.abc import Sequence

from hypothesis import strategies as st

TOKENS = (
    *(bytes([sign]) for sign in b"\0\xff\r\n\t\"'\\,;|:<>&{}[]0"), b"\r\n", b"\xef\xbb\xbf", b"\xff\xfe",
    b"&amp;", b"<!--", b"]]>", b"- ", b"*a", b"&a ", b"!!python/object", b"=cmd", b"../", b"%2e%2e", b"null", b"true",
    b"NaN", b"Infinity", b"-1", b"0.0", b"1.5", b"1e400", b"99999999999999999999", b"\xc3\xa9", b"e\xcc\x81", b"\xe9",
    b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"a" * 70,
)  # fmt: skip
MAX_EDITS = 4


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Return one of the seeds with up to MAX_EDITS changes: bits flipped, bytes cut, put in, doubled or moved."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, MAX_EDITS))):
        start = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(("flip", "insert", "replace", "delete", "repeat", "cut"))):
            case "flip" if start < len(data):
                data[start] ^= 1 << draw(st.integers(0, 7))
            case "insert":
                data[start:start] = draw(st.sampled_from(TOKENS))
            case "replace":
                token = draw(st.sampled_from(TOKENS))
                data[start : start + max(len(token), 1)] = token
            case "delete":
                del data[start : start + draw(st.integers(1, 40))]
            case "repeat":
                data[start:start] = data[start : start + draw(st.integers(1, 80))]
            case "cut":
                del data[start:]
    return bytes(data)
