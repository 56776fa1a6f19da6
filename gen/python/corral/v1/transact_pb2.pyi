from corral.v1 import node_pb2 as _node_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TransactBranch(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSACT_BRANCH_UNSPECIFIED: _ClassVar[TransactBranch]
    TRANSACT_BRANCH_THEN: _ClassVar[TransactBranch]
    TRANSACT_BRANCH_ELSE: _ClassVar[TransactBranch]
TRANSACT_BRANCH_UNSPECIFIED: TransactBranch
TRANSACT_BRANCH_THEN: TransactBranch
TRANSACT_BRANCH_ELSE: TransactBranch

class TransactRequest(_message.Message):
    __slots__ = ("conditions", "operations", "else_operations")
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    ELSE_OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    conditions: _containers.RepeatedCompositeFieldContainer[Condition]
    operations: _containers.RepeatedCompositeFieldContainer[TransactOperation]
    else_operations: _containers.RepeatedCompositeFieldContainer[TransactOperation]
    def __init__(self, conditions: _Optional[_Iterable[_Union[Condition, _Mapping]]] = ..., operations: _Optional[_Iterable[_Union[TransactOperation, _Mapping]]] = ..., else_operations: _Optional[_Iterable[_Union[TransactOperation, _Mapping]]] = ...) -> None: ...

class Condition(_message.Message):
    __slots__ = ("path", "exists", "version", "czxid", "aversion", "data", "text", "num_children")
    PATH_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CZXID_FIELD_NUMBER: _ClassVar[int]
    AVERSION_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NUM_CHILDREN_FIELD_NUMBER: _ClassVar[int]
    path: str
    exists: bool
    version: int
    czxid: int
    aversion: int
    data: bytes
    text: str
    num_children: int
    def __init__(self, path: _Optional[str] = ..., exists: bool = ..., version: _Optional[int] = ..., czxid: _Optional[int] = ..., aversion: _Optional[int] = ..., data: _Optional[bytes] = ..., text: _Optional[str] = ..., num_children: _Optional[int] = ...) -> None: ...

class TransactOperation(_message.Message):
    __slots__ = ("create", "set", "delete", "check", "get", "exists", "list")
    CREATE_FIELD_NUMBER: _ClassVar[int]
    SET_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    GET_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    LIST_FIELD_NUMBER: _ClassVar[int]
    create: _node_pb2.CreateRequest
    set: _node_pb2.SetRequest
    delete: _node_pb2.DeleteRequest
    check: Condition
    get: _node_pb2.GetRequest
    exists: _node_pb2.ExistsRequest
    list: _node_pb2.ListRequest
    def __init__(self, create: _Optional[_Union[_node_pb2.CreateRequest, _Mapping]] = ..., set: _Optional[_Union[_node_pb2.SetRequest, _Mapping]] = ..., delete: _Optional[_Union[_node_pb2.DeleteRequest, _Mapping]] = ..., check: _Optional[_Union[Condition, _Mapping]] = ..., get: _Optional[_Union[_node_pb2.GetRequest, _Mapping]] = ..., exists: _Optional[_Union[_node_pb2.ExistsRequest, _Mapping]] = ..., list: _Optional[_Union[_node_pb2.ListRequest, _Mapping]] = ...) -> None: ...

class TransactResponse(_message.Message):
    __slots__ = ("zxid", "branch", "results")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    branch: TransactBranch
    results: _containers.RepeatedCompositeFieldContainer[TransactResult]
    def __init__(self, zxid: _Optional[int] = ..., branch: _Optional[_Union[TransactBranch, str]] = ..., results: _Optional[_Iterable[_Union[TransactResult, _Mapping]]] = ...) -> None: ...

class TransactResult(_message.Message):
    __slots__ = ("create", "set", "delete", "check", "get", "exists", "list")
    CREATE_FIELD_NUMBER: _ClassVar[int]
    SET_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    GET_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    LIST_FIELD_NUMBER: _ClassVar[int]
    create: _node_pb2.CreateResponse
    set: _node_pb2.SetResponse
    delete: _node_pb2.DeleteResponse
    check: CheckResult
    get: _node_pb2.GetResponse
    exists: _node_pb2.ExistsResponse
    list: _node_pb2.ListResponse
    def __init__(self, create: _Optional[_Union[_node_pb2.CreateResponse, _Mapping]] = ..., set: _Optional[_Union[_node_pb2.SetResponse, _Mapping]] = ..., delete: _Optional[_Union[_node_pb2.DeleteResponse, _Mapping]] = ..., check: _Optional[_Union[CheckResult, _Mapping]] = ..., get: _Optional[_Union[_node_pb2.GetResponse, _Mapping]] = ..., exists: _Optional[_Union[_node_pb2.ExistsResponse, _Mapping]] = ..., list: _Optional[_Union[_node_pb2.ListResponse, _Mapping]] = ...) -> None: ...

class CheckResult(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
