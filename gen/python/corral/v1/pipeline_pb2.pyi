from corral.v1 import node_pb2 as _node_pb2
from corral.v1 import transact_pb2 as _transact_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PipelineRequest(_message.Message):
    __slots__ = ("operations",)
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    operations: _containers.RepeatedCompositeFieldContainer[PipelineOperation]
    def __init__(self, operations: _Optional[_Iterable[_Union[PipelineOperation, _Mapping]]] = ...) -> None: ...

class PipelineOperation(_message.Message):
    __slots__ = ("create", "get", "exists", "set", "delete", "list", "sync", "transact", "get_acl", "set_acl", "request_id")
    CREATE_FIELD_NUMBER: _ClassVar[int]
    GET_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    SET_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    LIST_FIELD_NUMBER: _ClassVar[int]
    SYNC_FIELD_NUMBER: _ClassVar[int]
    TRANSACT_FIELD_NUMBER: _ClassVar[int]
    GET_ACL_FIELD_NUMBER: _ClassVar[int]
    SET_ACL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    create: _node_pb2.CreateRequest
    get: _node_pb2.GetRequest
    exists: _node_pb2.ExistsRequest
    set: _node_pb2.SetRequest
    delete: _node_pb2.DeleteRequest
    list: _node_pb2.ListRequest
    sync: _node_pb2.SyncRequest
    transact: _transact_pb2.TransactRequest
    get_acl: _node_pb2.GetAclRequest
    set_acl: _node_pb2.SetAclRequest
    request_id: str
    def __init__(self, create: _Optional[_Union[_node_pb2.CreateRequest, _Mapping]] = ..., get: _Optional[_Union[_node_pb2.GetRequest, _Mapping]] = ..., exists: _Optional[_Union[_node_pb2.ExistsRequest, _Mapping]] = ..., set: _Optional[_Union[_node_pb2.SetRequest, _Mapping]] = ..., delete: _Optional[_Union[_node_pb2.DeleteRequest, _Mapping]] = ..., list: _Optional[_Union[_node_pb2.ListRequest, _Mapping]] = ..., sync: _Optional[_Union[_node_pb2.SyncRequest, _Mapping]] = ..., transact: _Optional[_Union[_transact_pb2.TransactRequest, _Mapping]] = ..., get_acl: _Optional[_Union[_node_pb2.GetAclRequest, _Mapping]] = ..., set_acl: _Optional[_Union[_node_pb2.SetAclRequest, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class PipelineResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[PipelineResult]
    def __init__(self, results: _Optional[_Iterable[_Union[PipelineResult, _Mapping]]] = ...) -> None: ...

class PipelineResult(_message.Message):
    __slots__ = ("error", "create", "get", "exists", "set", "delete", "list", "sync", "transact", "get_acl", "set_acl")
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CREATE_FIELD_NUMBER: _ClassVar[int]
    GET_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    SET_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    LIST_FIELD_NUMBER: _ClassVar[int]
    SYNC_FIELD_NUMBER: _ClassVar[int]
    TRANSACT_FIELD_NUMBER: _ClassVar[int]
    GET_ACL_FIELD_NUMBER: _ClassVar[int]
    SET_ACL_FIELD_NUMBER: _ClassVar[int]
    error: _status_pb2.Status
    create: _node_pb2.CreateResponse
    get: _node_pb2.GetResponse
    exists: _node_pb2.ExistsResponse
    set: _node_pb2.SetResponse
    delete: _node_pb2.DeleteResponse
    list: _node_pb2.ListResponse
    sync: _node_pb2.SyncResponse
    transact: _transact_pb2.TransactResponse
    get_acl: _node_pb2.GetAclResponse
    set_acl: _node_pb2.SetAclResponse
    def __init__(self, error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., create: _Optional[_Union[_node_pb2.CreateResponse, _Mapping]] = ..., get: _Optional[_Union[_node_pb2.GetResponse, _Mapping]] = ..., exists: _Optional[_Union[_node_pb2.ExistsResponse, _Mapping]] = ..., set: _Optional[_Union[_node_pb2.SetResponse, _Mapping]] = ..., delete: _Optional[_Union[_node_pb2.DeleteResponse, _Mapping]] = ..., list: _Optional[_Union[_node_pb2.ListResponse, _Mapping]] = ..., sync: _Optional[_Union[_node_pb2.SyncResponse, _Mapping]] = ..., transact: _Optional[_Union[_transact_pb2.TransactResponse, _Mapping]] = ..., get_acl: _Optional[_Union[_node_pb2.GetAclResponse, _Mapping]] = ..., set_acl: _Optional[_Union[_node_pb2.SetAclResponse, _Mapping]] = ...) -> None: ...
