"""Recorded errors reach the client as its own SDK's exception, with the upstream's status and words.

The body has the shape of the client's dialect, whichever dialect the upstream speaks.
"""

from __future__ import annotations

import anthropic
import msgspec
import openai
import pytest
from anthropic.types import ErrorResponse

from . import reading
from .recordings import Name, Recording, errors
from .wires import MODELS, Through

NAMES: tuple[Name, ...] = ("anthropic", "openai_chat")
RAISED: dict[tuple[str, int], type[Exception]] = {
    ("anthropic", 400): anthropic.BadRequestError,
    ("anthropic", 429): anthropic.RateLimitError,
    ("openai_chat", 400): openai.BadRequestError,
    ("openai_chat", 429): openai.RateLimitError,
}


class _Detail(msgspec.Struct):
    message: str
    type: str = ""


class _Error(msgspec.Struct):
    error: _Detail


class _ChatDetail(msgspec.Struct, forbid_unknown_fields=True):
    """Chat's error as OpenAI writes it: all four members, `type` always text."""

    message: str
    type: str
    param: str | None
    code: str | None


class _ChatError(msgspec.Struct, forbid_unknown_fields=True):
    error: _ChatDetail


@pytest.mark.parametrize("force", [False, True], ids=["as it is", "forced"])
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("client", NAMES)
@pytest.mark.parametrize("recording", [pytest.param(recording, id=recording.file) for recording in errors()])
def test_an_error_is_the_clients_own(recording: Recording, client: Name, streamed: bool, force: bool) -> None:
    said = msgspec.json.decode(recording.read(), type=_Error).error.message
    way = Through(recording.read(), "application/json", recording.status, force=force)
    with pytest.raises(RAISED[client, recording.status]) as caught:
        reading.meaning(client, way, MODELS[recording.name], streamed=streamed)
    error = caught.value
    assert isinstance(error, (anthropic.APIStatusError, openai.APIStatusError))
    assert error.status_code == recording.status
    assert said in error.message
    if client == "anthropic":
        assert ErrorResponse.model_validate_json(way.sent).error.message == said
    elif client != recording.name:
        assert msgspec.json.decode(way.sent, type=_ChatError).error.message == said
