"""Calls that go on from a response that is kept, and compactions, as recordings have them."""

from __future__ import annotations

from pathlib import Path

import httpx

from argo_addon.recording.explain import explanation
from argo_addon.recording.recorded_exchange import newest_in
from argo_addon.recording.recorder import Recorder
from argo_addon.store.base import Bounds
from argo_addon.store.opening import open_store

from ..running import proxy, settings_for, upstream
from ..store.test_responses import answer


def test_what_goes_on_from_a_response_is_one_conversation_and_reads_like_it(tmp_path: Path) -> None:
    folder = tmp_path / "flows"

    def run(previous: str | None, *said: str) -> str:
        recorder = Recorder(folder, everything=True)
        with (
            upstream() as argo,
            proxy(
                settings_for(argo.url),
                recorder=recorder,
                store=lambda: open_store(str(tmp_path / "kept"), Bounds()),
            ) as gateway,
        ):
            argo.answer = answer
            for words in said:
                body = {"model": "gpt-5.4", "input": words, **({"previous_response_id": previous} if previous else {})}
                reply = httpx.post(f"{gateway.url}/v1/responses", json=body, trust_env=False)
                assert reply.status_code == 200, reply.text
                previous = reply.json()["id"]
            compact = {"model": "gpt-5.4", "input": [{"role": "user", "content": "alone"}]}
            made = httpx.post(f"{gateway.url}/v1/responses/compact", json=compact, trust_env=False).json()
            again = {"model": "gpt-5.4", "input": [*made["output"], {"role": "user", "content": "go on"}]}
            httpx.post(f"{gateway.url}/v1/responses", json=again, trust_env=False).raise_for_status()
        recorder.close()
        assert previous is not None
        return previous

    last = run(None, "the first", "the second")
    run(last, "the third")  # another gateway of the same folder
    found = {one.meta.words: one for one in newest_in([folder])}
    turns = [found[f"the {number}"] for number in ("first", "second", "third")]
    assert len({one.meta.session for one in turns}) == 1
    assert found["alone"].meta.session != turns[0].meta.session
    assert f"goes on from {last}\n" in explanation(turns[2])
    for told in (explanation(found["alone"]), explanation(found["go on"])):
        assert "▸ compaction: a summary of what came before, sealed (" in told
        assert "encrypted_content" not in told


def test_two_conversations_of_codex_are_two_by_the_id_that_it_sends_in_several_places(tmp_path: Path) -> None:
    ids = [f"01a22183-a143-7d31-872b-dfbfe29898{number}a" for number in range(2)]
    with upstream() as argo, proxy(settings_for(argo.url), recorder=Recorder(tmp_path, everything=True)) as gateway:
        argo.answer = answer
        for session in (*ids, ids[0]):
            body = {"model": "gpt-5.4", "input": "hello", "prompt_cache_key": session}
            headers = {"user-agent": "codex_exec/0.1", "session-id": session, "x-client-request-id": session}
            httpx.post(f"{gateway.url}/v1/responses", json=body, headers=headers, trust_env=False).raise_for_status()
    assert [one.meta.session for one in newest_in([tmp_path])][::-1] == [*ids, ids[0]]
