import { childPath } from "../../core/path.ts";
import type { Engine } from "../../engine/engine.ts";
import { listPageBytesMax, listPageSizeDefault, listPageSizeMax } from "../../limits.ts";
import { badArgument, int64, nodeToProto, pageTokenFromProto, pageTokenToProto } from "../convert.ts";
import { findNode } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

export function list({ tree }: Engine): HandlerOf<"list"> {
  return ({ path, pageSize, pageToken, withStats }) => {
    const countMax = pageSizeOf(pageSize);
    const after = pageTokenFromProto(pageToken);
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

function pageSizeOf(asked: number): number {
  if (asked === 0) return listPageSizeDefault;
  if (asked >= 1 && asked <= listPageSizeMax) return asked;
  throw badArgument(
    "page_size",
    `a page has 1 to ${listPageSizeMax} children, not ${asked}; 0 means ${listPageSizeDefault}`,
  );
}
