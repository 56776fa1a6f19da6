import type { Engine } from "../../engine/engine.ts";
import { entryFromProto } from "../acl-convert.ts";
import { doneOf, int64, statToProto, versionFromProto } from "../convert.ts";
import type { HandlerOf } from "./handler.ts";

export function setAcl(engine: Engine): HandlerOf<"setAcl"> {
  return async ({ path, acl, aversion, recursive }, caller) => {
    const entries = acl.map(entryFromProto);
    const operation = {
      op: "setAcl",
      path,
      acl: entries,
      aversion: versionFromProto(aversion),
      recursive,
    } as const;
    const done = doneOf(await engine.submit(operation, caller));
    return { zxid: int64(done.zxid), stat: statToProto(done.stat!) };
  };
}
