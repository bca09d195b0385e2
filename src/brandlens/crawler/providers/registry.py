"""The providers by their names on the command line."""

from collections.abc import Callable

from brandlens.crawler.providers.candidates import Provider
from brandlens.crawler.providers.commons import Commons
from brandlens.crawler.providers.folder import Folder
from brandlens.crawler.providers.openverse import Openverse
from brandlens.crawler.providers.urls import Urls
from brandlens.crawler.providers.web import Web

LOCAL = "folder"  # the only provider whose candidates may be files of this machine

PROVIDERS: dict[str, Callable[[str, str | None], Provider]] = {  # each made with the User-Agent and the contact
    "openverse": lambda user_agent, contact: Openverse.from_environment(user_agent),
    "commons": Commons,
    "web": lambda user_agent, contact: Web(),
    "urls": lambda user_agent, contact: Urls(),
    LOCAL: lambda user_agent, contact: Folder(),
}
