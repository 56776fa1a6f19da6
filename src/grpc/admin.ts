import type { Server } from "@grpc/grpc-js";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import type { Caller } from "../core/operation.ts";
import { denied } from "../core/prepare/permission.ts";
import { Refused } from "../core/refusal.ts";
import { addService, type Handlers } from "./adapter/service.ts";
import { countWatches } from "./handlers/count-watches.ts";
import { getStatus } from "./handlers/get-status.ts";
import { listWatchers } from "./handlers/list-watchers.ts";
import { callerOf } from "./metadata.ts";
import type { GrpcServerOptions } from "./server.ts";
import type { ServiceOptions } from "./service-options.ts";

/** Serves corral.v1.Admin from the engine. */
export function addAdmin(
  server: Server,
  { engine, authenticator, calls, log, observer, status }: ServiceOptions & Pick<GrpcServerOptions, "status">,
): void {
  const handlers: Handlers<typeof Admin, Caller> = {
    countWatches: countWatches(engine),
    listWatchers: listWatchers(engine),
    getStatus: getStatus(status),
  };
  /** Who is in charge of the root is in charge of the server. @throws Refused NO_AUTH */
  const mustBeAdmin = (caller: Caller): Caller => {
    const refusal = denied("admin", "/", engine.tree.node("/")!, caller.identities);
    if (refusal !== undefined) throw new Refused(refusal);
    return caller;
  };
  addService(server, Admin, handlers, {
    contextOf: (call) => {
      const caller = callerOf(call, { engine, authenticator });
      return caller instanceof Promise ? caller.then(mustBeAdmin) : mustBeAdmin(caller);
    },
    ready: () => engine.watches.sending,
    calls,
    log,
    observer,
  });
}
