"""Why a picture was not taken: a few words to count by, and a detail to read."""

REASONS = {
    "address": "leads to a private, loopback or link-local address",
    "busy": "the server asked to be left alone for longer than is waited",
    "connection": "the server cannot be reached, or breaks off",
    "damaged": "cut short, or does not decode",
    "forbidden": "the server does not give it to everyone",
    "large": "more bytes than are taken",
    "missing": "the server no longer has it",
    "no-picture": "not a picture, whatever its name says",
    "pixels": "more pixels than are decoded",
    "redirects": "sent in a circle, or on and on",
    "robots": "robots.txt asks not to fetch it",
    "server": "the server fails",
    "small": "too few pixels to show anything",
    "status": "an answer that is neither a picture nor a known refusal",
    "timeout": "took too long",
    "url": "not an address of the web",
}
TRANSIENT = frozenset({"busy", "connection", "server"})  # asking again a little later may help


class FetchError(Exception):
    """reason: a key of REASONS. detail: what happened, for people. wait: seconds that the server asked for, if any.

    final: asking again has been tried.
    """

    def __init__(self, reason: str, detail: str, wait: float | None = None, *, final: bool = False) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.wait = reason, detail, wait
        self.passing = reason in TRANSIENT and not final
