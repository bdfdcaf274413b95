"""A client of LDLM over gRPC in Python, whose HTTP/2 is that of gRPC's C core.

ldlm_client.py PORT takes a lock, waits for another that it holds itself, gives both back, and prints one
line of JSON for each answer.
"""

import json
import sys

import grpc

from wire import number, read, text

channel = grpc.insecure_channel("127.0.0.1:" + sys.argv[1])


def begin(method, request):
    call = channel.unary_unary("/ldlm.LDLM/" + method, lambda data: data, read)
    return call.future(request, timeout=60)


def tell(what, call):
    fields = call.result()
    trailers = [name for name, _ in call.trailing_metadata()]
    print(json.dumps({"what": what, "is": fields.get(1, 0) == 1, "trailers": trailers}), flush=True)
    return fields


def unlock(name, fields):
    return begin("Unlock", text(1, name) + text(2, fields[3].decode()))


first = tell("taken", begin("Lock", text(1, "python") + number(100, 60)))
tell("tried", begin("TryLock", text(1, "python")))
waiting = begin("Lock", text(1, "python") + number(3, 30))
cancelled = begin("Lock", text(1, "python"))
cancelled.cancel()
tell("given back", unlock("python", first))
second = tell("waited for", waiting)
tell("given back", unlock("python", second))
tell("too late", unlock("python", second))
