"""What every store must keep to, wherever it keeps its documents."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from argo_addon.store.base import Bounds, Store, StoreProblem
from argo_addon.store.opening import open_store

Open = Callable[..., Store]


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store is, fresh and of its own."""
    if request.param == "sqlite":
        return str(tmp_path / "state" / "kept.sqlite")
    if request.param == "redis":
        return str(request.getfixturevalue("redis_server"))
    return str(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def opened(where: str) -> Iterator[Open]:
    """Opens the same store, once more each time."""
    stores: list[Store] = []

    def made(**bounds: float) -> Store:
        limits = Bounds(bounds.get("seconds", 1000.0), int(bounds.get("size", 1_000_000)))
        stores.append(open_store(where, limits))
        return stores[-1]

    yield made
    for store in stores:
        store.close()


def test_a_document_is_its_owners_alone(opened: Open) -> None:
    store = opened()
    store.put("a", "jdoe", b"1")
    assert (store.get("a", "jdoe"), store.get("a", "asmith"), store.get("b", "jdoe")) == (b"1", None, None)
    store.put("a", "asmith", b"stolen")
    assert not store.delete("a", "asmith")
    assert store.get("a", "jdoe") == b"1"
    assert store.get("a", "asmith") is None
    assert store.delete("a", "jdoe")
    assert not store.delete("a", "jdoe")
    assert store.get("a", "jdoe") is None


def test_it_is_there_after_a_restart_and_for_another_gateway(opened: Open) -> None:
    first, second = opened(), opened()
    first.put("a", "jdoe", b"1")
    assert second.get("a", "jdoe") == b"1"
    second.put("a", "jdoe", b"2")
    first.close()
    assert opened().get("a", "jdoe") == b"2"


def test_changes_of_two_gateways_are_not_lost(opened: Open) -> None:
    stores = [opened(), opened()]

    def add(store: Store) -> None:
        for _ in range(50):
            store.change("a", "jdoe", lambda now: (now or b"") + b"x")

    threads = [threading.Thread(target=add, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].get("a", "jdoe") == b"x" * 100


def test_a_change_that_fails_or_wants_nothing_leaves_all_as_it_is(opened: Open) -> None:
    store = opened()
    store.put("a", "jdoe", b"1")

    def fail(now: bytes | None) -> bytes:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 # the test's own
        store.change("a", "jdoe", fail)
    assert store.change("a", "jdoe", lambda now: None) == b"1"
    assert store.get("a", "jdoe") == b"1"


def test_what_is_too_old_or_too_much_goes(opened: Open, where: str) -> None:
    if where.startswith("redis"):
        short = opened(seconds=1.0)
        short.put("a", "jdoe", b"1")
        end = time.monotonic() + 10
        while short.get("a", "jdoe") is not None:
            assert time.monotonic() < end
            time.sleep(0.05)
        return  # how much there may be is the server's to say
    store = opened()
    for number in range(60):
        store.put(str(number), "jdoe", b"x" * 1000)
    store.close()
    later = opened(size=10_000)
    left = [number for number in range(60) if later.get(str(number), "jdoe")]
    assert left == list(range(50, 60))
    assert opened(seconds=-1.0).get("59", "jdoe") is None
    assert opened().get("59", "jdoe") is None


def test_only_its_owner_may_read_the_files(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "state" / "kept.sqlite"), Bounds())
    store.put("a", "jdoe", b"1")
    files = list((tmp_path / "state").iterdir())
    assert len(files) >= 2  # the log is beside it
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    store.close()


def test_a_file_that_is_none_is_told_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("no database\n" * 100)
    with pytest.raises(StoreProblem, match="responses_store"):
        open_store(str(tmp_path / "kept"), Bounds())


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", "postgresql://jdoe@127.0.0.1:9/kept"])
def test_a_server_that_is_not_there_is_told(url: str) -> None:
    with pytest.raises(StoreProblem, match="responses_store"):
        open_store(url, Bounds())


def test_a_file_that_others_could_read_is_the_owners_alone_from_then_on(tmp_path: Path) -> None:
    """As one that was copied, or made by hand."""
    path = tmp_path / "kept"
    for file in (path, tmp_path / "kept-wal", tmp_path / "kept-shm"):
        file.touch()
        file.chmod(0o644)
    store = open_store(str(path), Bounds())
    store.put("a", "jdoe", b"1")
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    store.close()
