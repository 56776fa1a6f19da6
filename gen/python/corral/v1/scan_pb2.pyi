from corral.v1 import node_pb2 as _node_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ScanRequest(_message.Message):
    __slots__ = ("path", "with_data", "with_stats", "as_text")
    PATH_FIELD_NUMBER: _ClassVar[int]
    WITH_DATA_FIELD_NUMBER: _ClassVar[int]
    WITH_STATS_FIELD_NUMBER: _ClassVar[int]
    AS_TEXT_FIELD_NUMBER: _ClassVar[int]
    path: str
    with_data: bool
    with_stats: bool
    as_text: bool
    def __init__(self, path: _Optional[str] = ..., with_data: bool = ..., with_stats: bool = ..., as_text: bool = ...) -> None: ...

class ScanResponse(_message.Message):
    __slots__ = ("zxid", "nodes")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    nodes: _containers.RepeatedCompositeFieldContainer[ScannedNode]
    def __init__(self, zxid: _Optional[int] = ..., nodes: _Optional[_Iterable[_Union[ScannedNode, _Mapping]]] = ...) -> None: ...

class ScannedNode(_message.Message):
    __slots__ = ("path", "stat", "data", "text")
    PATH_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    path: str
    stat: _node_pb2.Stat
    data: bytes
    text: str
    def __init__(self, path: _Optional[str] = ..., stat: _Optional[_Union[_node_pb2.Stat, _Mapping]] = ..., data: _Optional[bytes] = ..., text: _Optional[str] = ...) -> None: ...
