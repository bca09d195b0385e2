import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.crawler.fetch.robots import ALLOW_ALL, Rule, Rules, parse


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        pytest.param("", "/a", True, id="empty"),
        pytest.param("<html>not found</html>", "/a", True, id="an HTML page"),
        pytest.param("Disallow: /", "/a", True, id="rules outside a group"),
        pytest.param("User-agent: *\nDisallow: /", "/a", False, id="everything disallowed"),
        pytest.param("User-agent: *\nDisallow:", "/a", True, id="an empty rule disallows nothing"),
        pytest.param("User-agent: *\nDisallow: /a", "/ab", False, id="rules are prefixes"),
        pytest.param("User-agent: *\nDisallow: /a", "/b", True, id="another path"),
        pytest.param("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True, id="the longest rule decides"),
        pytest.param("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True, id="of equally long rules the Allow wins"),
        pytest.param(
            "User-agent: BrandLens\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", False, id="disallowed by name"
        ),
        pytest.param("User-agent: brandlens\nAllow: /\n\nUser-agent: *\nDisallow: /", "/a", True, id="allowed by name"),
        pytest.param("User-agent: lens\nDisallow: /", "/a", True, id="a name that is part of ours"),
        pytest.param("User-agent: x\nUser-agent: brandlens\nDisallow: /", "/a", False, id="several names"),
        pytest.param("User-agent: x\n\nUser-agent: brandlens\n\nDisallow: /", "/a", False, id="blank lines in between"),
        pytest.param("user-agent: * # all\nDISALLOW : /a # here", "/a", False, id="comments and case"),
        pytest.param("\ufeffUser-agent: *\r\nDisallow: /a\r\n", "/a", False, id="byte order mark and CRLF"),
        pytest.param("User-agent: *\nCrawl-delay: 5\nSitemap: /s\nDisallow: /a", "/a", False, id="other lines"),
        pytest.param("User-agent: *\nDisallow: /*.gif$", "/x/a.gif", False, id="star and end"),
        pytest.param("User-agent: *\nDisallow: /*.gif$", "/x/a.gif?b", True, id="not at the end"),
        pytest.param("User-agent: *\nDisallow: /a$", "/a", False, id="end without a star"),
        pytest.param("User-agent: *\nDisallow: /*?", "/a?b", False, id="queries"),
        pytest.param("User-agent: *\nDisallow: /caf%C3%A9", "/café", False, id="rule percent-encoded"),
        pytest.param("User-agent: *\nDisallow: /café", "/caf%c3%a9", False, id="path percent-encoded"),
        pytest.param("User-agent: *\nDisallow: /a%2Fb", "/a/b", True, id="an encoded slash is another character"),
    ],
)
def test_rules(text, path, allowed):
    assert parse(text, "brandlens").can_fetch(path) == allowed


def test_no_rules_allow_everything():
    assert ALLOW_ALL.can_fetch("/")


@given(st.text("/ab*", min_size=1, max_size=8), st.booleans(), st.text("/ab", max_size=10))
def test_rules_match_like_regular_expressions(rule, to_end, path):
    pattern = ".*".join(map(re.escape, rule.split("*"))) + ("$" if to_end else "")
    matches = re.match(pattern, path) is not None
    assert Rules((Rule(rule + "$" * to_end, False),)).can_fetch(path) == (not matches)


def test_hostile_rules_take_no_longer():
    start = time.perf_counter()
    rules = parse("User-agent: *\n" + f"Disallow: {'*a' * 1000}b$\n" * 100, "brandlens")
    assert rules.can_fetch("/" + "a" * 3000)
    assert time.perf_counter() - start < 2


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_any_text_is_parsed(text):
    parse(text, "brandlens").can_fetch("/" + text)
