"""Google's official SDK by ARGO's legacy gateway: the tests of the native way again, text and tools."""

from __future__ import annotations

import pytest
from google import genai
from google.genai import types

from . import test_sdks_google as google
from .processes import Proxy, Simulator
from .test_sdks import streamed_and_not
from .test_sdks_google import DECLARATIONS
from .test_sdks_responses import on_every_model

client = google.client


@pytest.fixture
def proxy(legacy_proxy: Proxy) -> Proxy:
    """The proxy under test."""
    return legacy_proxy


test_plain = google.test_plain
test_streamed = google.test_streamed
test_a_function_that_the_sdk_calls_itself = google.test_a_function_that_the_sdk_calls_itself
test_a_chat = google.test_a_chat
test_async = google.test_async
test_counting = google.test_counting


@on_every_model
@streamed_and_not
@pytest.mark.parametrize("declaration", DECLARATIONS.values(), ids=list(DECLARATIONS))
def test_two_parallel_calls(
    client: genai.Client, simulator: Simulator, model: str, streamed: bool, declaration: types.FunctionDeclaration
) -> None:
    google.test_two_parallel_calls(client, simulator, model, streamed, thinks=False, declaration=declaration)


def test_embeddings(client: genai.Client, simulator: Simulator) -> None:
    contents: list[types.ContentUnion] = ["a", "b"]
    reply = client.models.embed_content(model="text-embedding-3-small", contents=contents)
    assert [len(one.values or []) for one in reply.embeddings or []] == [1536, 1536]
