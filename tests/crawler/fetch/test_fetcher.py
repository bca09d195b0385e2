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
from brandlens.crawler.fetch.fetcher import Fetcher, Limits, agent, parsed
from brandlens.crawler.fetch.reasons import REASONS, FetchError
from brandlens.errors import UserError

AGENT = agent("me@example.org")


@pytest.fixture
def fetch(tmp_path, web, quick, loopback):
    """Fetches addresses side by side: the contents, or the refusals."""

    def fetched(*urls, limits=quick, allowed=loopback):
        async def one(fetcher, number, url):
            path = tmp_path / str(number)
            try:
                body = await fetcher.fetch(url, path)
            except FetchError as refusal:
                return refusal
            content = path.read_bytes()
            assert (body.sha256, body.size) == (hashlib.sha256(content).hexdigest(), len(content))
            return content

        async def all_of_them():
            async with Fetcher(AGENT, limits, allowed) as fetcher:
                return await asyncio.gather(*(one(fetcher, number, web.whole(url)) for number, url in enumerate(urls)))

        return asyncio.run(all_of_them())

    return fetched


def test_nothing(fetch):
    assert fetch() == []


def test_good_pictures(fetch, web, faulty):
    found = fetch(*(f"/pictures/{kind}/7.jpg" for kind in faulty.GOOD))
    assert found == [faulty.picture(7)] * len(faulty.GOOD)
    assert web.agents == {AGENT}
    assert "me@example.org" in AGENT
    assert web.asked["/robots.txt"] == 1


def test_faults(fetch, faulty):
    kinds = {kind: reason for kind, reason in faulty.FAULTS.items() if kind not in {"cut", "page", "dot", "huge"}}
    refusals = fetch(*(f"/pictures/{kind}/4.jpg" for kind in kinds))
    assert dict(zip(kinds, [refusal.reason for refusal in refusals], strict=True)) == kinds
    assert set(faulty.FAULTS.values()) <= REASONS.keys()


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        pytest.param("good", 1, id="good"),
        pytest.param("flaky", 2, id="fails once"),
        pytest.param("soon", 2, id="busy once"),
        pytest.param("broken", 3, id="fails always"),
        pytest.param("short", 3, id="breaks off always"),
        pytest.param("missing", 1, id="gone: asking again is no use"),
        pytest.param("drip", 1, id="slow: asking again takes as long"),
        pytest.param("secret", 0, id="off limits"),
    ],
)
def test_how_often_a_server_is_asked(fetch, web, kind, times):
    fetch(f"/pictures/{kind}/1.jpg")
    assert web.asked[f"/pictures/{kind}/1.jpg"] == times


def test_a_server_that_wants_to_be_left_alone_is(fetch, web):
    (first,) = fetch("/pictures/later/1.jpg")
    assert (first.reason, first.wait) == ("busy", 4000)
    assert web.asked["/pictures/later/1.jpg"] == 1


def test_other_pictures_of_it_are_not_asked_for_either(tmp_path, web, quick, loopback):
    async def go():
        async with Fetcher(AGENT, quick, loopback) as fetcher:
            for number in range(3):
                with pytest.raises(FetchError, match="busy"):
                    await fetcher.fetch(web.whole(f"/pictures/later/{number}.jpg"), tmp_path / "a")
            await fetcher.fetch(web.whole("/pictures/good/1.jpg"), tmp_path / "a")  # another host, by its name

    asyncio.run(go())
    assert sum(count for path, count in web.asked.items() if "/later/" in path) == 1


def test_a_short_wait_is_kept(fetch, web, quick):
    start = time.perf_counter()
    (found,) = fetch("/pictures/shortly/1.jpg", limits=dataclasses.replace(quick, whole=5.0))
    assert isinstance(found, bytes)
    assert time.perf_counter() - start >= 1
    assert web.asked["/pictures/shortly/1.jpg"] == 2


def test_an_endless_slow_stream_ends(fetch, quick):
    start = time.perf_counter()
    (refusal,) = fetch("/pictures/drip/1.jpg")
    assert refusal.reason == "timeout"
    assert quick.whole <= time.perf_counter() - start < quick.whole + 5


def test_so_many_at_once_and_no_more(fetch, web, quick):
    urls = [f"/pictures/slow/{number}.jpg" for number in range(6)]
    fetch(*urls, limits=dataclasses.replace(quick, host=3))
    assert 1 < web.most <= 3
    web.most = 0
    others = (web.whole(url).replace("127.0.0.1", "localhost") for url in urls[:3])
    fetch(
        *urls,
        *others,
        limits=dataclasses.replace(quick, together=2),
    )
    assert 1 < web.most <= 2


