import { type DescMethodUnary, fromBinary, create as message, toBinary } from "@bufbuild/protobuf";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { PipelineOperationSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { unary } from "../../src/grpc/adapter/unary.ts";
import { Calls } from "../../src/grpc/calls.ts";
import { create } from "../../src/grpc/handlers/create.ts";
import { get } from "../../src/grpc/handlers/get.ts";
import { set } from "../../src/grpc/handlers/set.ts";
import type { RpcCaller } from "../../src/grpc/metadata.ts";
import {
  type OperationCalls,
  type PipelineAnswer,
  PipelineOperations,
} from "../../src/grpc/pipeline-operations.ts";
import { writing } from "../../src/grpc/write.ts";
import { observing } from "../observer.ts";
import { allocations, calls } from "./allocations.ts";
import { type Figures, startEngine } from "./engine.ts";

/** From the bytes of a request to those of its answer. */
type Call = (request: Uint8Array) => Promise<Uint8Array>;

const { create: createRpc, get: getRpc, set: setRpc } = Coordination.method;
const data = Buffer.alloc(100, "x");
const caller: RpcCaller = { identities: [], address: "127.0.0.1" };
const pathOf = (i: number) => `/budget/node-${String(i).padStart(8, "0")}`;

/** What calls cost the event loop, without the network: what they allocate, and the bytes that they answer. */
export async function handlers(): Promise<Figures> {
  const engine = await startEngine();
  const writes = { create: create(), set: set() };
  const of = {
    create: writing(engine, writes.create),
    get: get(engine),
    set: writing(engine, writes.set),
  };
  const operations = new PipelineOperations(engine, { ...of, ...writes } as unknown as OperationCalls);
  const requestOf = {
    create: (i: number) => toBinary(createRpc.input, message(createRpc.input, { path: pathOf(i), data })),
    get: (i: number) => toBinary(getRpc.input, message(getRpc.input, { path: pathOf(i) })),
    set: (i: number) => toBinary(setRpc.input, message(setRpc.input, { path: pathOf(i), data })),
    pipelined: (i: number) => {
      const operation = { case: "create" as const, value: { path: `${pathOf(i)}-p`, data } };
      const requestId = `00000000-0000-0000-0000-000000000000.${i}`;
      return toBinary(PipelineOperationSchema, message(PipelineOperationSchema, { operation, requestId }));
    },
  };
  await serve(createRpc, of.create)(toBinary(createRpc.input, message(createRpc.input, { path: "/budget" })));
  const pipelined: Call = async (request) => {
    const operation = fromBinary(PipelineOperationSchema, request);
    const { bytes } = await new Promise<PipelineAnswer>((answered, failed) =>
      operations.do(operation, caller, { place: { answered, failed }, behindWrites: false }),
    );
    return bytes;
  };
  const figures = {
    ...(await figuresOf("a Create", serve(createRpc, of.create), requestOf.create)),
    ...(await figuresOf("a Get", serve(getRpc, of.get), requestOf.get)),
    ...(await figuresOf("a Set", serve(setRpc, of.set), requestOf.set)),
    ...(await figuresOf("a pipelined Create with an id", pipelined, requestOf.pipelined)),
  };
  await engine.stop();
  return figures;
}

async function figuresOf(what: string, call: Call, requestOf: (i: number) => Uint8Array): Promise<Figures> {
  // One more, whose answer is looked at.
  const requests = Array.from({ length: 3 * calls + 1 }, (_, i) => requestOf(i));
  const figures = await allocations(what, (i) => call(requests[i]!));
  const answer = await call(requests.at(-1)!);
  return { ...figures, [`bytes of the answer to ${what}`]: answer.length };
}

/** The call as grpc-js makes it, without grpc-js. */
function serve<Method extends DescMethodUnary>(
  method: Method,
  handle: Parameters<typeof unary<Method["input"], Method["output"], RpcCaller>>[1],
): Call {
  const observer = observing();
  const handler = unary(method, handle, {
    contextOf: () => caller,
    ready: () => undefined,
    calls: new Calls(),
    log: { error: console.error, warn: console.error },
    observer,
    observed: observer.of(Coordination, method),
  });
  const getPath = () => method.name;
  return (request) =>
    new Promise((resolve, reject) => {
      const respond: sendUnaryData<Uint8Array> = (error, answer) =>
        error === null ? resolve(answer!) : reject(error);
      handler({ request, getPath } as ServerUnaryCall<Uint8Array, Uint8Array>, respond);
    });
}
