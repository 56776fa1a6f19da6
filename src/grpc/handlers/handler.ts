import type { Coordination } from "../../../gen/ts/corral/v1/coordination_pb.js";
import type { Caller } from "../../core/operation.ts";
import type { Handlers } from "../adapter/service.ts";

type CoordinationHandlers = Handlers<typeof Coordination, Caller>;

/** The handler of an rpc of Coordination, by the name of its method. */
export type HandlerOf<Name extends keyof CoordinationHandlers> = CoordinationHandlers[Name];
