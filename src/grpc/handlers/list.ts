import { permits } from "../../core/acl.ts";
import type { Caller } from "../../core/operation.ts";
import { childPath } from "../../core/path.ts";
import type { Access, Engine } from "../../engine/engine.ts";
import { listPageBytesMax } from "../../limits.ts";
import { int64, nodeToProto, pageTokenToProto } from "../convert.ts";
import { listFromProto } from "../operation-convert.ts";
import { findNode } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

const access: Access = { operation: "getChildren", permissions: ["read"] };

export function list(engine: Engine): HandlerOf<"list"> {
  const { tree } = engine;
  /** A Stat is for whom may read the node, which is more than to know its name. */
  const childOf = (path: string, name: string, { identities }: Caller) => {
    const node = tree.node(childPath(path, name))!;
    return permits(node.acl, identities, "read") ? { name, stat: nodeToProto(node) } : { name };
  };
  return (request, caller) => {
    const { path, after, countMax, withStats } = listFromProto(request);
    const node = findNode(engine, path, access, caller);
    const { names, more } = tree.list(path, { after, countMax, bytesMax: listPageBytesMax });
    return {
      zxid: int64(tree.zxid),
      children: names.map((name) => (withStats ? childOf(path, name, caller) : { name })),
      nextPageToken: more ? pageTokenToProto(names.at(-1)!) : "",
      stat: nodeToProto(node),
    };
  };
}
