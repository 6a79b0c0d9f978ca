"""ARGO's endpoints on tornado: who asks, what is refused, what is answered. Sending is sending.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from argo_addon.simulator import ask_anthropic, ask_chat, catalogue, faults, identity
from argo_addon.simulator.agent.ask import Ask, Turn
from argo_addon.simulator.agent.limit import cut, tokens_written
from argo_addon.simulator.agent.play import play
from argo_addon.simulator.jsons import JsonObject
from argo_addon.simulator.rules import chat as chat_checks
from argo_addon.simulator.rules import legacy as legacy_checks
from argo_addon.simulator.rules import messages as messages_checks
from argo_addon.simulator.sending import Endpoint
from argo_addon.simulator.usage import Usage
from argo_addon.simulator.wire import anthropic, chat, legacy, listing

if TYPE_CHECKING:
    from argo_addon.simulator.wire.answer import Answer


class _Asking(Endpoint):
    """An endpoint that asks a model."""

    def turn(self, ask: Ask, user: str) -> Turn:
        """What the model answers this user, behaviours included."""
        if self.behaviour.notice or not self.simulator.knows(user):
            return faults.notice(user)
        if self.behaviour.think:
            ask = msgspec.structs.replace(ask, thinks=True)
        return cut(faults.turn(play(ask), self.behaviour, ask), ask)

    def usage(self, body: JsonObject, turn: Turn) -> Usage:
        """The tokens of the call."""
        output, thinking = tokens_written(turn)
        return msgspec.structs.replace(self.simulator.cache.usage(body), output=output, thinking=thinking)


class Messages(_Asking):
    """POST /v1/messages."""

    layout = "anthropic"

    async def post(self) -> None:
        await self.serve(self._answer)

    async def _answer(self) -> None:
        body = self.json_body()
        user = identity.check(self.headers, body, "x-api-key")
        request, model = messages_checks.check(body, self.headers)
        messages_checks.check_running_loop(request, frozenset(self.simulator.thoughtful))
        self.take_behaviour(model.id)
        await self.before_the_head()
        turn = self.turn(ask_anthropic.read(request, model), user)
        usage = self.usage(body, turn)
        answer: Answer
        if self.behaviour.openai_layout:
            self.error_layout = "openai"
            answer = chat.answer(model, turn, usage, stream=request.stream, with_usage=True, count=1)
        else:
            shown = ask_anthropic.shows_thinking(request)
            answer = anthropic.answer(model, turn, usage, stream=request.stream, shown=shown)
            if turn.thinking:
                self.simulator.remember_thinking(answer.call_ids)
        await self.send(answer)


class Chat(_Asking):
    """POST /v1/chat/completions."""

    async def post(self) -> None:
        await self.serve(self._answer)

    async def _answer(self) -> None:
        body = self.json_body()
        found = chat_checks.find(body)
        self.error_layout = "google" if found is not None and found.family == "gemini" else "openai"
        user = identity.check(self.headers, body, "authorization")
        request, model = chat_checks.check(body)
        self.take_behaviour(model.id)
        await self.before_the_head()
        turn = self.turn(ask_chat.read(request, model), user)
        options = request.stream_options
        answer = chat.answer(
            model,
            turn,
            self.usage(body, turn),
            stream=bool(request.stream),
            with_usage=options is not None and options.include_usage,
            count=request.n or 1,
        )
        await self.send(answer)


class Embeddings(Endpoint):
    """POST /v1/embeddings."""

    async def post(self) -> None:
        await self.serve(self._answer)

    async def _answer(self) -> None:
        body = self.json_body()
        identity.check(self.headers, body, "authorization")
        model, texts, dimensions, packed = chat_checks.check_embeddings(body)
        self.take_behaviour(model.id)
        await self.before_the_head()
        await self.send_body(listing.embeddings(model, texts, dimensions, packed=packed))


class Models(Endpoint):
    """GET /v1/models. It asks for no credentials, and is not in the log: it asks no model."""

    methods = ("GET",)
    logged = False

    async def get(self) -> None:
        await self.serve(self._answer)

    async def _answer(self) -> None:
        self.take_behaviour("", asks=False)
        await self.before_the_head()
        await self.send_body(listing.models(catalogue.MODELS))


class LegacyChat(_Asking):
    """POST /api/v1/resource/chat/."""

    async def post(self) -> None:
        await self.serve(self._answer)

    async def _answer(self) -> None:
        ask, turn = await self.legacy_turn()
        await self.send_body(legacy.chat(turn, ask.model.family, tools=bool(ask.tools)))

    async def legacy_turn(self) -> tuple[Ask, Turn]:
        """What was asked, and the answer."""
        body = self.json_body()
        user = identity.check(self.headers, body, None)
        ask = legacy_checks.check_chat(body)
        self.take_behaviour(ask.model.id)
        await self.before_the_head()
        return ask, self.turn(ask, user)


class LegacyStreamChat(LegacyChat):
    """POST /api/v1/resource/streamchat/."""

    async def _answer(self) -> None:
        _, turn = await self.legacy_turn()
        await self.send_pieces(legacy.stream(turn), "text/plain; charset=utf-8")


class LegacyEmbed(Endpoint):
    """POST /api/v1/resource/embed/."""

    async def post(self) -> None:
        await self.serve(self._answer)

    async def _answer(self) -> None:
        body = self.json_body()
        identity.check(self.headers, body, None)
        model, texts = legacy_checks.check_embed(body)
        self.take_behaviour(model.id)
        await self.before_the_head()
        await self.send_body({"embedding": [[*listing.vector(text, model.output)] for text in texts]})


class NotFound(Endpoint):
    """Everything else."""

    methods = ()
