"""A caller: tells which providers a service has, and of each one that comes or goes, until it is stopped.

    pip install ./gen/python
    python examples/python/caller.py 127.0.0.1:7181 /UserService/Login
"""

import asyncio
import datetime
import sys

import grpc
from corral.v1 import coordination_pb2_grpc, node_pb2, watch_pb2


class Caller:
    def __init__(self, corral, service):
        self.corral = corral
        self.service = service
        # The address of each provider, by the path of its node.
        self.addresses = {}
        # Every change up to this one is in the addresses; None when they have to be read first.
        self.zxid = None

    async def run(self):
        while True:
            try:
                if self.zxid is None:
                    self.zxid = await self.look()
                await self.watch()
            except (grpc.RpcError, asyncio.TimeoutError, Canceled) as error:
                why = error.details() if isinstance(error, grpc.RpcError) else error or "silence"
                log(f"again in a second: {why}")
                await asyncio.sleep(1)

    async def look(self):
        """Reads what is there now, and answers the zxid that a watch must follow. The service's node may be missing."""
        exists = await self.corral.Exists(node_pb2.ExistsRequest(path=self.service), timeout=10)
        found = set()
        page_token = "" if exists.HasField("stat") else None
        while page_token is not None:
            request = node_pb2.ListRequest(path=self.service, page_token=page_token)
            page = await self.corral.List(request, timeout=10)
            found.update(f"{self.service}/{child.name}" for child in page.children)
            page_token = page.next_page_token or None
        for path in self.addresses.keys() - found:
            self.learn(path, None)
        for path in found:
            try:
                node = await self.corral.Get(node_pb2.GetRequest(path=path, as_text=True), timeout=10)
                self.learn(path, node.text)
            except grpc.RpcError as error:
                # The provider ended between the two calls.
                if error.code() != grpc.StatusCode.NOT_FOUND:
                    raise
                self.learn(path, None)
        return exists.zxid

    async def watch(self):
        """Follows every change after the zxid. It ends, usually by raising, when the stream does."""
        add = watch_pb2.WatchAdd(path=self.service, after_zxid=self.zxid, with_data=True, as_text=True)
        changes = self.corral.Watch(iter([watch_pb2.WatchRequest(add=[add], bookmark=True)]))
        silence_s = 10
        # A read that times out cancels the stream: silent for longer than the server ever is, the link is dead,
        # whatever TCP says.
        while (answer := await asyncio.wait_for(changes.read(), silence_s)) is not grpc.aio.EOF:
            for event in answer.events:
                gone = event.kind == watch_pb2.WATCH_EVENT_KIND_NODE_DELETED
                if event.path != self.service:
                    self.learn(event.path, None if gone else event.text)
                self.zxid = event.zxid
            if answer.HasField("bookmark"):
                self.zxid = answer.bookmark.zxid
                silence_s = 3 * answer.bookmark.next_in_ms / 1000
            for canceled in answer.canceled:
                # COMPACTED or ZXID_AHEAD: what happened meanwhile cannot be told, so everything is read anew.
                self.zxid = None
                raise Canceled(canceled.status.message)

    def learn(self, path, address):
        """Takes in the address of a provider, or that it is gone, and tells of it if that is news."""
        if self.addresses.get(path) == address:
            return
        if address is None:
            del self.addresses[path]
            log(f"down {path}")
        else:
            self.addresses[path] = address
            log(f"up {path} {address}")


class Canceled(Exception):
    """The server ended the watch, and not the stream."""


def log(text):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    print(now.replace("+00:00", "Z"), text, flush=True)


async def main(server="127.0.0.1:7181", service="/UserService/Login"):
    async with grpc.aio.insecure_channel(server) as channel:
        await Caller(coordination_pb2_grpc.CoordinationStub(channel), service).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
