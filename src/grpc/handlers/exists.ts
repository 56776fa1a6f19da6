import type { Access, Engine } from "../../engine/engine.ts";
import { int64, nodeToProto } from "../convert.ts";
import { checkPath } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

const access: Access = { operation: "exists", permissions: ["read"] };

export function exists(engine: Engine): HandlerOf<"exists"> {
  return ({ path }, caller) => {
    checkPath(path);
    const node = engine.lookUp(path, access, caller);
    const zxid = int64(engine.tree.zxid);
    return node === undefined ? { zxid } : { zxid, stat: nodeToProto(node) };
  };
}
