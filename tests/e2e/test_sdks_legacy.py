"""The official OpenAI and Anthropic SDKs through the proxy to ARGO's legacy gateway: the tests of the native way again.

Text and tools, for clients of Chat, Completions, Messages and Responses. What the legacy gateway has no words for
(thinking, forms of the answer, why an answer ended) is not here: docs/reference/translation.md.
"""

from __future__ import annotations

import anthropic
import openai
import pytest

from . import test_sdks as sdks
from . import test_sdks_histories as histories
from . import test_sdks_responses as responses
from .processes import Proxy, Simulator
from .test_sdks import on_claude_models, streamed_and_not
from .test_sdks_responses import on_every_model

chat, claude, client = sdks.chat, sdks.claude, responses.client


@pytest.fixture
def proxy(legacy_proxy: Proxy) -> Proxy:
    """The proxy under test."""
    return legacy_proxy


test_chat_plain = sdks.test_chat_plain
test_chat_streamed = sdks.test_chat_streamed
test_chat_stream_helper = sdks.test_chat_stream_helper
test_chat_two_parallel_calls = sdks.test_chat_two_parallel_calls
test_chat_async = sdks.test_chat_async
test_claude_plain = sdks.test_claude_plain
test_claude_streamed = sdks.test_claude_streamed
test_claude_stream_helper = sdks.test_claude_stream_helper
test_claude_async = sdks.test_claude_async
test_legacy_completions = sdks.test_legacy_completions
test_responses_plain = responses.test_plain
test_responses_streamed = responses.test_streamed
test_responses_stream_helper = responses.test_stream_helper
test_responses_async = responses.test_async
test_histories_from_claude = histories.test_from_claude
test_histories_from_chat = histories.test_from_chat


@on_claude_models
@streamed_and_not
def test_claude_two_parallel_calls(
    claude: anthropic.Anthropic, simulator: Simulator, model: str, streamed: bool
) -> None:
    sdks.test_claude_two_parallel_calls(claude, simulator, model, streamed, thinks=False)


@on_every_model
@streamed_and_not
def test_responses_two_parallel_calls(client: openai.OpenAI, simulator: Simulator, model: str, streamed: bool) -> None:
    responses.test_two_parallel_calls(client, simulator, model, streamed, thinks=False)


@pytest.mark.parametrize("model", ["text-embedding-3-small", "text-embedding-ada-002"])
def test_embeddings(chat: openai.OpenAI, simulator: Simulator, model: str) -> None:
    """The SDK asks for base64, which the legacy gateway does not have: it is made here."""
    reply = chat.embeddings.create(model=model, input=["a", "b"])
    assert [len(row.embedding) for row in reply.data] == [1536, 1536]
    assert reply.usage.total_tokens > 0
    plain = chat.embeddings.create(model=model, input=["a", "b"], encoding_format="float")
    assert reply.data[1].embedding == pytest.approx(plain.data[1].embedding, abs=1e-6)
    (asked, _) = simulator.log()
    assert (asked["path"], asked["refusal"]) == ("/argoapi/api/v1/resource/embed/", None)
