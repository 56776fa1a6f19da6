import { once } from "node:events";
import http2 from "node:http2";
import { connect } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { anonymous } from "../../src/core/operation.ts";
import { MemoryBudget } from "../../src/engine/memory-budget.ts";
import { startGrpcServer } from "../../src/frontends/grpc/server.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { grpcMessage } from "../load/grpc.ts";
import { observing, unasked } from "../observer.ts";
import { type Figures, startEngine } from "./engine.ts";

const calls = 300;
const rpc = Coordination.method.get;

/** What a Get is on the wire, both ways, with HTTP/2's frames and headers, on a connection in use. */
export async function wire(): Promise<Figures> {
  const engine = await startEngine();
  const data = Buffer.alloc(100, "x");
  await engine.submit({ op: "create", path: "/budget", data, mode: "persistent" }, anonymous);
  const clock = new ManualClock();
  const log = { level: "warn" as const, error: console.error, warn: console.error };
  const memory = new MemoryBudget({ clock });
  const server = await startGrpcServer({
    engine,
    clock,
    memory,
    host: "127.0.0.1",
    port: 0,
    observer: observing(),
    status: unasked,
    authenticator: new Authenticator({ clock, demand: "none" }),
    maxConnections: 10,
    maxConnectionsPerAddress: 10,
    log,
  });
  const socket = connect(server.port, "127.0.0.1");
  const session = http2.connect("http://127.0.0.1", { createConnection: () => socket });
  const request = grpcMessage(toBinary(rpc.input, create(rpc.input, { path: "/budget" })));
  // The first ones bring the headers that HTTP/2 remembers.
  for (let i = 0; i < 10; i++) await get(session, request);
  const before = socket.bytesRead;
  for (let i = 0; i < calls; i++) await get(session, request);
  const bytes = socket.bytesRead - before;
  session.destroy();
  await server.stop(1_000);
  await engine.stop();
  return { "bytes on the wire for the answer to a Get": bytes / calls };
}

async function get(session: http2.ClientHttp2Session, request: Buffer): Promise<void> {
  const stream = session.request({
    ":method": "POST",
    ":path": `/${rpc.parent.typeName}/${rpc.name}`,
    "content-type": "application/grpc",
    te: "trailers",
  });
  let status: unknown;
  stream.on("trailers", (trailers) => {
    status = trailers["grpc-status"];
  });
  stream.resume().end(request);
  await once(stream, "close");
  if (status !== "0") throw new Error(`the Get ended with ${status}`);
}
