from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_REASON_UNSPECIFIED: _ClassVar[ErrorReason]
    ERROR_REASON_NO_NODE: _ClassVar[ErrorReason]
    ERROR_REASON_NODE_EXISTS: _ClassVar[ErrorReason]
    ERROR_REASON_BAD_VERSION: _ClassVar[ErrorReason]
    ERROR_REASON_NOT_EMPTY: _ClassVar[ErrorReason]
    ERROR_REASON_NO_CHILDREN_FOR_EPHEMERALS: _ClassVar[ErrorReason]
    ERROR_REASON_BAD_ARGUMENTS: _ClassVar[ErrorReason]
    ERROR_REASON_MALFORMED_REQUEST: _ClassVar[ErrorReason]
    ERROR_REASON_SESSION_EXPIRED: _ClassVar[ErrorReason]
    ERROR_REASON_SESSION_MOVED: _ClassVar[ErrorReason]
    ERROR_REASON_SESSION_REQUIRED: _ClassVar[ErrorReason]
    ERROR_REASON_DATA_TOO_LARGE: _ClassVar[ErrorReason]
    ERROR_REASON_PATH_TOO_LONG: _ClassVar[ErrorReason]
    ERROR_REASON_MESSAGE_TOO_LARGE: _ClassVar[ErrorReason]
    ERROR_REASON_TOO_MANY_SESSIONS: _ClassVar[ErrorReason]
    ERROR_REASON_OVERLOADED: _ClassVar[ErrorReason]
    ERROR_REASON_DISK_FULL: _ClassVar[ErrorReason]
    ERROR_REASON_OUTCOME_UNKNOWN: _ClassVar[ErrorReason]
    ERROR_REASON_SHUTTING_DOWN: _ClassVar[ErrorReason]
    ERROR_REASON_INTERNAL: _ClassVar[ErrorReason]
    ERROR_REASON_TOO_MANY_EPHEMERALS: _ClassVar[ErrorReason]
    ERROR_REASON_COMPACTED: _ClassVar[ErrorReason]
    ERROR_REASON_ZXID_AHEAD: _ClassVar[ErrorReason]
    ERROR_REASON_NO_WATCHER: _ClassVar[ErrorReason]
    ERROR_REASON_TOO_MANY_WATCHES: _ClassVar[ErrorReason]
    ERROR_REASON_WATCHER_TOO_SLOW: _ClassVar[ErrorReason]
ERROR_REASON_UNSPECIFIED: ErrorReason
ERROR_REASON_NO_NODE: ErrorReason
ERROR_REASON_NODE_EXISTS: ErrorReason
ERROR_REASON_BAD_VERSION: ErrorReason
ERROR_REASON_NOT_EMPTY: ErrorReason
ERROR_REASON_NO_CHILDREN_FOR_EPHEMERALS: ErrorReason
ERROR_REASON_BAD_ARGUMENTS: ErrorReason
ERROR_REASON_MALFORMED_REQUEST: ErrorReason
ERROR_REASON_SESSION_EXPIRED: ErrorReason
ERROR_REASON_SESSION_MOVED: ErrorReason
ERROR_REASON_SESSION_REQUIRED: ErrorReason
ERROR_REASON_DATA_TOO_LARGE: ErrorReason
ERROR_REASON_PATH_TOO_LONG: ErrorReason
ERROR_REASON_MESSAGE_TOO_LARGE: ErrorReason
ERROR_REASON_TOO_MANY_SESSIONS: ErrorReason
ERROR_REASON_OVERLOADED: ErrorReason
ERROR_REASON_DISK_FULL: ErrorReason
ERROR_REASON_OUTCOME_UNKNOWN: ErrorReason
ERROR_REASON_SHUTTING_DOWN: ErrorReason
ERROR_REASON_INTERNAL: ErrorReason
ERROR_REASON_TOO_MANY_EPHEMERALS: ErrorReason
ERROR_REASON_COMPACTED: ErrorReason
ERROR_REASON_ZXID_AHEAD: ErrorReason
ERROR_REASON_NO_WATCHER: ErrorReason
ERROR_REASON_TOO_MANY_WATCHES: ErrorReason
ERROR_REASON_WATCHER_TOO_SLOW: ErrorReason
