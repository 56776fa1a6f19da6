import type { Engine } from "../../engine/engine.ts";
import { backupChunkBytesMax } from "../../limits.ts";
import { int64 } from "../convert.ts";
import type { AdminHandlerOf } from "./handler.ts";

export function backup(engine: Engine): AdminHandlerOf<"backup"> {
  return async (_request, stream, caller) => {
    const sending = () => engine.watches.sending;
    for (let wait = sending(); wait !== undefined; wait = sending()) await wait;
    const backup = engine.backup((refusal) => stream.cut(refusal), caller);
    try {
      for (let bytes = backup.next(); bytes !== undefined; bytes = backup.next()) {
        for (const chunk of chunksOf(bytes)) {
          const { zxid, nodes, nodesTotal } = backup;
          await stream.send({ chunk, zxid: int64(zxid), nodes: int64(nodes), nodesTotal: int64(nodesTotal) });
        }
        // Everybody else has a turn, also if the reader is as fast as this.
        await new Promise((resolve) => setImmediate(resolve));
        stream.signal.throwIfAborted();
      }
    } finally {
      backup.close();
    }
  };
}

/** The same bytes, in pieces that fit a message. */
function* chunksOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  if (parts.length === 0) return;
  const bytes = Buffer.concat(parts);
  for (let at = 0; at < bytes.length; at += backupChunkBytesMax)
    yield bytes.subarray(at, at + backupChunkBytesMax);
}
