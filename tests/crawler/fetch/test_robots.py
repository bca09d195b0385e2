import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandlens.crawler.fetch.robots import EVERYTHING, Rule, Rules, parse


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        pytest.param("", "/a", True, id="empty"),
        pytest.param("<html>not found</html>", "/a", True, id="a page"),
        pytest.param("Disallow: /", "/a", True, id="rules for nobody"),
        pytest.param("User-agent: *\nDisallow: /", "/a", False, id="nothing for anyone"),
        pytest.param("User-agent: *\nDisallow:", "/a", True, id="an empty rule forbids nothing"),
        pytest.param("User-agent: *\nDisallow: /a", "/ab", False, id="rules are beginnings"),
        pytest.param("User-agent: *\nDisallow: /a", "/b", True, id="another path"),
        pytest.param("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True, id="the longest decides"),
        pytest.param("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True, id="of equals the kinder"),
        pytest.param("User-agent: BrandLens\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", False, id="us by name"),
        pytest.param("User-agent: brandlens\nAllow: /\n\nUser-agent: *\nDisallow: /", "/a", True, id="us, kindly"),
        pytest.param("User-agent: lens\nDisallow: /", "/a", True, id="another, whose name is in ours"),
        pytest.param("User-agent: x\nUser-agent: brandlens\nDisallow: /", "/a", False, id="several names"),
        pytest.param("User-agent: x\n\nUser-agent: brandlens\n\nDisallow: /", "/a", False, id="blank lines in between"),
        pytest.param("user-agent: * # all\nDISALLOW : /a # here", "/a", False, id="comments and case"),
        pytest.param("\ufeffUser-agent: *\r\nDisallow: /a\r\n", "/a", False, id="a mark and CRLF"),
        pytest.param("User-agent: *\nCrawl-delay: 5\nSitemap: /s\nDisallow: /a", "/a", False, id="other lines"),
        pytest.param("User-agent: *\nDisallow: /*.gif$", "/x/a.gif", False, id="star and end"),
        pytest.param("User-agent: *\nDisallow: /*.gif$", "/x/a.gif?b", True, id="not at the end"),
        pytest.param("User-agent: *\nDisallow: /a$", "/a", False, id="end without a star"),
        pytest.param("User-agent: *\nDisallow: /*?", "/a?b", False, id="queries"),
        pytest.param("User-agent: *\nDisallow: /caf%C3%A9", "/café", False, id="one spelling, percent"),
        pytest.param("User-agent: *\nDisallow: /café", "/caf%c3%a9", False, id="one spelling, plain"),
        pytest.param("User-agent: *\nDisallow: /a%2Fb", "/a/b", True, id="a quoted slash is none"),
    ],
)
def test_rules(text, path, allowed):
    assert parse(text, "brandlens").allow(path) == allowed


def test_everything_is_allowed_where_there_are_no_rules():
    assert EVERYTHING.allow("/")


@given(st.text("/ab*", min_size=1, max_size=8), st.booleans(), st.text("/ab", max_size=10))
def test_rules_fit_as_their_regular_expressions_do(rule, ends, path):
    pattern = ".*".join(map(re.escape, rule.split("*"))) + ("$" if ends else "")
    fits = re.match(pattern, path) is not None
    assert Rules((Rule(rule + "$" * ends, False),)).allow(path) == (not fits)


def test_hostile_rules_cost_no_more():
    start = time.perf_counter()
    rules = parse("User-agent: *\n" + f"Disallow: {'*a' * 1000}b$\n" * 100, "brandlens")
    assert rules.allow("/" + "a" * 3000)
    assert time.perf_counter() - start < 2


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_no_text_breaks_it(text):
    parse(text, "brandlens").allow("/" + text)
