import type { Server } from "@grpc/grpc-js";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import type { Caller } from "../core/operation.ts";
import type { Engine } from "../engine/engine.ts";
import { addService, type Handlers } from "./adapter/service.ts";
import type { Calls } from "./calls.ts";
import { countWatches } from "./handlers/count-watches.ts";
import { listWatchers } from "./handlers/list-watchers.ts";
import type { Log } from "./log.ts";
import { callerOf } from "./metadata.ts";

/** Serves corral.v1.Admin from the engine. */
export function addAdmin(
  server: Server,
  { engine, calls, log }: { readonly engine: Engine; readonly calls: Calls; readonly log: Log },
): void {
  const handlers: Handlers<typeof Admin, Caller> = {
    countWatches: countWatches(engine),
    listWatchers: listWatchers(engine),
  };
  addService(server, Admin, handlers, {
    contextOf: (call) => callerOf(call, engine),
    calls,
    log,
  });
}
