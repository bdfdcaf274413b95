"""Clients in Python: client.py KIND BASE CA NAME plays the story of its API with the library KIND.

BASE is a URL, CA a file of certificates or empty, NAME a lock of its own. Ends with 0 when all is as it
should be, else with 1 and the reason.
"""

import asyncio
import json
import ssl
import sys
from pathlib import Path

kind, base, ca, name = sys.argv[1:5]
web_socket_url = base.replace("http", "ws", 1) + "/v1?namespace=field"
context = ssl.create_default_context(cafile=ca) if ca else None
lock = json.dumps({"action": "lock", "resources": [{"type": "write", "path": [name]}]})
release = json.dumps({"action": "release"})
steps = [(lock, "acquired"), (release, "ready")]


def check(what, actual, wanted):
    if actual != wanted:
        raise SystemExit(f"{what}: {actual!r}, not {wanted!r}")


def rest_story():
    """Yields requests; is sent (status, body)."""
    status, body = yield "POST", "/session", None
    check("session", (status, len(body["session_id"])), (201, 32))
    status, taken = yield "POST", "/v1/lock", {"name": name}
    check("lock", (status, taken["locked"]), (200, True))
    status, body = yield "POST", "/v1/lock", {"name": name}
    check("second lock", (status, body["locked"]), (200, False))
    status, body = yield "POST", "/v1/unlock", {"name": name, "key": taken["key"]}
    check("unlock", (status, body["unlocked"]), (200, True))
    status, body = yield "DELETE", "/session", None
    check("end", status, 200)


def play(ask):
    story = rest_story()
    answer = None
    try:
        while True:
            answer = ask(*story.send(answer))
    except StopIteration:
        pass


def use_requests():
    import requests

    session = requests.Session()

    def ask(method, path, body):
        # On the session, a bundle in the environment would take its place.
        response = session.request(method, base + path, json=body, timeout=10, verify=ca or True)
        return response.status_code, response.json()

    play(ask)


def use_httpx(http2):
    import httpx

    with httpx.Client(verify=context or True, http2=http2, timeout=10) as client:

        def ask(method, path, body):
            response = client.request(method, base + path, json=body)
            if http2:
                check("version", response.http_version, "HTTP/2")
            return response.status_code, response.json()

        play(ask)


async def use_aiohttp():
    import aiohttp

    jar = aiohttp.CookieJar(unsafe=True)
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as client:
        story = rest_story()
        answer = None
        try:
            while True:
                method, path, body = story.send(answer)
                async with client.request(method, base + path, json=body, ssl=context) as response:
                    answer = response.status, await response.json(content_type=None)
        except StopIteration:
            pass


async def use_aiohttp_web_socket():
    import aiohttp

    async with aiohttp.ClientSession() as client:
        async with client.ws_connect(web_socket_url, ssl=context, timeout=10) as peer:
            for message, state in steps:
                await peer.send_str(message)
                check(message, json.loads(await peer.receive_str(timeout=10))["state"], state)


async def use_websockets():
    import websockets

    async with websockets.connect(web_socket_url, ssl=context) as peer:
        for message, state in steps:
            await peer.send(message)
            heard = await asyncio.wait_for(peer.recv(), 10)
            check(message, json.loads(heard)["state"], state)


def use_websocket_client():
    import websocket

    options = {"ca_certs": ca} if ca else None
    peer = websocket.create_connection(web_socket_url, sslopt=options, timeout=10)
    for message, state in steps:
        peer.send(message)
        check(message, json.loads(peer.recv())["state"], state)
    peer.close()


def use_grpc():
    import grpc

    # Beside another client of the tests.
    sys.path.append(str(Path(__file__).parents[2] / "python"))
    from wire import read, text

    place = base.split("://")[1]

    def connect():
        # Otherwise both would share one connection, and with it one session.
        options = [("grpc.use_local_subchannel_pool", 1)]
        if not ca:
            return grpc.insecure_channel(place, options)
        credentials = grpc.ssl_channel_credentials(open(ca, "rb").read())
        return grpc.secure_channel(place, credentials, options)

    def call(channel, method, request):
        ask = channel.unary_unary("/ldlm.LDLM/" + method, lambda data: data, read)
        return ask(request, timeout=10)

    holder, other = connect(), connect()
    taken = call(holder, "TryLock", text(1, name))
    check("lock", taken.get(1), 1)
    check("lock of another client", call(other, "TryLock", text(1, name)).get(1), None)
    key = text(2, taken[3].decode())
    check("unlock", call(holder, "Unlock", text(1, name) + key).get(1), 1)
    check("lock again", call(holder, "TryLock", text(1, name)).get(1), 1)
    holder.close()
    check("lock after the holder", call(other, "Lock", text(1, name) + b"\x18\x05").get(1), 1)
    other.close()


kinds = {
    "requests": use_requests,
    "httpx": lambda: use_httpx(False),
    "httpx-2": lambda: use_httpx(True),
    "aiohttp": lambda: asyncio.run(use_aiohttp()),
    "aiohttp-web-socket": lambda: asyncio.run(use_aiohttp_web_socket()),
    "websockets": lambda: asyncio.run(use_websockets()),
    "websocket-client": use_websocket_client,
    "grpcio": use_grpc,
}
try:
    kinds[kind]()
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
