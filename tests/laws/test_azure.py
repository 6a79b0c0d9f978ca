"""The law of Azure's paths: whatever is asked there becomes what it becomes at OpenAI's own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argo_addon.gateway.exchange import Exchange
from argo_addon.gateway.messages import ClientRequest, Reply
from tests.drawing import law

from .making_talks import MODELS, Json, odd_talks, sane_talks
from .test_nothing_raises import spoilt
from .ways import gateway
from .writing_talks import bodies

NAMES = st.sampled_from([name for names in MODELS.values() for name in names])


def becomes(target: str, body: object, *, force: bool) -> object:
    """What goes upstream and what is told of it, or the error."""
    made = gateway(force).open(ClientRequest("POST", target, {"api-key": "k"}, json.dumps(body).encode()))
    assert isinstance(made, Exchange | Reply)
    if isinstance(made, Reply):
        return made.status, made.body
    return made.upstream.url, json.loads(made.upstream.body), made.dropped, made.timeout


@pytest.mark.parametrize("force", [False, True])
@law(50)
@given(data=st.data())
def test_a_deployment_is_asked_as_its_model(force: bool, data: st.DataObject) -> None:
    name = data.draw(NAMES)
    body = data.draw(bodies("openai_chat", data.draw(odd_talks() | sane_talks()), model=name))
    asked = data.draw(spoilt(body) | st.just(body))
    beside: Json = data.draw(st.sampled_from([{}, {"model": "gpt-4o"}, {"model": ""}, {"model": 5}]))
    by_path = {**{key: value for key, value in asked.items() if key != "model"}, **beside}
    version = data.draw(st.sampled_from(["", "?api-version=2024-10-21", "?api-version=preview&x=1"]))
    at_azures = becomes(f"/openai/deployments/{name}/chat/completions{version}", by_path, force=force)
    assert at_azures == becomes("/v1/chat/completions", {**asked, "model": name}, force=force)
    assert becomes(f"/openai/v1/chat/completions{version}", {**asked, "model": name}, force=force) == at_azures
