"""Asks a server who it is, over TLS. whoami.ts says how it is run."""

import json
import sys

import grpc
from corral.v1 import acl_pb2, coordination_pb2_grpc


def read(name):
    if name is None:
        return None
    with open(name, "rb") as file:
        return file.read()


address, options = sys.argv[1], json.loads(sys.argv[2])
credentials = grpc.ssl_channel_credentials(
    read(options["ca"]), read(options.get("key")), read(options.get("cert"))
)
metadata = [("authorization", options["authorization"])] if "authorization" in options else []
with grpc.secure_channel(address, credentials) as channel:
    corral = coordination_pb2_grpc.CoordinationStub(channel)
    answer = corral.WhoAmI(acl_pb2.WhoAmIRequest(), metadata=metadata, timeout=20)
for identity in answer.identities:
    print(f"{identity.scheme}:{identity.id}")
