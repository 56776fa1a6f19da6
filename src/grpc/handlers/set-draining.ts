import type { Engine } from "../../engine/engine.ts";
import type { AdminHandlerOf } from "./handler.ts";

export function setDraining(engine: Engine, connections: () => number): AdminHandlerOf<"setDraining"> {
  return ({ draining }, caller) => {
    engine.setDraining(draining, caller);
    return { draining, sessions: engine.tree.sessionCount, connections: connections() };
  };
}
