"""Why a picture was not taken: a reason to count by, and a detail to read."""

REASONS = {
    "address": "leads to a private, loopback or link-local address",
    "busy": "the server asks to wait for too long",
    "connection": "the server cannot be reached, or breaks off",
    "damaged": "cut short, or does not decode",
    "forbidden": "the server does not give it to everyone",
    "large": "more bytes than allowed",
    "missing": "the server no longer has it",
    "no-picture": "not a picture, whatever its name says",
    "pixels": "more pixels than allowed",
    "redirects": "redirected in a circle, or too often",
    "robots": "robots.txt asks not to fetch it",
    "server": "the server fails",
    "small": "too few pixels to show anything",
    "status": "an unexpected HTTP status",
    "timeout": "took too long",
    "url": "not an address of the web",
}
TRANSIENT = frozenset({"busy", "connection", "server"})  # another try a little later may succeed


class FetchError(Exception):
    """A picture that is not taken.

    reason: a key of REASONS. detail: what happened, for people. retry_after: seconds that the server asks to wait, if
    it does. final: it has been tried again already. transient: whether another try may succeed.
    """

    def __init__(self, reason: str, detail: str, retry_after: float | None = None, *, final: bool = False) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.retry_after = reason, detail, retry_after
        self.transient = reason in TRANSIENT and not final
