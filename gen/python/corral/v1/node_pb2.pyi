from corral.v1 import acl_pb2 as _acl_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CREATE_MODE_UNSPECIFIED: _ClassVar[CreateMode]
    CREATE_MODE_PERSISTENT: _ClassVar[CreateMode]
    CREATE_MODE_PERSISTENT_SEQUENTIAL: _ClassVar[CreateMode]
    CREATE_MODE_EPHEMERAL: _ClassVar[CreateMode]
    CREATE_MODE_EPHEMERAL_SEQUENTIAL: _ClassVar[CreateMode]
    CREATE_MODE_CONTAINER: _ClassVar[CreateMode]
    CREATE_MODE_PERSISTENT_WITH_TTL: _ClassVar[CreateMode]
    CREATE_MODE_PERSISTENT_SEQUENTIAL_WITH_TTL: _ClassVar[CreateMode]

class CreateParents(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CREATE_PARENTS_UNSPECIFIED: _ClassVar[CreateParents]
    CREATE_PARENTS_PERSISTENT: _ClassVar[CreateParents]
    CREATE_PARENTS_CONTAINER: _ClassVar[CreateParents]

class IfExists(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IF_EXISTS_UNSPECIFIED: _ClassVar[IfExists]
    IF_EXISTS_FAIL: _ClassVar[IfExists]
    IF_EXISTS_GET: _ClassVar[IfExists]
    IF_EXISTS_SET: _ClassVar[IfExists]
    IF_EXISTS_TAKE_OVER: _ClassVar[IfExists]
CREATE_MODE_UNSPECIFIED: CreateMode
CREATE_MODE_PERSISTENT: CreateMode
CREATE_MODE_PERSISTENT_SEQUENTIAL: CreateMode
CREATE_MODE_EPHEMERAL: CreateMode
CREATE_MODE_EPHEMERAL_SEQUENTIAL: CreateMode
CREATE_MODE_CONTAINER: CreateMode
CREATE_MODE_PERSISTENT_WITH_TTL: CreateMode
CREATE_MODE_PERSISTENT_SEQUENTIAL_WITH_TTL: CreateMode
CREATE_PARENTS_UNSPECIFIED: CreateParents
CREATE_PARENTS_PERSISTENT: CreateParents
CREATE_PARENTS_CONTAINER: CreateParents
IF_EXISTS_UNSPECIFIED: IfExists
IF_EXISTS_FAIL: IfExists
IF_EXISTS_GET: IfExists
IF_EXISTS_SET: IfExists
IF_EXISTS_TAKE_OVER: IfExists

class Stat(_message.Message):
    __slots__ = ("czxid", "mzxid", "pzxid", "ctime_ms", "mtime_ms", "version", "cversion", "aversion", "ephemeral_owner", "data_length", "num_children", "mode", "ttl_ms")
    CZXID_FIELD_NUMBER: _ClassVar[int]
    MZXID_FIELD_NUMBER: _ClassVar[int]
    PZXID_FIELD_NUMBER: _ClassVar[int]
    CTIME_MS_FIELD_NUMBER: _ClassVar[int]
    MTIME_MS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CVERSION_FIELD_NUMBER: _ClassVar[int]
    AVERSION_FIELD_NUMBER: _ClassVar[int]
    EPHEMERAL_OWNER_FIELD_NUMBER: _ClassVar[int]
    DATA_LENGTH_FIELD_NUMBER: _ClassVar[int]
    NUM_CHILDREN_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    TTL_MS_FIELD_NUMBER: _ClassVar[int]
    czxid: int
    mzxid: int
    pzxid: int
    ctime_ms: int
    mtime_ms: int
    version: int
    cversion: int
    aversion: int
    ephemeral_owner: int
    data_length: int
    num_children: int
    mode: CreateMode
    ttl_ms: int
    def __init__(self, czxid: _Optional[int] = ..., mzxid: _Optional[int] = ..., pzxid: _Optional[int] = ..., ctime_ms: _Optional[int] = ..., mtime_ms: _Optional[int] = ..., version: _Optional[int] = ..., cversion: _Optional[int] = ..., aversion: _Optional[int] = ..., ephemeral_owner: _Optional[int] = ..., data_length: _Optional[int] = ..., num_children: _Optional[int] = ..., mode: _Optional[_Union[CreateMode, str]] = ..., ttl_ms: _Optional[int] = ...) -> None: ...

class CreateRequest(_message.Message):
    __slots__ = ("path", "data", "text", "mode", "acl", "ttl_ms", "parents", "if_exists", "as_text")
    PATH_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    ACL_FIELD_NUMBER: _ClassVar[int]
    TTL_MS_FIELD_NUMBER: _ClassVar[int]
    PARENTS_FIELD_NUMBER: _ClassVar[int]
    IF_EXISTS_FIELD_NUMBER: _ClassVar[int]
    AS_TEXT_FIELD_NUMBER: _ClassVar[int]
    path: str
    data: bytes
    text: str
    mode: CreateMode
    acl: _containers.RepeatedCompositeFieldContainer[_acl_pb2.AclEntry]
    ttl_ms: int
    parents: CreateParents
    if_exists: IfExists
    as_text: bool
    def __init__(self, path: _Optional[str] = ..., data: _Optional[bytes] = ..., text: _Optional[str] = ..., mode: _Optional[_Union[CreateMode, str]] = ..., acl: _Optional[_Iterable[_Union[_acl_pb2.AclEntry, _Mapping]]] = ..., ttl_ms: _Optional[int] = ..., parents: _Optional[_Union[CreateParents, str]] = ..., if_exists: _Optional[_Union[IfExists, str]] = ..., as_text: bool = ...) -> None: ...

class CreateResponse(_message.Message):
    __slots__ = ("zxid", "path", "stat", "existed", "data", "text")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    EXISTED_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    path: str
    stat: Stat
    existed: bool
    data: bytes
    text: str
    def __init__(self, zxid: _Optional[int] = ..., path: _Optional[str] = ..., stat: _Optional[_Union[Stat, _Mapping]] = ..., existed: bool = ..., data: _Optional[bytes] = ..., text: _Optional[str] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("path", "as_text")
    PATH_FIELD_NUMBER: _ClassVar[int]
    AS_TEXT_FIELD_NUMBER: _ClassVar[int]
    path: str
    as_text: bool
    def __init__(self, path: _Optional[str] = ..., as_text: bool = ...) -> None: ...

class GetResponse(_message.Message):
    __slots__ = ("zxid", "data", "text", "stat")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    data: bytes
    text: str
    stat: Stat
    def __init__(self, zxid: _Optional[int] = ..., data: _Optional[bytes] = ..., text: _Optional[str] = ..., stat: _Optional[_Union[Stat, _Mapping]] = ...) -> None: ...

class ExistsRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class ExistsResponse(_message.Message):
    __slots__ = ("zxid", "stat")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    stat: Stat
    def __init__(self, zxid: _Optional[int] = ..., stat: _Optional[_Union[Stat, _Mapping]] = ...) -> None: ...

class SetRequest(_message.Message):
    __slots__ = ("path", "data", "text", "version")
    PATH_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    path: str
    data: bytes
    text: str
    version: int
    def __init__(self, path: _Optional[str] = ..., data: _Optional[bytes] = ..., text: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class SetResponse(_message.Message):
    __slots__ = ("zxid", "stat")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    stat: Stat
    def __init__(self, zxid: _Optional[int] = ..., stat: _Optional[_Union[Stat, _Mapping]] = ...) -> None: ...

class DeleteRequest(_message.Message):
    __slots__ = ("path", "version", "recursive")
    PATH_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    path: str
    version: int
    recursive: bool
    def __init__(self, path: _Optional[str] = ..., version: _Optional[int] = ..., recursive: bool = ...) -> None: ...

class DeleteResponse(_message.Message):
    __slots__ = ("zxid",)
    ZXID_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    def __init__(self, zxid: _Optional[int] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ("path", "page_size", "page_token", "with_stats")
    PATH_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WITH_STATS_FIELD_NUMBER: _ClassVar[int]
    path: str
    page_size: int
    page_token: str
    with_stats: bool
    def __init__(self, path: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., with_stats: bool = ...) -> None: ...

class ListResponse(_message.Message):
    __slots__ = ("zxid", "children", "next_page_token", "stat")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    CHILDREN_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    children: _containers.RepeatedCompositeFieldContainer[Child]
    next_page_token: str
    stat: Stat
    def __init__(self, zxid: _Optional[int] = ..., children: _Optional[_Iterable[_Union[Child, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., stat: _Optional[_Union[Stat, _Mapping]] = ...) -> None: ...

class Child(_message.Message):
    __slots__ = ("name", "stat")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    name: str
    stat: Stat
    def __init__(self, name: _Optional[str] = ..., stat: _Optional[_Union[Stat, _Mapping]] = ...) -> None: ...

class SyncRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class SyncResponse(_message.Message):
    __slots__ = ("zxid",)
    ZXID_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    def __init__(self, zxid: _Optional[int] = ...) -> None: ...

class GetAclRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class GetAclResponse(_message.Message):
    __slots__ = ("zxid", "acl", "stat")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    ACL_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    acl: _containers.RepeatedCompositeFieldContainer[_acl_pb2.AclEntry]
    stat: Stat
    def __init__(self, zxid: _Optional[int] = ..., acl: _Optional[_Iterable[_Union[_acl_pb2.AclEntry, _Mapping]]] = ..., stat: _Optional[_Union[Stat, _Mapping]] = ...) -> None: ...

class SetAclRequest(_message.Message):
    __slots__ = ("path", "acl", "aversion", "recursive")
    PATH_FIELD_NUMBER: _ClassVar[int]
    ACL_FIELD_NUMBER: _ClassVar[int]
    AVERSION_FIELD_NUMBER: _ClassVar[int]
    RECURSIVE_FIELD_NUMBER: _ClassVar[int]
    path: str
    acl: _containers.RepeatedCompositeFieldContainer[_acl_pb2.AclEntry]
    aversion: int
    recursive: bool
    def __init__(self, path: _Optional[str] = ..., acl: _Optional[_Iterable[_Union[_acl_pb2.AclEntry, _Mapping]]] = ..., aversion: _Optional[int] = ..., recursive: bool = ...) -> None: ...

class SetAclResponse(_message.Message):
    __slots__ = ("zxid", "stat")
    ZXID_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    zxid: int
    stat: Stat
    def __init__(self, zxid: _Optional[int] = ..., stat: _Optional[_Union[Stat, _Mapping]] = ...) -> None: ...
