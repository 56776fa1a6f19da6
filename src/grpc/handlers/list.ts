import { Decider } from "../../core/acl.ts";
import type { Caller } from "../../core/operation.ts";
import { childPath } from "../../core/path.ts";
import type { Access, Engine } from "../../engine/engine.ts";
import { listPageBytesMax, listPageStatsMax, pageAclEntriesMax } from "../../limits.ts";
import { int64, nodeToProto, pageTokenToProto } from "../convert.ts";
import { listFromProto } from "../operation-convert.ts";
import { findNode } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

const access: Access = { operation: "getChildren", permissions: ["read"] };

export function list(engine: Engine): HandlerOf<"list"> {
  const { tree } = engine;
  /** A Stat is for whom may read the node, which is more than to know its name. */
  const childOf = (path: string, name: string, decider: Decider) => {
    const node = tree.node(childPath(path, name))!;
    return decider.permits(node.acl) ? { name, stat: nodeToProto(node) } : { name };
  };
  /** The page ends early: after so many Stats, or when they take a look at very many lists. */
  const withStatsOf = (path: string, names: readonly string[], { identities }: Caller) => {
    const decider = new Decider(identities, "read");
    const children: ReturnType<typeof childOf>[] = [];
    for (const name of names) {
      if (children.length === listPageStatsMax || decider.lookedAt >= pageAclEntriesMax) break;
      children.push(childOf(path, name, decider));
    }
    return children;
  };
  return (request, caller) => {
    const { path, after, countMax, withStats } = listFromProto(request);
    const node = findNode(engine, path, access, caller);
    const { names, more } = tree.list(path, { after, countMax, bytesMax: listPageBytesMax });
    const children = withStats ? withStatsOf(path, names, caller) : names.map((name) => ({ name }));
    const goesOn = more || children.length < names.length;
    return {
      zxid: int64(tree.zxid),
      children,
      nextPageToken: goesOn ? pageTokenToProto(children.at(-1)!.name) : "",
      stat: nodeToProto(node),
    };
  };
}
