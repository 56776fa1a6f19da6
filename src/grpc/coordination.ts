import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import type { MemoryBudget } from "../engine/memory-budget.ts";
import type { MethodTable } from "./adapter/method-table.ts";
import { addService, type Handlers, pathOf } from "./adapter/service.ts";
import { closeSession } from "./handlers/close-session.ts";
import { create } from "./handlers/create.ts";
import { deleteNode } from "./handlers/delete.ts";
import { exists } from "./handlers/exists.ts";
import { get } from "./handlers/get.ts";
import { getAcl } from "./handlers/get-acl.ts";
import { keepAlive } from "./handlers/keep-alive.ts";
import { list } from "./handlers/list.ts";
import { openSession } from "./handlers/open-session.ts";
import { pipeline } from "./handlers/pipeline.ts";
import { scan } from "./handlers/scan.ts";
import { set } from "./handlers/set.ts";
import { setAcl } from "./handlers/set-acl.ts";
import { sync } from "./handlers/sync.ts";
import { transact } from "./handlers/transact.ts";
import { watch } from "./handlers/watch.ts";
import { whoAmI } from "./handlers/who-am-i.ts";
import { callerOf, type RpcCaller } from "./metadata.ts";
import { PipelineOperations } from "./pipeline-operations.ts";
import type { ServiceOptions } from "./service-options.ts";
import { writing } from "./write.ts";

/** Serves corral.v1.Coordination from the engine. */
export function addCoordination(
  methods: MethodTable,
  { engine, authenticator, calls, log, observer, memory }: ServiceOptions & { readonly memory: MemoryBudget },
): void {
  const writes = {
    create: create(),
    set: set(),
    delete: deleteNode(),
    setAcl: setAcl(),
    transact: transact(),
  };
  const others = {
    get: get(engine),
    exists: exists(engine),
    list: list(engine),
    getAcl: getAcl(engine),
    sync: sync(engine),
  };
  const handlers: Handlers<typeof Coordination, RpcCaller> = {
    ...others,
    create: writing(engine, writes.create),
    set: writing(engine, writes.set),
    delete: writing(engine, writes.delete),
    setAcl: writing(engine, writes.setAcl),
    transact: writing(engine, writes.transact),
    openSession: openSession(engine),
    keepAlive: keepAlive(engine),
    closeSession: closeSession(engine),
    whoAmI: whoAmI(),
    scan: scan(engine),
    watch: watch(engine),
    pipeline: pipeline(engine, new PipelineOperations(engine, { ...writes, ...others }), memory),
  };
  const known = { engine, authenticator };
  const retryable = { ...known, answersRetries: true };
  const writePaths = new Set(
    Object.keys(writes).map((name) => pathOf(Coordination.method[name as keyof typeof writes])),
  );
  addService(methods, Coordination, handlers, {
    contextOf: (call) => callerOf(call, writePaths.has(call.path) ? retryable : known),
    holding: (authorization) => authenticator.holding(authorization),
    ready: () => engine.watches.sending,
    calls,
    log,
    observer,
  });
}
