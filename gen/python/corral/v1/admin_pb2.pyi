from corral.v1 import acl_pb2 as _acl_pb2
from corral.v1 import watch_pb2 as _watch_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SessionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_STATE_UNSPECIFIED: _ClassVar[SessionState]
    SESSION_STATE_ATTACHED: _ClassVar[SessionState]
    SESSION_STATE_DETACHED: _ClassVar[SessionState]
    SESSION_STATE_ENDING: _ClassVar[SessionState]

class LogLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOG_LEVEL_UNSPECIFIED: _ClassVar[LogLevel]
    LOG_LEVEL_ERROR: _ClassVar[LogLevel]
    LOG_LEVEL_WARN: _ClassVar[LogLevel]
    LOG_LEVEL_INFO: _ClassVar[LogLevel]
    LOG_LEVEL_DEBUG: _ClassVar[LogLevel]
SESSION_STATE_UNSPECIFIED: SessionState
SESSION_STATE_ATTACHED: SessionState
SESSION_STATE_DETACHED: SessionState
SESSION_STATE_ENDING: SessionState
LOG_LEVEL_UNSPECIFIED: LogLevel
LOG_LEVEL_ERROR: LogLevel
LOG_LEVEL_WARN: LogLevel
LOG_LEVEL_INFO: LogLevel
LOG_LEVEL_DEBUG: LogLevel

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

class ListSessionsRequest(_message.Message):
    __slots__ = ("after_session_id", "limit", "ending_within_ms")
    AFTER_SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    ENDING_WITHIN_MS_FIELD_NUMBER: _ClassVar[int]
    after_session_id: int
    limit: int
    ending_within_ms: int
    def __init__(self, after_session_id: _Optional[int] = ..., limit: _Optional[int] = ..., ending_within_ms: _Optional[int] = ...) -> None: ...

class ListSessionsResponse(_message.Message):
    __slots__ = ("sessions", "more", "open_sessions")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    OPEN_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[SessionInfo]
    more: bool
    open_sessions: int
    def __init__(self, sessions: _Optional[_Iterable[_Union[SessionInfo, _Mapping]]] = ..., more: bool = ..., open_sessions: _Optional[int] = ...) -> None: ...

class SessionInfo(_message.Message):
    __slots__ = ("session_id", "owner", "timeout_ms", "state", "expires_in_ms", "peer", "identities", "ephemeral_nodes", "watch_streams", "watches")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_MS_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    IDENTITIES_FIELD_NUMBER: _ClassVar[int]
    EPHEMERAL_NODES_FIELD_NUMBER: _ClassVar[int]
    WATCH_STREAMS_FIELD_NUMBER: _ClassVar[int]
    WATCHES_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    owner: str
    timeout_ms: int
    state: SessionState
    expires_in_ms: int
    peer: str
    identities: _containers.RepeatedCompositeFieldContainer[_acl_pb2.Identity]
    ephemeral_nodes: int
    watch_streams: int
    watches: int
    def __init__(self, session_id: _Optional[int] = ..., owner: _Optional[str] = ..., timeout_ms: _Optional[int] = ..., state: _Optional[_Union[SessionState, str]] = ..., expires_in_ms: _Optional[int] = ..., peer: _Optional[str] = ..., identities: _Optional[_Iterable[_Union[_acl_pb2.Identity, _Mapping]]] = ..., ephemeral_nodes: _Optional[int] = ..., watch_streams: _Optional[int] = ..., watches: _Optional[int] = ...) -> None: ...

class ListEphemeralsRequest(_message.Message):
    __slots__ = ("session_id", "after_path", "limit")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_PATH_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    after_path: str
    limit: int
    def __init__(self, session_id: _Optional[int] = ..., after_path: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListEphemeralsResponse(_message.Message):
    __slots__ = ("paths", "more")
    PATHS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[str]
    more: bool
    def __init__(self, paths: _Optional[_Iterable[str]] = ..., more: bool = ...) -> None: ...

class ExpireSessionRequest(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    def __init__(self, session_id: _Optional[int] = ...) -> None: ...

class ExpireSessionResponse(_message.Message):
    __slots__ = ("zxid",)
    ZXID_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    def __init__(self, zxid: _Optional[int] = ...) -> None: ...

class SetDrainingRequest(_message.Message):
    __slots__ = ("draining",)
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    draining: bool
    def __init__(self, draining: bool = ...) -> None: ...

class SetDrainingResponse(_message.Message):
    __slots__ = ("draining", "sessions", "connections")
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    draining: bool
    sessions: int
    connections: int
    def __init__(self, draining: bool = ..., sessions: _Optional[int] = ..., connections: _Optional[int] = ...) -> None: ...

class SetLogLevelRequest(_message.Message):
    __slots__ = ("level",)
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    level: LogLevel
    def __init__(self, level: _Optional[_Union[LogLevel, str]] = ...) -> None: ...

class SetLogLevelResponse(_message.Message):
    __slots__ = ("previous",)
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    previous: LogLevel
    def __init__(self, previous: _Optional[_Union[LogLevel, str]] = ...) -> None: ...

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
