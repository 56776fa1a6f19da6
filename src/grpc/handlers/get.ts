import type { Access, Engine } from "../../engine/engine.ts";
import { dataToProto, int64, nodeToProto } from "../convert.ts";
import { findNode } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

const access: Access = { operation: "getData", permissions: ["read"] };

export function get(engine: Engine): HandlerOf<"get"> {
  const { tree } = engine;
  return ({ path, asText }, caller) => {
    const node = findNode(engine, path, access, caller);
    const data = dataToProto(tree.data(path)!, asText);
    return { zxid: int64(tree.zxid), stat: nodeToProto(node), ...data };
  };
}
