"""What is fetched from the web, and what never is."""

from __future__ import annotations

import asyncio
import ipaddress
import time
import zlib
from collections.abc import Iterable, Iterator

import pytest

from argo_addon.images import downloads
from argo_addon.images.downloads import Address, Downloads, NoImage, is_public, kind_of

from ..running import Pause, Seen, Step, Upstream, json_answer, upstream
from .pictures import picture, shows

PNG = picture(size=4)


@pytest.fixture
def web() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


def port_of(web: Upstream) -> str:
    return web.url.rpartition(":")[2]


async def at_home(host: str, port: int) -> Iterable[str]:
    """Looks every name up as this machine, but for one that is said to be in a private network."""
    return ["127.0.0.2"] if host.startswith("private") else ["127.0.0.1"]


def only_here(address: Address) -> bool:
    return str(address) == "127.0.0.1"


def fetched(*urls: str, seconds: float = 20, at_once: int = 10) -> list[bytes | BaseException]:
    async def run() -> list[bytes | BaseException]:
        fetching = Downloads(seconds, at_once, at_home, only_here)
        return await asyncio.gather(*map(fetching.fetch, urls), return_exceptions=True)

    return asyncio.run(run())


def refusal(url: str, **more: float) -> str:
    (outcome,) = fetched(url, **more)  # type: ignore[arg-type] # seconds only
    assert isinstance(outcome, NoImage), outcome
    return str(outcome)


def test_an_image_is_fetched_by_its_hosts_name_and_nothing_of_ours_goes_along(web: Upstream) -> None:
    shows(web, PNG)
    assert fetched(f"http://pictures.example:{port_of(web)}/a%20b.png?size=3") == [PNG]
    (seen,) = web.looked_up
    assert seen.line == "GET /a%20b.png?size=3 HTTP/1.1"
    assert seen.headers["host"] == f"pictures.example:{port_of(web)}"
    assert seen.headers.keys() == {"host", "accept", "accept-encoding", "user-agent", "connection"}


PRIVATE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:0:0:0:0:80ff:fffe",
    "2001:db8::1", "192.0.2.1", "198.18.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_open_network_is_none_to_fetch_from(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_of_the_open_network_is(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{}/x.png", "http://localhost:{}/x.png", "http://[::1]:{}/x.png", "http://2130706433:{}/x.png",
     "http://0:{}/x.png", "http://0x7f.1:{}/x.png", "http://127.1:{}/x.png", "http://[::ffff:127.0.0.1]:{}/x.png"],
)  # fmt: skip
def test_this_machine_is_never_asked(web: Upstream, url: str) -> None:
    """With the resolver and the check that the gateway has."""
    shows(web, PNG)

    async def run() -> None:
        with pytest.raises(NoImage, match=r"not on the public network|cannot be fetched|URL"):
            await Downloads(5, 1).fetch(url.format(port_of(web)))

    asyncio.run(run())
    assert web.looked_up == []


def test_a_name_of_a_private_network_is_never_asked(web: Upstream) -> None:
    shows(web, PNG)
    assert "not on the public network" in refusal(f"http://private.example:{port_of(web)}/x.png")
    assert web.looked_up == []


def test_redirections_are_followed_and_checked_like_the_first(web: Upstream) -> None:
    there = f"http://other.example:{port_of(web)}/there.png"
    private = f"http://private.example:{port_of(web)}/x.png"
    answers = {
        "/here": json_answer(b"", "302 Found", f"location: {there}"),
        "/there.png": json_answer(PNG, content_type="image/png"),
        "/private": json_answer(b"", "301 Moved", f"location: {private}"),
        "/round": json_answer(b"", "307 Again", "location: /round"),
        "/file": json_answer(b"", "302 Found", "location: file:///etc/passwd"),
    }
    web.answer = lambda seen: [answers[seen.line.split(" ")[1]]]
    base = f"http://pictures.example:{port_of(web)}"
    assert fetched(f"{base}/here") == [PNG]
    assert "not on the public network" in refusal(f"{base}/private")
    assert "redirected more than 4 times" in refusal(f"{base}/round")
    assert "only http and https" in refusal(f"{base}/file")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://a.example/x.png", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("http://user:secret@a.example/x.png", "user name"),
        ("http:///x.png", "no host"),
        ("http://a.example:99999/x.png", "URL"),
        ("http://a.example/" + "x" * 9000, "characters"),
    ],
)
def test_what_is_no_url_to_fetch_is_told(url: str, says: str) -> None:
    assert says in refusal(url)


def test_what_a_host_answers_instead_of_an_image_is_told(web: Upstream) -> None:
    url = f"http://a.example:{port_of(web)}/x.png"
    shows(web, b"<html>no</html>")
    assert "no PNG, JPEG, GIF or WebP" in refusal(url)
    web.answer = lambda seen: [json_answer(PNG, "404 Not Found")]
    assert "answered 404" in refusal(url)
    web.answer = lambda seen: [b"nonsense\r\n\r\n"]
    assert "cannot be fetched" in refusal(url)


def test_a_host_that_takes_too_long_or_sends_too_much_is_left(web: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://a.example:{port_of(web)}/x.png"
    shows(web, PNG, Pause(5))
    begun = time.monotonic()
    assert "within 0.2 s (image_timeout)" in refusal(url, seconds=0.2)
    assert time.monotonic() - begun < 3
    monkeypatch.setattr(downloads, "MAX_DOWNLOAD", 1000)
    shows(web, picture(size=64))
    assert "more than" in refusal(url)


@pytest.mark.parametrize("allowed", [1, 3, 6])
def test_several_come_at_once_but_no_more_than_are_allowed(web: Upstream, allowed: int) -> None:
    under_way, most = 0, 0

    def waits_for_the_others(seen: Seen) -> Iterator[Step]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(200):  # until as many are there as may be, and a moment longer
            yield Pause(0.02)
            if most >= allowed:
                break
        yield Pause(0.05)
        under_way -= 1
        yield json_answer(PNG, content_type="image/png")

    web.answer = waits_for_the_others
    urls = [f"http://a.example:{port_of(web)}/{number}.png" for number in range(6)]
    assert fetched(*urls, at_once=allowed, seconds=20) == [PNG] * 6
    assert most == allowed


def test_images_are_known_by_their_first_bytes() -> None:
    kinds = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp", "BMP": None}
    assert {form: kind_of(picture(form, 4)) for form in kinds} == kinds
    assert kind_of(b"RIFF1234WAVE") is None


def test_a_body_that_unpacks_to_more_than_it_is_is_not_unpacked(web: Upstream) -> None:
    bomb = zlib.compress(b"\0" * 200_000_000, 9)
    web.answer = lambda seen: [
        b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-encoding: deflate\r\ncontent-length: %d\r\n\r\n%b"
        % (len(bomb), bomb)
    ]
    assert "compressed" in refusal(f"http://pictures.example:{port_of(web)}/a.png")


def test_a_name_with_one_private_address_among_others_is_not_asked() -> None:
    async def both(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(NoImage, match="not on the public network"):
        asyncio.run(Downloads(2, 1, both).fetch("http://pictures.example/a.png"))
