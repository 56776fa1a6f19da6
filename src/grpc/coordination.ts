import type { Server } from "@grpc/grpc-js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import type { Caller } from "../core/operation.ts";
import type { Engine } from "../engine/engine.ts";
import { addService, type Handlers } from "./adapter/service.ts";
import type { Calls } from "./calls.ts";
import { closeSession } from "./handlers/close-session.ts";
import { create } from "./handlers/create.ts";
import { deleteNode } from "./handlers/delete.ts";
import { exists } from "./handlers/exists.ts";
import { get } from "./handlers/get.ts";
import { keepAlive } from "./handlers/keep-alive.ts";
import { list } from "./handlers/list.ts";
import { openSession } from "./handlers/open-session.ts";
import { set } from "./handlers/set.ts";
import { sync } from "./handlers/sync.ts";
import { transact } from "./handlers/transact.ts";
import { watch } from "./handlers/watch.ts";
import type { Log } from "./log.ts";
import { callerOf } from "./metadata.ts";

/** Serves corral.v1.Coordination from the engine. */
export function addCoordination(
  server: Server,
  { engine, calls, log }: { readonly engine: Engine; readonly calls: Calls; readonly log: Log },
): void {
  const handlers: Handlers<typeof Coordination, Caller> = {
    openSession: openSession(engine),
    keepAlive: keepAlive(engine),
    closeSession: closeSession(engine),
    create: create(engine),
    get: get(engine),
    exists: exists(engine),
    set: set(engine),
    delete: deleteNode(engine),
    list: list(engine),
    sync: sync(engine),
    transact: transact(engine),
    watch: watch(engine),
  };
  addService(server, Coordination, handlers, {
    contextOf: (call) => callerOf(call, engine),
    calls,
    log,
  });
}
