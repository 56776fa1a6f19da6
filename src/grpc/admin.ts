import type { DescMethod } from "@bufbuild/protobuf";
import { Admin } from "../../gen/ts/corral/v1/admin_pb.js";
import type { Caller } from "../core/operation.ts";
import { denied } from "../core/prepare/permission.ts";
import { Refused } from "../core/refusal.ts";
import type { AdminAction } from "../engine/audit.ts";
import type { ServerStatus } from "../ops/status.ts";
import type { MethodTable } from "./adapter/method-table.ts";
import { addService, type Handlers } from "./adapter/service.ts";
import { backup } from "./handlers/backup.ts";
import { countWatches } from "./handlers/count-watches.ts";
import { expireSession } from "./handlers/expire-session.ts";
import { getStatus } from "./handlers/get-status.ts";
import { listEphemerals } from "./handlers/list-ephemerals.ts";
import { listSessions } from "./handlers/list-sessions.ts";
import { listWatchers } from "./handlers/list-watchers.ts";
import { setDraining } from "./handlers/set-draining.ts";
import { setLogLevel } from "./handlers/set-log-level.ts";
import type { LeveledLog } from "./log.ts";
import { callerOf } from "./metadata.ts";
import type { ServiceOptions } from "./service-options.ts";

/** What changes something, or reads everything: the audit log tells who tried to. */
const actions: ReadonlyMap<string, AdminAction["operation"]> = new Map([
  [pathOf(Admin.method.backup), "backup"],
  [pathOf(Admin.method.expireSession), "expireSession"],
  [pathOf(Admin.method.setDraining), "setDraining"],
  [pathOf(Admin.method.setLogLevel), "setLogLevel"],
]);

export interface AdminOptions extends ServiceOptions {
  readonly status: () => Promise<ServerStatus>;
  /** How many are open. */
  readonly connections: () => number;
  readonly log: LeveledLog;
}

/** Serves corral.v1.Admin from the engine. */
export function addAdmin(methods: MethodTable, options: AdminOptions): void {
  const { engine, authenticator, calls, log, observer, connections, status } = options;
  const handlers: Handlers<typeof Admin, Caller> = {
    backup: backup(engine),
    countWatches: countWatches(engine),
    listWatchers: listWatchers(engine),
    listSessions: listSessions(engine),
    listEphemerals: listEphemerals(engine),
    expireSession: expireSession(engine),
    setDraining: setDraining(engine, connections),
    setLogLevel: setLogLevel(engine, log),
    getStatus: getStatus(status),
  };
  /** Who is in charge of the root is in charge of the server. @throws Refused NO_AUTH */
  const mustBeAdmin = (caller: Caller, path: string): Caller => {
    const refusal = denied("admin", "/", engine.tree.node("/")!, caller.identities);
    if (refusal === undefined) return caller;
    const operation = actions.get(path);
    if (operation !== undefined) engine.audit({ operation }, caller, refusal.reason);
    throw new Refused({
      ...refusal,
      message: "only who has ADMIN in the access control list of / may do this",
    });
  };
  addService(methods, Admin, handlers, {
    contextOf: (call) => {
      const caller = callerOf(call, { engine, authenticator });
      const path = call.path;
      if (caller instanceof Promise) return caller.then((it) => mustBeAdmin(it, path));
      return mustBeAdmin(caller, path);
    },
    holding: (authorization) => authenticator.holding(authorization),
    ready: () => engine.watches.sending,
    calls,
    log,
    observer,
  });
}

function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}
