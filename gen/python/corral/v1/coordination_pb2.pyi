from corral.v1 import acl_pb2 as _acl_pb2
from corral.v1 import node_pb2 as _node_pb2
from corral.v1 import pipeline_pb2 as _pipeline_pb2
from corral.v1 import scan_pb2 as _scan_pb2
from corral.v1 import session_pb2 as _session_pb2
from corral.v1 import transact_pb2 as _transact_pb2
from corral.v1 import watch_pb2 as _watch_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
