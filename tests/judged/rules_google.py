"""What a GenAI stream must keep to under its vendor's types and framing. Each function says what is wrong, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from google.genai.types import Candidate, FinishReason, GenerateContentResponse
from pydantic import ValidationError

_REASONS = frozenset(FinishReason.__members__)
_FRAMED = re.compile(rb"data: ([^\r\n]+)\r\n\r\n")


def google_problems(stream: bytes, *, events: bool) -> list[str]:
    """What is wrong with a stream. `events`: it was asked for with `alt=sse`; else it is one JSON list."""
    if events:
        if _FRAMED.sub(b"", stream):
            return [f"framing: {_FRAMED.sub(b'', stream)[:200]!r}"]
        return chunk_problems(_FRAMED.findall(stream))
    listed = json.loads(stream)
    if not isinstance(listed, list):
        return ["no list"]
    return chunk_problems([json.dumps(one).encode() for one in listed])


def framed(stream: bytes) -> list[bytes]:
    """The data of a stream's events."""
    return [bytes(data) for data in _FRAMED.findall(stream)]


def chunk_problems(written: list[bytes]) -> list[str]:
    """What is wrong with the chunks of a stream, or with a plain answer as a stream of one."""
    problems: list[str] = []
    chunks: list[GenerateContentResponse] = []
    for data in written:
        try:
            chunks.append(GenerateContentResponse.model_validate_json(data, strict=True))
        except (ValidationError, UserWarning) as error:  # a warning tells of an unknown word, where it is an error
            problems.append(f"{data[:300]!r}: {error}")
    if not chunks or problems:
        return problems or ["no chunks"]
    if len({(chunk.response_id, chunk.model_version) for chunk in chunks}) != 1:
        problems.append("responseId or modelVersion change on the way")
    if not (chunks[0].response_id and chunks[0].model_version):
        problems.append("no responseId or no modelVersion")
    return [*problems, *_ends(chunks), *_candidates(chunks)]


def _ends(chunks: list[GenerateContentResponse]) -> Iterator[str]:
    reasons = [place for place, chunk in enumerate(chunks) if any(one.finish_reason for one in chunk.candidates or ())]
    if reasons != [len(chunks) - 1]:
        yield f"finishReason in chunks {reasons} of {len(chunks)}"
    told = [place for place, chunk in enumerate(chunks) if chunk.usage_metadata is not None]
    if told not in ([], [len(chunks) - 1]):
        yield f"usageMetadata in chunks {told} of {len(chunks)}"


def _candidates(chunks: list[GenerateContentResponse]) -> Iterator[str]:
    for place, chunk in enumerate(chunks):
        if len(chunk.candidates or ()) != 1:
            yield f"chunk {place} has {len(chunk.candidates or ())} candidates"
            continue
        yield from (f"chunk {place}: {problem}" for problem in _content((chunk.candidates or [])[0]))


def _content(candidate: Candidate) -> Iterator[str]:
    if candidate.index not in (0, None):
        yield f"candidate {candidate.index}"
    if candidate.finish_reason is not None and candidate.finish_reason.value not in _REASONS:
        yield f"finishReason {candidate.finish_reason.value}"
    content = candidate.content
    if content is None or content.role != "model" or not content.parts:
        yield "no content of the model's"
        return
    for part in content.parts:
        call = part.function_call
        if call is not None and not (call.id and call.name and isinstance(call.args, dict)):
            yield f"a call without id, name or arguments: {call}"
        if call is not None and (call.partial_args or call.will_continue):
            yield f"a call in pieces: {call}"
        if call is None and part.text is None:
            yield f"a part that is neither text nor a call: {part}"
