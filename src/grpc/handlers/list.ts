import { childPath } from "../../core/path.ts";
import type { Engine } from "../../engine/engine.ts";
import { listPageBytesMax } from "../../limits.ts";
import { int64, nodeToProto, pageTokenToProto } from "../convert.ts";
import { listFromProto } from "../operation-convert.ts";
import { findNode } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

export function list({ tree }: Engine): HandlerOf<"list"> {
  return (request) => {
    const { path, after, countMax, withStats } = listFromProto(request);
    const node = findNode(tree, path);
    const { names, more } = tree.list(path, { after, countMax, bytesMax: listPageBytesMax });
    return {
      zxid: int64(tree.zxid),
      children: names.map((name) =>
        withStats ? { name, stat: nodeToProto(tree.node(childPath(path, name))!) } : { name },
      ),
      nextPageToken: more ? pageTokenToProto(names.at(-1)!) : "",
      stat: nodeToProto(node),
    };
  };
}
