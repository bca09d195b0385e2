import asyncio
import contextlib
import dataclasses
import datetime
import hashlib
import ipaddress
import socket
import ssl
import time

import httpx
import pytest

from brandlens.crawler.fetch import fetcher, tls
from brandlens.crawler.fetch.fetcher import Fetcher, Limits, make_user_agent, parse_url
from brandlens.crawler.fetch.reasons import REASONS, FetchError
from brandlens.errors import UserError

USER_AGENT = make_user_agent("me@example.org")


@pytest.fixture
def fetch(tmp_path, web, quick, loopback):
    """Return a function that fetches addresses at the same time and returns their contents, or FetchErrors."""

    def fetch_all(*urls, limits=quick, allowed=loopback):
        async def fetch_one(fetcher, number, url):
            path = tmp_path / str(number)
            try:
                download = await fetcher.fetch(url, path)
            except FetchError as error:
                return error
            content = path.read_bytes()
            assert (download.sha256, download.num_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
            return content

        async def go():
            async with Fetcher(USER_AGENT, limits, allowed) as fetcher:
                return await asyncio.gather(
                    *(fetch_one(fetcher, number, web.url_of(url)) for number, url in enumerate(urls))
                )

        return asyncio.run(go())

    return fetch_all


def test_no_addresses(fetch):
    assert fetch() == []


def test_good_pictures(fetch, web, fake_web):
    contents = fetch(*(f"/pictures/{kind}/7.jpg" for kind in fake_web.GOOD_KINDS))
    assert contents == [fake_web.picture(7)] * len(fake_web.GOOD_KINDS)
    assert web.user_agents == {USER_AGENT}
    assert "me@example.org" in USER_AGENT
    assert web.request_counts["/robots.txt"] == 1


def test_faults(fetch, fake_web):
    kinds = {kind: reason for kind, reason in fake_web.FAULTS.items() if kind not in {"cut", "page", "dot", "huge"}}
    errors = fetch(*(f"/pictures/{kind}/4.jpg" for kind in kinds))
    assert dict(zip(kinds, [error.reason for error in errors], strict=True)) == kinds
    assert set(fake_web.FAULTS.values()) <= REASONS.keys()


@pytest.mark.parametrize(
    ("kind", "num_requests"),
    [
        pytest.param("good", 1, id="good"),
        pytest.param("flaky", 2, id="fails once"),
        pytest.param("soon", 2, id="busy once"),
        pytest.param("broken", 3, id="fails always"),
        pytest.param("short", 3, id="breaks off always"),
        pytest.param("missing", 1, id="gone: no retry"),
        pytest.param("drip", 1, id="slow: no retry"),
        pytest.param("secret", 0, id="disallowed by robots.txt"),
    ],
)
def test_number_of_tries(fetch, web, kind, num_requests):
    fetch(f"/pictures/{kind}/1.jpg")
    assert web.request_counts[f"/pictures/{kind}/1.jpg"] == num_requests


def test_a_server_that_asks_to_wait_for_long_is_not_requested_again(fetch, web):
    (first,) = fetch("/pictures/later/1.jpg")
    assert (first.reason, first.retry_after) == ("busy", 4000)
    assert web.request_counts["/pictures/later/1.jpg"] == 1


def test_nor_for_other_pictures(tmp_path, web, quick, loopback):
    async def go():
        async with Fetcher(USER_AGENT, quick, loopback) as fetcher:
            for number in range(3):
                with pytest.raises(FetchError, match="busy"):
                    await fetcher.fetch(web.url_of(f"/pictures/later/{number}.jpg"), tmp_path / "a")
            await fetcher.fetch(web.url_of("/pictures/good/1.jpg"), tmp_path / "a")  # another host, by its name

    asyncio.run(go())
    assert sum(count for path, count in web.request_counts.items() if "/later/" in path) == 1


def test_a_short_wait_is_obeyed(fetch, web, quick):
    start = time.perf_counter()
    (outcome,) = fetch("/pictures/shortly/1.jpg", limits=dataclasses.replace(quick, total_timeout=5.0))
    assert isinstance(outcome, bytes)
    assert time.perf_counter() - start >= 1
    assert web.request_counts["/pictures/shortly/1.jpg"] == 2


def test_a_slow_stream_times_out(fetch, quick):
    start = time.perf_counter()
    (error,) = fetch("/pictures/drip/1.jpg")
    assert error.reason == "timeout"
    assert quick.total_timeout <= time.perf_counter() - start < quick.total_timeout + 5


def test_limits_of_concurrent_requests(fetch, web, quick):
    urls = [f"/pictures/slow/{number}.jpg" for number in range(6)]
    fetch(*urls, limits=dataclasses.replace(quick, max_connections_per_host=3))
    assert 1 < web.max_active <= 3
    web.max_active = 0
    others = (web.url_of(url).replace("127.0.0.1", "localhost") for url in urls[:3])
    fetch(
        *urls,
        *others,
        limits=dataclasses.replace(quick, max_connections=2),
    )
    assert 1 < web.max_active <= 2


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        pytest.param(None, True, id="no robots.txt"),
        pytest.param("", True, id="empty"),
        pytest.param("User-agent: brandlens\nDisallow: /", False, id="disallowed by name"),
        pytest.param("User-agent: *\nDisallow: /pictures/good/1", False, id="this path"),
        pytest.param("User-agent: *\nDisallow: /pictures/good/2", True, id="another path"),
        pytest.param("User-agent: *\nDisallow: /*?moved", True, id="another query"),
        pytest.param("# long\n" * 100_000 + "User-agent: *\nDisallow: /", True, id="what comes after half a megabyte"),
    ],
)
def test_robots(fetch, web, robots, allowed):
    web.robots = robots
    (outcome,) = fetch("/pictures/good/1.jpg")
    assert isinstance(outcome, bytes) == allowed


