from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class KeepAliveEvent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEEP_ALIVE_EVENT_UNSPECIFIED: _ClassVar[KeepAliveEvent]
    KEEP_ALIVE_EVENT_OPENED: _ClassVar[KeepAliveEvent]
    KEEP_ALIVE_EVENT_ATTACHED: _ClassVar[KeepAliveEvent]
    KEEP_ALIVE_EVENT_ALIVE: _ClassVar[KeepAliveEvent]
    KEEP_ALIVE_EVENT_EPHEMERAL_LOST: _ClassVar[KeepAliveEvent]
    KEEP_ALIVE_EVENT_CLOSED: _ClassVar[KeepAliveEvent]
KEEP_ALIVE_EVENT_UNSPECIFIED: KeepAliveEvent
KEEP_ALIVE_EVENT_OPENED: KeepAliveEvent
KEEP_ALIVE_EVENT_ATTACHED: KeepAliveEvent
KEEP_ALIVE_EVENT_ALIVE: KeepAliveEvent
KEEP_ALIVE_EVENT_EPHEMERAL_LOST: KeepAliveEvent
KEEP_ALIVE_EVENT_CLOSED: KeepAliveEvent

class OpenSessionRequest(_message.Message):
    __slots__ = ("timeout_ms", "owner")
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    timeout_ms: int
    owner: str
    def __init__(self, timeout_ms: _Optional[int] = ..., owner: _Optional[str] = ...) -> None: ...

class OpenSessionResponse(_message.Message):
    __slots__ = ("zxid", "session_id", "session_token", "timeout_ms")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    session_id: int
    session_token: str
    timeout_ms: int
    def __init__(self, zxid: _Optional[int] = ..., session_id: _Optional[int] = ..., session_token: _Optional[str] = ..., timeout_ms: _Optional[int] = ...) -> None: ...

class CloseSessionRequest(_message.Message):
    __slots__ = ("session_token",)
    SESSION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    session_token: str
    def __init__(self, session_token: _Optional[str] = ...) -> None: ...

class CloseSessionResponse(_message.Message):
    __slots__ = ("zxid",)
    ZXID_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    def __init__(self, zxid: _Optional[int] = ...) -> None: ...

class KeepAliveRequest(_message.Message):
    __slots__ = ("session_token", "timeout_ms", "close", "owner")
    SESSION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    session_token: str
    timeout_ms: int
    close: bool
    owner: str
    def __init__(self, session_token: _Optional[str] = ..., timeout_ms: _Optional[int] = ..., close: bool = ..., owner: _Optional[str] = ...) -> None: ...

class KeepAliveResponse(_message.Message):
    __slots__ = ("event", "session_id", "session_token", "timeout_ms", "expires_in_ms", "zxid", "path", "more_paths")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_MS_FIELD_NUMBER: _ClassVar[int]
    ZXID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MORE_PATHS_FIELD_NUMBER: _ClassVar[int]
    event: KeepAliveEvent
    session_id: int
    session_token: str
    timeout_ms: int
    expires_in_ms: int
    zxid: int
    path: str
    more_paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, event: _Optional[_Union[KeepAliveEvent, str]] = ..., session_id: _Optional[int] = ..., session_token: _Optional[str] = ..., timeout_ms: _Optional[int] = ..., expires_in_ms: _Optional[int] = ..., zxid: _Optional[int] = ..., path: _Optional[str] = ..., more_paths: _Optional[_Iterable[str]] = ...) -> None: ...
