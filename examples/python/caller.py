"""A caller: prints the addresses of a service's live providers, one a line.

    pip install ./gen/python
    python examples/python/caller.py 127.0.0.1:7181 /UserService/Login
"""

import sys

import grpc
from corral.v1 import coordination_pb2_grpc, node_pb2


def main(server="127.0.0.1:7181", service="/UserService/Login"):
    with grpc.insecure_channel(server) as channel:
        corral = coordination_pb2_grpc.CoordinationStub(channel)
        for child in corral.List(node_pb2.ListRequest(path=service)).children:
            try:
                print(corral.Get(node_pb2.GetRequest(path=f"{service}/{child.name}", as_text=True)).text)
            except grpc.RpcError as error:
                # The provider ended between the two calls.
                if error.code() != grpc.StatusCode.NOT_FOUND:
                    raise


if __name__ == "__main__":
    main(*sys.argv[1:])
