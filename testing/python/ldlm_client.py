"""A client of LDLM over gRPC in Python, whose HTTP/2 is that of gRPC's C core.

ldlm_client.py PORT takes a lock, waits for another that it holds itself, gives both back, and prints one
line of JSON for each answer. The messages are made from the published file by its field numbers alone, so
that no compiler of them is needed.
"""

import json
import sys

import grpc


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def text(field, value):
    data = value.encode()
    return varint(field << 3 | 2) + varint(len(data)) + data


def number(field, value):
    return varint(field << 3) + varint(value)


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def read(data):
    """The fields of a message by their numbers; of messages within it the bytes."""
    fields, at = {}, 0
    while at < len(data):
        tag, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if tag & 7 == 2:
            at, value = at + value, data[at : at + value]
        fields[tag >> 3] = value
    return fields


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
