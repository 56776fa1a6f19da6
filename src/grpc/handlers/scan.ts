import type { Access, Engine } from "../../engine/engine.ts";
import { ScanEncoder } from "../scan-encoder.ts";
import { findNode } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

const access: Access = { operation: "scan", permissions: ["read"] };

export function scan(engine: Engine): HandlerOf<"scan"> {
  const encoder = new ScanEncoder();
  return async (request, stream, caller) => {
    const { path, withData } = request;
    const sending = () => engine.watches.sending;
    for (let wait = sending(); wait !== undefined; wait = sending()) await wait;
    findNode(engine, path, access, caller);
    const options = { withData, identities: caller.identities, address: caller.address };
    const scan = engine.scans.open(path, options, (refusal) => stream.cut(refusal));
    try {
      for (let nodes = scan.next(); nodes !== undefined; nodes = scan.next()) {
        if (nodes.length > 0) await stream.send(encoder.encode(scan.zxid, nodes, request));
        // Everybody else has a turn, also if the reader is as fast as this.
        await new Promise((resolve) => setImmediate(resolve));
        stream.signal.throwIfAborted();
      }
    } finally {
      scan.close();
    }
  };
}
