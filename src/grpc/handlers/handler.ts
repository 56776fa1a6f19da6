import type { Admin } from "../../../gen/ts/corral/v1/admin_pb.js";
import type { Coordination } from "../../../gen/ts/corral/v1/coordination_pb.js";
import type { Caller } from "../../core/operation.ts";
import type { Handlers } from "../adapter/service.ts";
import type { RpcCaller } from "../metadata.ts";

type CoordinationHandlers = Handlers<typeof Coordination, RpcCaller>;
type AdminHandlers = Handlers<typeof Admin, Caller>;

/** The handler of an rpc of Coordination, by the name of its method. */
export type HandlerOf<Name extends keyof CoordinationHandlers> = CoordinationHandlers[Name];

/** The same of Admin. */
export type AdminHandlerOf<Name extends keyof AdminHandlers> = AdminHandlers[Name];
