from brandlens.cli.logo import collect
from brandlens.crawler.providers.registry import LOCAL, PROVIDERS


def test_the_command_line_names_all_providers():
    assert list(PROVIDERS) == list(collect.PROVIDERS)
    assert LOCAL in PROVIDERS
    for name in set(PROVIDERS) - {"web"}:
        assert hasattr(PROVIDERS[name]("a test", "me@example.org"), "pages")
