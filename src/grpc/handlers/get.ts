import { statOf } from "../../core/node.ts";
import type { Access, Engine } from "../../engine/engine.ts";
import { AnswerEncoder } from "../answer-encoder.ts";
import { findNode } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

const access: Access = { operation: "getData", permissions: ["read"] };

export function get(engine: Engine): HandlerOf<"get"> {
  const { tree } = engine;
  const encoder = new AnswerEncoder();
  return ({ path, asText }, caller) => {
    const node = findNode(engine, path, access, caller);
    return encoder.got(tree.zxid, statOf(node), tree.data(path)!, asText);
  };
}
