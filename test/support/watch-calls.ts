import type { MessageInitShape } from "@bufbuild/protobuf";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import {
  type WatchAddSchema,
  WatchEventKind,
  type WatchRequestSchema,
  type WatchResponse,
} from "../../gen/ts/corral/v1/watch_pb.js";
import type { TestServer } from "./start-server.ts";

const rpc = Coordination.method;

/** The calls that tests of Watch make again and again. */
export class WatchCalls {
  readonly #server: TestServer;

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** Opens a stream with its first request. */
  open(request: MessageInitShape<typeof WatchRequestSchema>, options: { session?: string } = {}) {
    const stream = this.#server.client.bidi(rpc.watch, options);
    stream.send(request);
    return stream;
  }

  create(path: string, text = "") {
    return this.#server.client.unary(rpc.create, { path, text });
  }

  set(path: string, text: string) {
    return this.#server.client.unary(rpc.set, { path, text });
  }

  remove(path: string) {
    return this.#server.client.unary(rpc.delete, { path });
  }
}

/** A request that adds watches. */
export function add(...adds: MessageInitShape<typeof WatchAddSchema>[]) {
  return { add: adds };
}

/** The events of a message, a line each. */
export function linesOf(message: WatchResponse | undefined): string[] {
  return message!.events.map(
    ({ watchIds, kind, path, zxid }) => `${zxid} ${WatchEventKind[kind]} ${path} -> ${watchIds}`,
  );
}
