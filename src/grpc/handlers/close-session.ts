import type { Engine } from "../../engine/engine.ts";
import { int64 } from "../convert.ts";
import type { HandlerOf } from "./handler.ts";

export function closeSession(engine: Engine): HandlerOf<"closeSession"> {
  return async ({ sessionToken }, { identities }) => {
    const zxid = await engine.closeSession(engine.authenticate(sessionToken, identities));
    return { zxid: int64(zxid) };
  };
}