@pytest.mark.parametrize(
    ("robots", "taken"),
    [
        pytest.param(None, True, id="no robots.txt"),
        pytest.param("", True, id="empty"),
        pytest.param("User-agent: brandlens\nDisallow: /", False, id="not for us"),
        pytest.param("User-agent: *\nDisallow: /pictures/good/1", False, id="this one"),
        pytest.param("User-agent: *\nDisallow: /pictures/good/2", True, id="another"),
        pytest.param("User-agent: *\nDisallow: /*?moved", True, id="another query"),
        pytest.param("# long\n" * 100_000 + "User-agent: *\nDisallow: /", True, id="what comes after half a megabyte"),
    ],
)
def test_robots(fetch, web, robots, taken):
    web.robots = robots
    (found,) = fetch("/pictures/good/1.jpg")
    assert isinstance(found, bytes) == taken


def test_robots_count_where_a_redirect_leads(fetch, web):
    web.robots = "User-agent: *\nDisallow: /*?moved"
    (found,) = fetch("/pictures/moved/1.jpg")
    assert found.reason == "robots"


@pytest.mark.parametrize(
    "url",
    ["", "picture.jpg", "ftp://a/b", "file:///etc/passwd", "http://", "http://[::1", "https://a:99999/", "data:,",
     "javascript:alert(1)", "http://" + "a" * 5000, "http://\ud800/"],
)  # fmt: skip
def test_what_is_no_address_of_the_web(fetch, web, tmp_path, quick, url):
    async def go():
        async with Fetcher(AGENT, quick) as fetcher:
            await fetcher.fetch(url, tmp_path / "a")

    with pytest.raises(FetchError) as caught:
        asyncio.run(go())
    assert caught.value.reason == "url"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0x7f000001", "0.0.0.0"])
def test_private_addresses_in_all_spellings(fetch, web, host):
    (found,) = fetch(f"http://{host}:{web.server_port}/pictures/good/1.jpg", allowed=())
    assert found.reason == "address"
    assert not web.asked


def test_an_address_without_what_is_no_part_of_it():
    assert str(parsed("https://me:secret@a.example/b#c")) == "https://a.example/b"
    assert str(parsed("../c", httpx.URL("https://a.example/b/d"))) == "https://a.example/c"


def test_a_server_that_is_down(fetch, loopback):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (found,) = fetch(f"http://127.0.0.1:{port}/a.jpg")
    assert found.reason == "connection"


def test_a_server_that_is_down_is_found_out_once(tmp_path, quick, loopback):
    """The pictures on it do not each wait for three tries in vain."""

    async def go():
        async with Fetcher(AGENT, dataclasses.replace(quick, pause=0.3), loopback) as fetcher:
            for number in range(12):
                with pytest.raises(FetchError, match="connection"):
                    await fetcher.fetch(f"http://127.0.0.1:9/{number}.jpg", tmp_path / "a")

    start = time.perf_counter()
    asyncio.run(go())
    assert time.perf_counter() - start < 4  # twelve times three tries take 5 seconds at least


def test_what_breaks_a_parser_is_a_refusal(fetch, web, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("cannot be")

    monkeypatch.setattr(fetcher.httpx, "Headers", broken)
    (found,) = fetch("/pictures/good/1.jpg")
    assert (found.reason, found.detail) == ("connection", "RuntimeError: cannot be")


@pytest.mark.parametrize("length", ["1" * 5000, "-1", "1e9", "5, 6", "\u0663"])
def test_odd_lengths(fetch, faulty, monkeypatch, length):
    def answer(self, kind, number):
        self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())
        self.close_connection = True

    monkeypatch.setattr(faulty.Handler, "_good", answer)
    (found,) = fetch("/pictures/good/1.jpg")
    assert found.reason in {"connection", "large"}


@pytest.mark.parametrize("contact", ["a\r\nHost: b", "ü@example.org"])
def test_contacts_that_no_header_can_hold(contact):
    with pytest.raises(UserError, match="--contact"):
        agent(contact)


def test_limits_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Limits().host = 99


# HTTP/2 over TLS


def certificate(folder):
    """A self-signed certificate for pictures.test; the files of it and of its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pictures.test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("pictures.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    coded = serialization.Encoding.PEM
    secret = key.private_bytes(coded, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    (folder / "certificate.pem").write_bytes(made.public_bytes(coded))
    return folder / "certificate.pem", folder / "key.pem"


class Second(asyncio.Protocol):
    """Speaks HTTP/2 and answers every request with its path; notes the names that clients ask for."""

    names = ()

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
    public, secret = certificate(tmp_path)
    monkeypatch.setattr(tls, "context", lambda: ssl.create_default_context(cafile=public))
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, *_, **__: [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]
    )

    async def go():
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(public, secret)
        context.set_alpn_protocols(["h2"])  # nothing older
        server = await asyncio.get_running_loop().create_server(Second, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        found = []
        async with server, Fetcher(AGENT, quick, loopback) as fetcher:
            for host in ("pictures.test", "another.test"):
                with contextlib.suppress(FetchError):
                    await fetcher.fetch(f"https://{host}:{port}/a.jpg", tmp_path / "a")
                    found.append((tmp_path / "a").read_text().partition(":")[0])
        return found

    assert ipaddress.ip_address("127.0.0.1") in loopback[0]
    assert asyncio.run(go()) == ["pictures.test"]  # the other's certificate is not its own
