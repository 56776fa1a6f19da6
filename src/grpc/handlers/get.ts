import type { Engine } from "../../engine/engine.ts";
import { dataToProto, int64, nodeToProto } from "../convert.ts";
import { findNode } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

export function get({ tree }: Engine): HandlerOf<"get"> {
  return ({ path, asText }) => {
    const node = findNode(tree, path);
    const data = dataToProto(tree.data(path)!, asText);
    return { zxid: int64(tree.zxid), stat: nodeToProto(node), ...data };
  };
}