def test_robots_apply_to_the_target_of_a_redirect(fetch, web):
    web.robots = "User-agent: *\nDisallow: /*?moved"
    (outcome,) = fetch("/pictures/moved/1.jpg")
    assert outcome.reason == "robots"


@pytest.mark.parametrize(
    "url",
    ["", "picture.jpg", "ftp://a/b", "file:///etc/passwd", "http://", "http://[::1", "https://a:99999/", "data:,",
     "javascript:alert(1)", "http://" + "a" * 5000, "http://\ud800/"],
)  # fmt: skip
def test_invalid_addresses(fetch, web, tmp_path, quick, url):
    async def go():
        async with Fetcher(USER_AGENT, quick) as fetcher:
            await fetcher.fetch(url, tmp_path / "a")

    with pytest.raises(FetchError) as caught:
        asyncio.run(go())
    assert caught.value.reason == "url"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0x7f000001", "0.0.0.0"])
def test_private_addresses_are_refused_in_all_spellings(fetch, web, host):
    (outcome,) = fetch(f"http://{host}:{web.server_port}/pictures/good/1.jpg", allowed=())
    assert outcome.reason == "address"
    assert not web.request_counts


def test_credentials_and_fragments_are_dropped_from_addresses():
    assert str(parse_url("https://me:secret@a.example/b#c")) == "https://a.example/b"
    assert str(parse_url("../c", httpx.URL("https://a.example/b/d"))) == "https://a.example/c"


def test_a_server_that_is_down(fetch, loopback):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (outcome,) = fetch(f"http://127.0.0.1:{port}/a.jpg")
    assert outcome.reason == "connection"


def test_the_tries_at_a_server_that_is_down_are_made_once(tmp_path, quick, loopback):
    """The pictures on it do not each wait for three tries."""

    async def go():
        async with Fetcher(USER_AGENT, dataclasses.replace(quick, initial_backoff=0.3), loopback) as fetcher:
            for number in range(12):
                with pytest.raises(FetchError, match="connection"):
                    await fetcher.fetch(f"http://127.0.0.1:9/{number}.jpg", tmp_path / "a")

    start = time.perf_counter()
    asyncio.run(go())
    assert time.perf_counter() - start < 4  # twelve times three tries would take at least 5 seconds


def test_a_bug_in_a_parser_is_a_fetch_error(fetch, web, monkeypatch):
    def raise_error(*_, **__):
        raise RuntimeError("cannot be")

    monkeypatch.setattr(fetcher.httpx, "Headers", raise_error)
    (outcome,) = fetch("/pictures/good/1.jpg")
    assert (outcome.reason, outcome.detail) == ("connection", "RuntimeError: cannot be")


@pytest.mark.parametrize("length", ["1" * 5000, "-1", "1e9", "5, 6", "\u0663"])
def test_invalid_lengths(fetch, fake_web, monkeypatch, length):
    def answer(self, kind, number):
        self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())
        self.close_connection = True

    monkeypatch.setattr(fake_web.Handler, "_good", answer)
    (outcome,) = fetch("/pictures/good/1.jpg")
    assert outcome.reason in {"connection", "large"}


@pytest.mark.parametrize("contact", ["a\r\nHost: b", "ü@example.org"])
def test_a_contact_must_fit_into_a_header(contact):
    with pytest.raises(UserError, match="--contact"):
        make_user_agent(contact)


def test_limits_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Limits().host = 99


# HTTP/2 over TLS


def make_certificate(folder):
    """Write a self-signed certificate for pictures.test; return the files of it and of its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pictures.test")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("pictures.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    key_bytes = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key_bytes)
    (folder / "certificate.pem").write_bytes(built.public_bytes(encoding))
    return folder / "certificate.pem", folder / "key.pem"


class Http2Server(asyncio.Protocol):
    """Answers every HTTP/2 request with its host and path."""

    def connection_made(self, transport):
        from h2.config import H2Configuration
        from h2.connection import H2Connection

        self.transport = transport
        self.connection = H2Connection(H2Configuration(client_side=False))
        self.connection.initiate_connection()
        transport.write(self.connection.data_to_send())

    def data_received(self, data):
        from h2.events import RequestReceived

        for event in self.connection.receive_data(data):
            if isinstance(event, RequestReceived):
                headers = dict(event.headers)
                path = headers[b":path"]
                self.connection.send_headers(event.stream_id, [(":status", "404" if b"robots" in path else "200")])
                self.connection.send_data(event.stream_id, headers[b":authority"] + path, end_stream=True)
        self.transport.write(self.connection.data_to_send())


def test_http_2_over_tls_to_the_address_that_was_checked(tmp_path, monkeypatch, quick, loopback):
    certificate_file, key_file = make_certificate(tmp_path)
    monkeypatch.setattr(tls, "context", lambda: ssl.create_default_context(cafile=certificate_file))
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, *_, **__: [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]
    )

    async def go():
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate_file, key_file)
        context.set_alpn_protocols(["h2"])  # nothing older
        server = await asyncio.get_running_loop().create_server(Http2Server, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        hosts = []
        async with server, Fetcher(USER_AGENT, quick, loopback) as fetcher:
            for host in ("pictures.test", "another.test"):
                with contextlib.suppress(FetchError):
                    await fetcher.fetch(f"https://{host}:{port}/a.jpg", tmp_path / "a")
                    hosts.append((tmp_path / "a").read_text().partition(":")[0])
        return hosts

    assert ipaddress.ip_address("127.0.0.1") in loopback[0]
    assert asyncio.run(go()) == ["pictures.test"]  # the other's certificate is not its own
