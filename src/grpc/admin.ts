import type { Server } from "@grpc/grpc-js";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import type { Caller } from "../core/operation.ts";
import { addService, type Handlers } from "./adapter/service.ts";
import { countWatches } from "./handlers/count-watches.ts";
import { listWatchers } from "./handlers/list-watchers.ts";
import { callerOf } from "./metadata.ts";
import type { ServiceOptions } from "./service-options.ts";

/** Serves corral.v1.Admin from the engine. */
export function addAdmin(server: Server, { engine, authenticator, calls, log }: ServiceOptions): void {
  const handlers: Handlers<typeof Admin, Caller> = {
    countWatches: countWatches(engine),
    listWatchers: listWatchers(engine),
  };
  addService(server, Admin, handlers, {
    contextOf: (call) => callerOf(call, { engine, authenticator }),
    calls,
    log,
  });
}
