import type { Engine } from "../../engine/engine.ts";
import { int64, nodeToProto } from "../convert.ts";
import { checkPath } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

export function exists({ tree }: Engine): HandlerOf<"exists"> {
  return ({ path }) => {
    checkPath(path);
    const node = tree.node(path);
    const zxid = int64(tree.zxid);
    return node === undefined ? { zxid } : { zxid, stat: nodeToProto(node) };
  };
}
