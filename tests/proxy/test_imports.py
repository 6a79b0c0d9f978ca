"""What a gateway loads: what it runs, and not what mitmproxy and httpx bring for others."""

from __future__ import annotations

import json
import subprocess
import sys

NEEDLESS = (
    "flask", "ldap3", "passlib", "mitmproxy.addons.onboarding", "mitmproxy.addons.proxyauth", "aioquic", "h2",
    "mitmproxy.proxy.layers.quic", "mitmproxy.proxy.layers.tls", "mitmproxy.net.tls", "mitmproxy.io.io", "kaitaistruct",
    "cryptography", "pyparsing.core", "ruamel.yaml.main", "mitmproxy_rs.mitmproxy_rs", "wsproto", "h11._connection",
    "mitmproxy.flowfilter", "httpx._client", "httpcore", "anyio", "rich", "click", "psutil",
    "importlib.metadata", "http.client",
)  # fmt: skip
MOST_MODULES = 675


def run(code: str, *words: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_gateway_loads_nothing_that_it_does_not_run() -> None:
    code = "import daemon.server, sys; print([one for one in sys.argv[1:] if one in sys.modules], len(sys.modules))"
    needless, count = run(code, *NEEDLESS).rsplit(" ", 1)
    assert needless == "[]"
    assert int(count) < MOST_MODULES


LEFT = {
    "from mitmproxy import addons; print(len(addons.default_addons()) > 20)": "True",
    "from mitmproxy.proxy.layers.http import HttpLayer, HTTPMode; from mitmproxy.proxy import layers; "
    "print(layers.HttpLayer is HttpLayer, HTTPMode.transparent.value, layers.ServerTLSLayer.__name__)":
        "True 2 ServerTLSLayer",
    "from mitmproxy.io import FlowReader, FlowWriter; print(FlowReader.__module__)": "mitmproxy.io.io",
    "from mitmproxy import flowfilter; print(bool(flowfilter.parse('~u x')))": "True",
    "from mitmproxy import command_lexer as c; print(len(c.expr.parseString('a b')), c.unquote(\"'a'\"))": "3 a",
    "from mitmproxy import command; print(command.unquote(\"'a'\"))": "a",
    "from OpenSSL import SSL, crypto; import OpenSSL; print(OpenSSL.SSL is SSL, SSL.Context.__name__)": "True Context",
    "import wsproto.frame_protocol as f, wsproto; print(wsproto.frame_protocol.Opcode is f.Opcode)": "True",
    "import wsproto; print(wsproto.WSConnection.__name__)": "WSConnection",
    "from mitmproxy.addons import proxyserver; print(int(proxyserver.Opcode.TEXT))": "1",
    "import ruamel.yaml as y; print(y.YAML(typ='safe', pure=True).load('a: 1'))": "{'a': 1}",
    "import mitmproxy_rs; print(mitmproxy_rs.udp.UdpServer.__name__)": "UdpServer",
    "import httpx; print(httpx.codes.OK, httpx.Client.__name__)": "200 Client",
    "from mitmproxy.addons import tlsconfig; print(tlsconfig.certs.CertStore.__name__)": "CertStore",
    "from mitmproxy.addons import proxyserver as p; print(type(p.WebSocketMessageInjected(None, None)).__name__)":
        "WebSocketMessageInjected",
    "import ruamel.yaml as y; from concurrent.futures import ThreadPoolExecutor as T\n"
    "with T(8) as pool: print({type(one).__name__ for one in pool.map(lambda _: y.YAML(), range(8))})": "{'YAML'}",
}  # fmt: skip
"""What may be done with what was left, and what that prints."""

IN_TURN = """
import daemon.server, json, os, sys
for code in json.loads(sys.argv[1]):
    if not (child := os.fork()):
        exec(code)
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
    print("--", flush=True)
"""


def test_whoever_wants_what_was_left_has_it_all_the_same() -> None:
    told = run(IN_TURN, json.dumps(list(LEFT))).split("--")
    assert dict(zip(LEFT, map(str.strip, told), strict=False)) == LEFT


def test_recordings_with_certificates_and_web_sockets_are_still_read_and_written() -> None:
    code = """
import daemon.server, io
from mitmproxy import connection, http
from mitmproxy.http import HTTPFlow, Request
def flow():
    made = HTTPFlow(connection.Client(peername=("::1", 1), sockname=("::1", 2)), connection.Server(address=("a", 1)))
    made.request = Request.make("GET", "http://a/")
    return made
plain = flow().get_state()
from mitmproxy import certs, websocket
from mitmproxy.io import FlowReader, FlowWriter
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives import serialization
key, ca = certs.create_ca("x", "x", 2048)
full = flow()
full.server_conn.certificate_list = [certs.Cert(ca)]
full.client_conn.mitmcert = certs.Cert(ca)
full.websocket = websocket.WebSocketData(messages=[websocket.WebSocketMessage(1, True, b"hello")])
file = io.BytesIO()
FlowWriter(file).add(full)
file.seek(0)
again = next(iter(FlowReader(file).stream()))
print(plain["server_conn"]["certificate_list"], again.server_conn.certificate_list[0].cn,
      again.client_conn.mitmcert == certs.Cert(ca), again.websocket.messages[0].text)
"""
    assert run(code) == "[] x True hello"


FIRST_CALLS = """
import http.client, json, sys
import daemon.server
from tests.running import json_answer, proxy, settings_for, upstream
message = {"role": "assistant", "content": "x"}
said = {"role": "user", "content": "x"}
answer = {"id": "1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
calls = {
    "/v1/chat/completions": {"messages": [said]},
    "/v1/messages": {"messages": [said], "max_tokens": 9},
    "/v1/responses": {"input": "x"},
    "/api/chat": {"messages": [said], "stream": False},
    "/v1beta/models/gpt-4o:generateContent": {"contents": [{"role": "user", "parts": [{"text": "x"}]}]},
}
with upstream() as argo:
    argo.answer = lambda seen: [json_answer(json.dumps(answer).encode())]
    with proxy(settings_for(argo.url)) as running:
        before = set(sys.modules)
        for path, body in calls.items():
            client = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
            client.request("POST", path, json.dumps({"model": "gpt-4o", **body}), {"content-type": "application/json"})
            assert client.getresponse().status == 200, path
        print(sorted(set(sys.modules) - before))
"""


def test_the_first_calls_load_nothing() -> None:
    assert run(FIRST_CALLS) == "[]"
