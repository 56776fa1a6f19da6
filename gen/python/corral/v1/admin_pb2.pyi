from corral.v1 import watch_pb2 as _watch_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CountWatchesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CountWatchesResponse(_message.Message):
    __slots__ = ("counts", "streams", "catching_up")
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    CATCHING_UP_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.RepeatedCompositeFieldContainer[WatchCount]
    streams: int
    catching_up: int
    def __init__(self, counts: _Optional[_Iterable[_Union[WatchCount, _Mapping]]] = ..., streams: _Optional[int] = ..., catching_up: _Optional[int] = ...) -> None: ...

class WatchCount(_message.Message):
    __slots__ = ("kind", "count")
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    kind: _watch_pb2.WatchKind
    count: int
    def __init__(self, kind: _Optional[_Union[_watch_pb2.WatchKind, str]] = ..., count: _Optional[int] = ...) -> None: ...

class ListWatchersRequest(_message.Message):
    __slots__ = ("path", "limit")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    path: str
    limit: int
    def __init__(self, path: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListWatchersResponse(_message.Message):
    __slots__ = ("watchers", "more")
    WATCHERS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    watchers: _containers.RepeatedCompositeFieldContainer[Watcher]
    more: bool
    def __init__(self, watchers: _Optional[_Iterable[_Union[Watcher, _Mapping]]] = ..., more: bool = ...) -> None: ...

class Watcher(_message.Message):
    __slots__ = ("path", "kind", "depth", "watch_id", "peer", "session_id", "sent_zxid", "waiting_events")
    PATH_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    WATCH_ID_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SENT_ZXID_FIELD_NUMBER: _ClassVar[int]
    WAITING_EVENTS_FIELD_NUMBER: _ClassVar[int]
    path: str
    kind: _watch_pb2.WatchKind
    depth: int
    watch_id: int
    peer: str
    session_id: int
    sent_zxid: int
    waiting_events: int
    def __init__(self, path: _Optional[str] = ..., kind: _Optional[_Union[_watch_pb2.WatchKind, str]] = ..., depth: _Optional[int] = ..., watch_id: _Optional[int] = ..., peer: _Optional[str] = ..., session_id: _Optional[int] = ..., sent_zxid: _Optional[int] = ..., waiting_events: _Optional[int] = ...) -> None: ...

class BackupRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BackupResponse(_message.Message):
    __slots__ = ("chunk", "zxid", "nodes", "nodes_total")
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    ZXID_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    NODES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    zxid: int
    nodes: int
    nodes_total: int
    def __init__(self, chunk: _Optional[bytes] = ..., zxid: _Optional[int] = ..., nodes: _Optional[int] = ..., nodes_total: _Optional[int] = ...) -> None: ...
