"""robots.txt, as RFC 9309 defines it: which paths of a server a crawler may fetch."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

MAX_BYTES = 500 * 1024  # the RFC wants that much to be read, and what comes after may be ignored


@dataclass(frozen=True)
class Rule:
    """A line of a robots.txt. path: may hold * for anything and end in $ for the end."""

    path: str
    allow: bool


@dataclass(frozen=True)
class Rules:
    """The rules of a robots.txt for one crawler."""

    rules: tuple[Rule, ...] = ()

    def can_fetch(self, path: str) -> bool:
        """Return whether a path (with its query) may be fetched: the longest rule that matches decides.

        Of an Allow and a Disallow of the same length, the Allow wins.
        """
        path = _normalize(path)
        matching = [rule for rule in self.rules if _matches(rule.path, path)]
        return max(((len(rule.path), rule.allow) for rule in matching), default=(0, True))[1]


ALLOW_ALL = Rules()


def parse(text: str, crawler: str) -> Rules:
    """Return the rules for a crawler by its name; those for * where no group names it."""
    groups: dict[str, list[Rule]] = {}
    names: list[str] = []
    in_header = False  # whether the next user-agent line joins those before it
    for line in text.lstrip("\ufeff").splitlines():
        key, _, value = (field.strip() for field in line.partition("#")[0].partition(":"))
        key = key.lower()
        if key == "user-agent":
            names = [*names, value.lower()] if in_header else [value.lower()]
            in_header = True
            groups.setdefault(names[-1], [])
        elif key in ("allow", "disallow"):
            in_header = False
            if value:
                rule = Rule(_normalize(value), key == "allow")
                for name in names:
                    groups[name].append(rule)
    return Rules(tuple(groups.get(crawler.lower(), groups.get("*", []))))


def _normalize(path: str) -> str:
    """Spell a path in one way: "%7Ea" and "~a" are the same; "/" and "%2F", "*" and "%2A", "$" and "%24" are not."""
    kept = re.sub("%(2f|2a|24)", lambda match: "%25" + match[1].upper(), path, flags=re.IGNORECASE)
    return quote(unquote(kept), safe="/*$?=&;:@!'(),+~%")


def _matches(pattern: str, path: str) -> bool:
    """Return whether a rule's pattern matches the beginning of a path.

    In one pass over the path: a hostile pattern of many stars costs no more.
    """
    to_end = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    position = len(first)
    last = others.pop() if to_end and others else ""
    for literal in others:
        position = path.find(literal, position)
        if position < 0:
            return False
        position += len(literal)
    if not to_end:
        return True
    if "*" in pattern:
        return len(path) - len(last) >= position and path.endswith(last)
    return position == len(path)
