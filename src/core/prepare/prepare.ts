import type { Stamp } from "../change.ts";
import type { ClockJump } from "../clock-jumps.ts";
import type { Caller, Operation } from "../operation.ts";
import type { StateReader } from "../state.ts";
import { prepareNodeOperation } from "./node-operation.ts";
import { isRetry, prepareOnce } from "./once.ts";
import { type Context, defaultLimits, type OperationLimits, type Prepared, refuse } from "./prepared.ts";
import { read } from "./read.ts";
import { prepareReap } from "./reap.ts";
import { sessionExpired } from "./refusals.ts";
import { prepareCloseSession, prepareOpenSession, prepareSetSessionTimeout } from "./session.ts";
import { prepareSetAcl } from "./set-acl.ts";
import { prepareTransact } from "./transact.ts";

/**
 * Decides an operation on the staged state, as the next transaction with this stamp. Pure: the first failing
 * check wins, in the order of ZooKeeper's PrepRequestProcessor.
 */
export function prepare(
  operation: Operation,
  caller: Caller,
  state: StateReader,
  stamp: Stamp,
  limits: OperationLimits = defaultLimits,
  jumps: readonly ClockJump[] = [],
): Prepared {
  const { request, sessionId } = caller;
  const hasEnded = sessionId !== undefined && state.session(sessionId) === undefined;
  // What was done in a session is answered after its end too.
  if (hasEnded && (request === undefined || !isRetry(request, state)))
    return refuse(sessionExpired(sessionId));
  const context = { stamp, limits, jumps, identities: caller.identities ?? [] };
  const decide = () => prepareOperation(operation, caller, state, context);
  return request === undefined ? decide() : prepareOnce(request, caller, state, context, decide);
}

function prepareOperation(
  operation: Operation,
  caller: Caller,
  state: StateReader,
  context: Context,
): Prepared {
  const { stamp } = context;
  switch (operation.op) {
    case "create":
    case "set":
    case "delete":
      return prepareNodeOperation(operation, caller, state, context);
    case "setAcl":
      return prepareSetAcl(operation, state, context);
    case "transact":
      return prepareTransact(operation, caller, state, context);
    case "read": {
      const found = read(operation.operation, state, context.identities);
      return found.ok ? { ok: true, changes: [], read: found } : refuse(found.refusal);
    }
    case "openSession":
      return prepareOpenSession(operation, state, stamp);
    case "setSessionTimeout":
      return prepareSetSessionTimeout(operation, state);
    case "closeSession":
      return prepareCloseSession(operation, state, stamp);
    case "reap":
      return prepareReap(operation, state, context);
    case "sync":
      return { ok: true, changes: [] };
  }
}
