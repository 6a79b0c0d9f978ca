"""Citations of the Messages API, to the neutral form and back."""

from __future__ import annotations

import msgspec

from ...errors import UNREADABLE
from ...ir.parts import OUR_MARK, Citation
from .wire import CitationBlock

_CITATION = msgspec.json.Decoder(CitationBlock)
_encode = msgspec.json.Encoder().encode


class _WebCitation(msgspec.Struct):
    """A citation of a page. `encrypted_index` marks it as one that no Claude made."""

    url: str
    title: str | None
    cited_text: str
    encrypted_index: str = OUR_MARK
    type: str = "web_search_result_location"


def cited(raw: msgspec.Raw) -> Citation:
    """A citation as it was written."""
    try:
        citation = _CITATION.decode(raw)
    except UNREADABLE:
        return Citation(raw)
    return Citation(raw, citation.url, citation.title or citation.document_title, citation.cited_text)


def as_written(citation: Citation, *, own: bool) -> msgspec.Raw | None:
    """A citation for this dialect's clients; None where it has no page. `own` says that it came from this dialect."""
    if own:
        return citation.raw
    if citation.url is None:
        return None
    return msgspec.Raw(_encode(_WebCitation(citation.url, citation.title, citation.quoted or "")))
