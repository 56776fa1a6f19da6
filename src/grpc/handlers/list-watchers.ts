import type { MessageInitShape } from "@bufbuild/protobuf";
import type { WatcherSchema } from "../../../gen/ts/corral/v1/admin_pb.js";
import type { Watch } from "../../core/watch.ts";
import type { Engine } from "../../engine/engine.ts";
import type { WatchStream } from "../../engine/watch-stream.ts";
import { watchersListedDefault, watchersListedMax } from "../../limits.ts";
import { int64 } from "../convert.ts";
import { limitFromProto } from "../page.ts";
import { watchKindToProto } from "../watch-convert.ts";
import { checkPath } from "./find-node.ts";
import type { AdminHandlerOf } from "./handler.ts";

export function listWatchers({ watches }: Engine): AdminHandlerOf<"listWatchers"> {
  return ({ path, limit }) => {
    checkPath(path);
    const most = limitFromProto(limit, sizes);
    const watchers = watches
      .watching(path)
      .take(most + 1)
      .map(toProto)
      .toArray();
    return { watchers: watchers.slice(0, most), more: watchers.length > most };
  };
}

function toProto({ path, spec, id, owner }: Watch<WatchStream>): MessageInitShape<typeof WatcherSchema> {
  const { peer, sessionId } = owner.holder;
  return {
    path,
    kind: watchKindToProto(spec.kind),
    ...(spec.depth !== "all" && { depth: spec.depth }),
    watchId: int64(id),
    peer,
    sessionId: int64(sessionId ?? 0),
    sentZxid: int64(owner.sentZxid),
    waitingEvents: owner.waitingEvents,
  };
}

const sizes = { what: "watchers", byDefault: watchersListedDefault, most: watchersListedMax };
