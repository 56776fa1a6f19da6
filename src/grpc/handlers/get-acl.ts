import { maskedEntries, permits } from "../../core/acl.ts";
import type { Access, Engine } from "../../engine/engine.ts";
import { entryToProto } from "../acl-convert.ts";
import { int64, nodeToProto } from "../convert.ts";
import { findNode } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

const access: Access = { operation: "getAcl", permissions: ["read", "admin"] };

export function getAcl(engine: Engine): HandlerOf<"getAcl"> {
  return ({ path }, caller) => {
    const node = findNode(engine, path, access, caller);
    const whole = permits(node.acl, caller.identities, "admin");
    const entries = whole ? node.acl.entries : maskedEntries(node.acl);
    return { zxid: int64(engine.tree.zxid), acl: entries.map(entryToProto), stat: nodeToProto(node) };
  };
}
