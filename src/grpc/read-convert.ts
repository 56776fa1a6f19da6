import type { DescMessage } from "@bufbuild/protobuf";
import type { PipelineOperation } from "../../gen/ts/corral/v1/pipeline_pb.js";
import type { ReadOperation, ReadResult } from "../core/operation.ts";
import { entryToProto } from "./acl-convert.ts";
import type { Answer } from "./adapter/message.ts";
import type { AnswerEncoder } from "./answer-encoder.ts";
import { int64, statToProto } from "./convert.ts";
import { listFromProto } from "./operation-convert.ts";
import { listToProto } from "./transact-convert.ts";

/** An operation of a pipeline that only looks. */
export type ProtoRead = Extract<
  PipelineOperation["operation"],
  { case: "get" | "exists" | "list" | "getAcl" }
>;

/** @throws Refused BAD_ARGUMENTS */
export function readFromProto(read: ProtoRead): ReadOperation {
  if (read.case === "list") return listFromProto(read.value);
  return { op: read.case, path: read.value.path };
}

/** What the call of the same name would answer. */
export function readToProto(
  result: ReadResult,
  zxid: number,
  read: ProtoRead,
  encoder: AnswerEncoder,
): Answer<DescMessage> {
  switch (result.op) {
    case "get":
      return encoder.got(zxid, result.stat, result.data, read.case === "get" && read.value.asText);
    case "exists":
      return encoder.existing(zxid, result.stat);
    case "list":
      return listToProto(result, int64(zxid));
    case "getAcl": {
      const acl = result.entries.map(entryToProto);
      return { zxid: int64(zxid), acl, stat: statToProto(result.stat) };
    }
  }
}
