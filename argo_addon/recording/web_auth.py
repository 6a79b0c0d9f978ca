"""Who may look at recordings in the browser: whoever has the token. A loopback address alone is open to all users of
the machine, and login nodes have many.

mitmproxy asks for a token by itself from 11.1.2 on. There both do, for the same one.
"""

from __future__ import annotations

import hmac
from functools import partial
from typing import cast

from tornado import httputil, routing, web

COOKIE = "argo-proxy-web"


class Gate(routing.Router):
    """Stands before an application: lets requests with the token pass, in `?token=` or in the cookie that this sets."""

    def __init__(self, app: web.Application, port: int, token: str) -> None:
        self.token = token
        self.cookie = f"{COOKIE}-{port}"  # cookies do not tell ports apart
        self._app = app
        app.transforms.append(cast("type[web.OutputTransform]", partial(_SetsCookie, self)))

    def find_handler(self, request: httputil.HTTPServerRequest, **others: object) -> httputil.HTTPMessageDelegate:
        """The application's handler, or the one that refuses; WebSockets begin as requests too."""
        if self.in_url(request) or self._in_cookie(request):
            return self._app.find_handler(request)
        return self._app.get_handler_delegate(request, _Refused)

    def in_url(self, request: httputil.HTTPServerRequest) -> bool:
        """Whether the URL has the token."""
        return any(self._is_token(given) for given in request.query_arguments.get("token", ()))

    def _in_cookie(self, request: httputil.HTTPServerRequest) -> bool:
        given = request.cookies.get(self.cookie)
        return given is not None and self._is_token(given.value.encode("utf-8", "replace"))

    def _is_token(self, given: bytes) -> bool:
        return hmac.compare_digest(given, self.token.encode())


class _SetsCookie(web.OutputTransform):
    """Adds the cookie to the answer of a request whose URL has the token."""

    def __init__(self, gate: Gate, request: httputil.HTTPServerRequest) -> None:
        self._cookie = f"{gate.cookie}={gate.token}; Path=/; HttpOnly; SameSite=Strict" if gate.in_url(request) else ""

    def transform_first_chunk(
        self, status_code: int, headers: httputil.HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, httputil.HTTPHeaders, bytes]:
        if self._cookie:
            headers.add("Set-Cookie", self._cookie)
        return status_code, headers, chunk


@web.stream_request_body
class _Refused(web.RequestHandler):
    """Answers before the body has come: nobody's gigabytes are kept."""

    def check_xsrf_cookie(self) -> None:
        """There is nothing here that could be forged."""

    def prepare(self) -> None:
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("This needs the token: open the whole URL that `argo-proxy web` has printed.\n")

    def data_received(self, chunk: bytes) -> None:
        """Drops it."""
