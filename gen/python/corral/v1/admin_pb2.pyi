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

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("version", "start_time_ms", "uptime_ms", "zxid", "oldest_zxid", "nodes", "ephemeral_nodes", "data_bytes", "sessions", "watches", "watch_streams", "connections", "draining", "alarms", "database_bytes", "wal_bytes", "disk_free_bytes", "log_level")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    UPTIME_MS_FIELD_NUMBER: _ClassVar[int]
    ZXID_FIELD_NUMBER: _ClassVar[int]
    OLDEST_ZXID_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    EPHEMERAL_NODES_FIELD_NUMBER: _ClassVar[int]
    DATA_BYTES_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    WATCHES_FIELD_NUMBER: _ClassVar[int]
    WATCH_STREAMS_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    ALARMS_FIELD_NUMBER: _ClassVar[int]
    DATABASE_BYTES_FIELD_NUMBER: _ClassVar[int]
    WAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    DISK_FREE_BYTES_FIELD_NUMBER: _ClassVar[int]
    LOG_LEVEL_FIELD_NUMBER: _ClassVar[int]
    version: str
    start_time_ms: int
    uptime_ms: int
    zxid: int
    oldest_zxid: int
    nodes: int
    ephemeral_nodes: int
    data_bytes: int
    sessions: int
    watches: int
    watch_streams: int
    connections: int
    draining: bool
    alarms: _containers.RepeatedCompositeFieldContainer[Alarm]
    database_bytes: int
    wal_bytes: int
    disk_free_bytes: int
    log_level: str
    def __init__(self, version: _Optional[str] = ..., start_time_ms: _Optional[int] = ..., uptime_ms: _Optional[int] = ..., zxid: _Optional[int] = ..., oldest_zxid: _Optional[int] = ..., nodes: _Optional[int] = ..., ephemeral_nodes: _Optional[int] = ..., data_bytes: _Optional[int] = ..., sessions: _Optional[int] = ..., watches: _Optional[int] = ..., watch_streams: _Optional[int] = ..., connections: _Optional[int] = ..., draining: bool = ..., alarms: _Optional[_Iterable[_Union[Alarm, _Mapping]]] = ..., database_bytes: _Optional[int] = ..., wal_bytes: _Optional[int] = ..., disk_free_bytes: _Optional[int] = ..., log_level: _Optional[str] = ...) -> None: ...

class Alarm(_message.Message):
    __slots__ = ("name", "since_ms", "message")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    since_ms: int
    message: str
    def __init__(self, name: _Optional[str] = ..., since_ms: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...
