from corral.v1 import node_pb2 as _node_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WatchKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WATCH_KIND_UNSPECIFIED: _ClassVar[WatchKind]
    WATCH_KIND_DATA: _ClassVar[WatchKind]
    WATCH_KIND_EXISTS: _ClassVar[WatchKind]
    WATCH_KIND_CHILDREN: _ClassVar[WatchKind]
    WATCH_KIND_PERSISTENT: _ClassVar[WatchKind]
    WATCH_KIND_PERSISTENT_RECURSIVE: _ClassVar[WatchKind]
    WATCH_KIND_SUBTREE: _ClassVar[WatchKind]

class WatchEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WATCH_EVENT_KIND_UNSPECIFIED: _ClassVar[WatchEventKind]
    WATCH_EVENT_KIND_NODE_CREATED: _ClassVar[WatchEventKind]
    WATCH_EVENT_KIND_NODE_DATA_CHANGED: _ClassVar[WatchEventKind]
    WATCH_EVENT_KIND_NODE_DELETED: _ClassVar[WatchEventKind]
    WATCH_EVENT_KIND_NODE_CHILDREN_CHANGED: _ClassVar[WatchEventKind]
WATCH_KIND_UNSPECIFIED: WatchKind
WATCH_KIND_DATA: WatchKind
WATCH_KIND_EXISTS: WatchKind
WATCH_KIND_CHILDREN: WatchKind
WATCH_KIND_PERSISTENT: WatchKind
WATCH_KIND_PERSISTENT_RECURSIVE: WatchKind
WATCH_KIND_SUBTREE: WatchKind
WATCH_EVENT_KIND_UNSPECIFIED: WatchEventKind
WATCH_EVENT_KIND_NODE_CREATED: WatchEventKind
WATCH_EVENT_KIND_NODE_DATA_CHANGED: WatchEventKind
WATCH_EVENT_KIND_NODE_DELETED: WatchEventKind
WATCH_EVENT_KIND_NODE_CHILDREN_CHANGED: WatchEventKind

class WatchRequest(_message.Message):
    __slots__ = ("add", "cancel", "bookmark")
    ADD_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    BOOKMARK_FIELD_NUMBER: _ClassVar[int]
    add: _containers.RepeatedCompositeFieldContainer[WatchAdd]
    cancel: _containers.RepeatedScalarFieldContainer[int]
    bookmark: bool
    def __init__(self, add: _Optional[_Iterable[_Union[WatchAdd, _Mapping]]] = ..., cancel: _Optional[_Iterable[int]] = ..., bookmark: bool = ...) -> None: ...

class WatchAdd(_message.Message):
    __slots__ = ("watch_id", "path", "kind", "depth", "after_zxid", "with_data", "with_previous_data", "as_text")
    WATCH_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    AFTER_ZXID_FIELD_NUMBER: _ClassVar[int]
    WITH_DATA_FIELD_NUMBER: _ClassVar[int]
    WITH_PREVIOUS_DATA_FIELD_NUMBER: _ClassVar[int]
    AS_TEXT_FIELD_NUMBER: _ClassVar[int]
    watch_id: int
    path: str
    kind: WatchKind
    depth: int
    after_zxid: int
    with_data: bool
    with_previous_data: bool
    as_text: bool
    def __init__(self, watch_id: _Optional[int] = ..., path: _Optional[str] = ..., kind: _Optional[_Union[WatchKind, str]] = ..., depth: _Optional[int] = ..., after_zxid: _Optional[int] = ..., with_data: bool = ..., with_previous_data: bool = ..., as_text: bool = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("added", "events", "canceled", "bookmark", "zxid_continues")
    ADDED_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    CANCELED_FIELD_NUMBER: _ClassVar[int]
    BOOKMARK_FIELD_NUMBER: _ClassVar[int]
    ZXID_CONTINUES_FIELD_NUMBER: _ClassVar[int]
    added: _containers.RepeatedCompositeFieldContainer[WatchAdded]
    events: _containers.RepeatedCompositeFieldContainer[WatchEvent]
    canceled: _containers.RepeatedCompositeFieldContainer[WatchCanceled]
    bookmark: WatchBookmark
    zxid_continues: bool
    def __init__(self, added: _Optional[_Iterable[_Union[WatchAdded, _Mapping]]] = ..., events: _Optional[_Iterable[_Union[WatchEvent, _Mapping]]] = ..., canceled: _Optional[_Iterable[_Union[WatchCanceled, _Mapping]]] = ..., bookmark: _Optional[_Union[WatchBookmark, _Mapping]] = ..., zxid_continues: bool = ...) -> None: ...

class WatchAdded(_message.Message):
    __slots__ = ("watch_id", "zxid")
    WATCH_ID_FIELD_NUMBER: _ClassVar[int]
    ZXID_FIELD_NUMBER: _ClassVar[int]
    watch_id: int
    zxid: int
    def __init__(self, watch_id: _Optional[int] = ..., zxid: _Optional[int] = ...) -> None: ...

class WatchCanceled(_message.Message):
    __slots__ = ("watch_id", "status")
    WATCH_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    watch_id: int
    status: _status_pb2.Status
    def __init__(self, watch_id: _Optional[int] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class WatchBookmark(_message.Message):
    __slots__ = ("zxid", "next_in_ms")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    NEXT_IN_MS_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    next_in_ms: int
    def __init__(self, zxid: _Optional[int] = ..., next_in_ms: _Optional[int] = ...) -> None: ...

class WatchEvent(_message.Message):
    __slots__ = ("watch_ids", "kind", "path", "zxid", "stat", "data", "text", "previous_data", "previous_text", "data_omitted", "deleted_ms")
    WATCH_IDS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    ZXID_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_DATA_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_TEXT_FIELD_NUMBER: _ClassVar[int]
    DATA_OMITTED_FIELD_NUMBER: _ClassVar[int]
    DELETED_MS_FIELD_NUMBER: _ClassVar[int]
    watch_ids: _containers.RepeatedScalarFieldContainer[int]
    kind: WatchEventKind
    path: str
    zxid: int
    stat: _node_pb2.Stat
    data: bytes
    text: str
    previous_data: bytes
    previous_text: str
    data_omitted: bool
    deleted_ms: int
    def __init__(self, watch_ids: _Optional[_Iterable[int]] = ..., kind: _Optional[_Union[WatchEventKind, str]] = ..., path: _Optional[str] = ..., zxid: _Optional[int] = ..., stat: _Optional[_Union[_node_pb2.Stat, _Mapping]] = ..., data: _Optional[bytes] = ..., text: _Optional[str] = ..., previous_data: _Optional[bytes] = ..., previous_text: _Optional[str] = ..., data_omitted: bool = ..., deleted_ms: _Optional[int] = ...) -> None: ...
