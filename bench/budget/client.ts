import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { credentials } from "@grpc/grpc-js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { PipelineRequestSchema, PipelineResponseSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { Calls } from "../../src/client/calls.ts";
import type { Connection } from "../../src/client/connection.ts";
import { Link } from "../../src/client/link.ts";
import type { ByteStream, StreamListener } from "../../src/client/link-stream.ts";
import { Namespace } from "../../src/client/namespace.ts";
import { Scopes } from "../../src/client/scope.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { allocations } from "./allocations.ts";
import type { Figures } from "./engine.ts";

const rpc = Coordination.method;

/** What one of many calls costs the client, from the caller to the message and back. */
export async function client(): Promise<Figures> {
  const clock = new ManualClock();
  const link = new AnsweringLink("127.0.0.1:1", {
    credentials: credentials.createInsecure(),
    authorization: undefined,
    clock,
    pipelineFrom: 0,
  });
  const calls = new Calls({
    connection: { link } as unknown as Connection,
    clock,
    scopes: new Scopes(clock),
    namespace: new Namespace(undefined),
    session: async () => undefined,
  });
  const data = Buffer.alloc(100, "x");
  const figures = {
    ...(await allocations("the client's pipelined Create", () =>
      calls.write(rpc.create, { path: "/budget", data }, {}),
    )),
    ...(await allocations("the client's pipelined Get", () => calls.read(rpc.get, { path: "/budget" }, {}))),
  };
  link.close();
  return figures;
}

/** Answers every message at once; there is no network. */
class AnsweringLink extends Link {
  override byteStream(_method: unknown, listener: StreamListener<Uint8Array>): ByteStream {
    // Made once for messages of the same length, so as not to be counted: those of one stream are all alike.
    const answers = new Map<number, Uint8Array>();
    return {
      send(message, sent) {
        const answer = answers.get(message.length) ?? answerTo(message);
        answers.set(message.length, answer);
        sent();
        listener.received(answer);
      },
      cancel() {},
    };
  }
}

function answerTo(message: Uint8Array): Uint8Array {
  const { operations } = fromBinary(PipelineRequestSchema, message);
  const stat = { czxid: 1n, mzxid: 2n, pzxid: 3n, ctimeMs: 1_700_000_000_000n, mtimeMs: 1_700_000_000_000n };
  const results = operations.map(({ operation }) => {
    const value = { zxid: 7n, stat, path: "/budget" };
    return operation.case === "create"
      ? { result: { case: "create" as const, value } }
      : { result: { case: "get" as const, value: { ...value, data: Buffer.alloc(100, "x") } } };
  });
  return toBinary(PipelineResponseSchema, create(PipelineResponseSchema, { results }));
}
