import type { Engine } from "../../engine/engine.ts";
import { watchKindToProto } from "../watch-convert.ts";
import type { AdminHandlerOf } from "./handler.ts";

export function countWatches({ watches }: Engine): AdminHandlerOf<"countWatches"> {
  return () => ({
    counts: [...watches.counts]
      .filter(([, count]) => count > 0)
      .map(([kind, count]) => ({ kind: watchKindToProto(kind), count })),
    streams: watches.streamCount,
    catchingUp: watches.catchingUp,
  });
}
