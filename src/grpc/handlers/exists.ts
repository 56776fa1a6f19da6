import { statOf } from "../../core/node.ts";
import type { Access, Engine } from "../../engine/engine.ts";
import { AnswerEncoder } from "../answer-encoder.ts";
import { checkPath } from "./find-node.ts";
import type { HandlerOf } from "./handler.ts";

const access: Access = { operation: "exists", permissions: ["read"] };

export function exists(engine: Engine): HandlerOf<"exists"> {
  const encoder = new AnswerEncoder();
  return ({ path }, caller) => {
    checkPath(path);
    const node = engine.lookUp(path, access, caller);
    return encoder.existing(engine.tree.zxid, node && statOf(node));
  };
}
