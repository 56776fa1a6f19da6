"""Corral's story, told with the generated Python stubs. story.ts says how it is run."""

import json
import queue
import sys

import grpc
from corral.v1 import coordination_pb2_grpc, node_pb2, session_pb2, watch_pb2
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2


def before(corral):
    top = corral.List(node_pb2.ListRequest(path="/"))
    assert "sl" not in [child.name for child in top.children]
    events = watch(corral, "/sl", top.zxid)

    created = corral.Create(node_pb2.CreateRequest(path="/sl", text="20"))
    assert created.path == "/sl"
    assert created.stat.version == 0
    assert corral.Get(node_pb2.GetRequest(path="/sl", as_text=True)).text == "20"

    changed = corral.Set(node_pb2.SetRequest(path="/sl", data=b"30", version=0))
    assert changed.stat.version == 1
    assert changed.zxid > created.zxid
    assert corral.Get(node_pb2.GetRequest(path="/sl")).data == b"30"
    told_of(events, watch_pb2.WATCH_EVENT_KIND_NODE_CREATED, path="/sl", zxid=created.zxid, text="20")
    change = {"path": "/sl", "zxid": changed.zxid, "text": "30", "previous_text": "20"}
    told_of(events, watch_pb2.WATCH_EVENT_KIND_NODE_DATA_CHANGED, **change)

    with refused(grpc.StatusCode.NOT_FOUND, "NO_NODE", path="/sl/sl2"):
        corral.Create(node_pb2.CreateRequest(path="/sl/sl2/sl3"))
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "BAD_ARGUMENTS"):
        corral.Create(node_pb2.CreateRequest(path="sl"))
    corral.Create(node_pb2.CreateRequest(path="/sl/child", text="a child"))
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_EMPTY", path="/sl"):
        corral.Delete(node_pb2.DeleteRequest(path="/sl"))
    with refused(grpc.StatusCode.ABORTED, "BAD_VERSION", path="/sl", expected="0", actual="1"):
        corral.Set(node_pb2.SetRequest(path="/sl", text="40", version=0))
    told_of(events, watch_pb2.WATCH_EVENT_KIND_NODE_CREATED, path="/sl/child", text="a child")
    removed = corral.Delete(node_pb2.DeleteRequest(path="/sl/child"))
    told_of(events, watch_pb2.WATCH_EVENT_KIND_NODE_DELETED, zxid=removed.zxid, previous_text="a child")

    node = node_pb2.CreateRequest(path="/sl/here", text="I am", mode=node_pb2.CREATE_MODE_EPHEMERAL)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SESSION_REQUIRED"):
        corral.Create(node)
    life = Life(corral, timeout_ms=20_000)
    opened = life.next(session_pb2.KEEP_ALIVE_EVENT_OPENED)
    stat = corral.Create(node, metadata=[("corral-session", opened.session_token)]).stat
    assert stat.ephemeral_owner == opened.session_id
    life.send()
    life.next(session_pb2.KEEP_ALIVE_EVENT_ALIVE)
    # The stream ends, and the session lives on.
    life.half_close()

    sl = corral.Exists(node_pb2.ExistsRequest(path="/sl")).stat
    told = {
        "token": opened.session_token,
        "sessionId": str(opened.session_id),
        "sl": json_format.MessageToDict(sl),
        "ephemeral": json_format.MessageToDict(stat),
        "zxid": str(removed.zxid),
    }
    print(json.dumps(told))


def after(corral, told):
    sl = corral.Get(node_pb2.GetRequest(path="/sl", as_text=True))
    assert sl.text == "30"
    assert json_format.MessageToDict(sl.stat) == told["sl"]
    ephemeral = corral.Get(node_pb2.GetRequest(path="/sl/here", as_text=True))
    assert ephemeral.text == "I am"
    assert json_format.MessageToDict(ephemeral.stat) == told["ephemeral"]

    # What happened after the last event it was told of, also before the restart, and then what happens now.
    events = watch(corral, "/sl", int(told["zxid"]))
    missed = {"path": "/sl/here", "zxid": ephemeral.stat.czxid, "text": "I am"}
    told_of(events, watch_pb2.WATCH_EVENT_KIND_NODE_CREATED, **missed)

    life = Life(corral, session_token=told["token"])
    assert str(life.next(session_pb2.KEEP_ALIVE_EVENT_ATTACHED).session_id) == told["sessionId"]
    life.send(close=True)
    zxid = life.next(session_pb2.KEEP_ALIVE_EVENT_CLOSED).zxid
    gone = {"path": "/sl/here", "zxid": zxid, "previous_text": "I am"}
    told_of(events, watch_pb2.WATCH_EVENT_KIND_NODE_DELETED, **gone)
    life.end()
    assert not corral.Exists(node_pb2.ExistsRequest(path="/sl/here")).HasField("stat")
    assert corral.Exists(node_pb2.ExistsRequest(path="/sl")).stat.version == 1
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "SESSION_EXPIRED"):
        Life(corral, session_token=told["token"]).end()


def watch(corral, path, after_zxid):
    """The events of one watch of a node and all below it, with data."""
    add = watch_pb2.WatchAdd(
        path=path, after_zxid=after_zxid, with_data=True, with_previous_data=True, as_text=True
    )
    # At the end of its requests the stream is half-closed, and the watch goes on.
    answers = corral.Watch(iter([watch_pb2.WatchRequest(add=[add])]), timeout=20)
    return events_of(answers)


def events_of(answers):
    for answer in answers:
        assert not answer.canceled, answer
        yield from answer.events


def told_of(events, kind, **fields):
    """Expects the next event to be of a kind and to have these fields."""
    event = next(events)
    assert event.kind == kind, event
    for name, value in fields.items():
        assert getattr(event, name) == value, event


class Life:
    """A KeepAlive stream, read one answer at a time."""

    def __init__(self, corral, **first):
        self._messages = queue.SimpleQueue()
        self.send(**first)
        self._answers = corral.KeepAlive(iter(self._messages.get, None))

    def send(self, **message):
        self._messages.put(session_pb2.KeepAliveRequest(**message))

    def half_close(self):
        self._messages.put(None)

    def next(self, event):
        answer = next(self._answers)
        assert answer.event == event, answer
        return answer

    def end(self):
        assert next(self._answers, None) is None, "the stream goes on"


class refused:
    """Expects the block to be refused with a code, a reason and the facts behind it."""

    def __init__(self, code, reason, **facts):
        self._code, self._reason, self._facts = code, reason, facts

    def __enter__(self):
        return self

    def __exit__(self, _type, error, _traceback):
        assert isinstance(error, grpc.RpcError), f"was not refused with {self._reason}: {error}"
        assert error.code() == self._code, error
        info = error_info(error)
        assert info.reason == self._reason, info
        assert info.domain == "corral", info
        for name, value in self._facts.items():
            assert info.metadata[name] == value, info
        return True


def error_info(error):
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    assert status.message == error.details()
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info
    raise AssertionError(f"no ErrorInfo in {status}")


if __name__ == "__main__":
    address, part, *seen = sys.argv[1:]
    with grpc.insecure_channel(address) as channel:
        stub = coordination_pb2_grpc.CoordinationStub(channel)
        if part == "before":
            before(stub)
        else:
            after(stub, json.loads(seen[0]))
