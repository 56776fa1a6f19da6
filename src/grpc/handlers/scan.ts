import type { Engine } from "../../engine/engine.ts";
import { encodeScanPage } from "../scan-encoder.ts";
import type { HandlerOf } from "./handler.ts";

export function scan(engine: Engine): HandlerOf<"scan"> {
  return async (request, stream) => {
    const scan = engine.scans.open(request.path, request, (refusal) => stream.cut(refusal));
    try {
      for (let nodes = scan.next(); nodes.length > 0; nodes = scan.next()) {
        await stream.send(encodeScanPage(scan.zxid, nodes, request));
        // Everybody else has a turn, also if the reader is as fast as this.
        await new Promise((resolve) => setImmediate(resolve));
        stream.signal.throwIfAborted();
      }
    } finally {
      scan.close();
    }
  };
}
