"""A provider: registers its address under a service's path for as long as it lives.

    pip install ./gen/python
    python examples/python/provider.py 127.0.0.1:7181 /UserService/Login 10.0.0.5:8000 [timeout in ms]
"""

import datetime
import queue
import signal
import sys
import threading
import time

import grpc
from corral.v1 import coordination_pb2_grpc, node_pb2, session_pb2


def main(server="127.0.0.1:7181", service="/UserService/Login", address="10.0.0.5:8000", timeout_ms="0"):
    # The first message opens the session, and each one after it is a heartbeat; None ends the stream.
    messages = queue.SimpleQueue()
    messages.put(session_pb2.KeepAliveRequest(timeout_ms=int(timeout_ms)))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: messages.put(session_pb2.KeepAliveRequest(close=True)))

    with grpc.insecure_channel(server) as channel:
        corral = coordination_pb2_grpc.CoordinationStub(channel)
        # A provider whose session is gone is not registered any more: the stream's error ends it, and whoever
        # supervises it starts it again.
        for answer in corral.KeepAlive(iter(messages.get, None)):
            if answer.event == session_pb2.KEEP_ALIVE_EVENT_OPENED:
                beat(messages, answer.timeout_ms / 3 / 1000)
                log(f"registered {register(corral, service, address, answer.session_token)}")
            elif answer.event == session_pb2.KEEP_ALIVE_EVENT_EPHEMERAL_LOST:
                log(f"somebody deleted {answer.path}")


def beat(messages, interval_s):
    """Beats now and then until the program ends."""

    def loop():
        while True:
            time.sleep(interval_s)
            log("beat")
            messages.put(session_pb2.KeepAliveRequest())

    threading.Thread(target=loop, daemon=True).start()


def register(corral, service, address, session_token):
    """Creates the service's path where it is missing, and the address under it as a node of the session."""
    names = service.split("/")
    for depth in range(2, len(names) + 1):
        try:
            corral.Create(node_pb2.CreateRequest(path="/".join(names[:depth])))
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.ALREADY_EXISTS:
                raise
    node = node_pb2.CreateRequest(
        path=f"{service}/provider-", text=address, mode=node_pb2.CREATE_MODE_EPHEMERAL_SEQUENTIAL
    )
    return corral.Create(node, metadata=[("corral-session", session_token)]).path


def log(text):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    print(now.replace("+00:00", "Z"), text, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
