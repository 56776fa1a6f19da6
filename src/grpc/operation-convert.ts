import type {
  CreateRequest,
  DeleteRequest,
  ListRequest,
  SetRequest,
} from "../../gen/ts/corral/v1/node_pb.js";
import type { NodeOperation, TransactOperation } from "../core/operation.ts";
import { listPageSizeDefault, listPageSizeMax } from "../limits.ts";
import {
  badArgument,
  createModeFromProto,
  dataFromProto,
  pageTokenFromProto,
  versionFromProto,
} from "./convert.ts";

/** Requests that may come alone or among the operations of a transaction. All of these throw Refused. */

export function createFromProto(request: CreateRequest): Extract<NodeOperation, { op: "create" }> {
  const { path } = request;
  const mode = createModeFromProto(request.mode);
  return { op: "create", path, data: dataFromProto(request), mode, ttlMs: Number(request.ttlMs) };
}

export function setFromProto(request: SetRequest): Extract<NodeOperation, { op: "set" }> {
  const { path } = request;
  return { op: "set", path, data: dataFromProto(request), version: versionFromProto(request.version) };
}

export function deleteFromProto(request: DeleteRequest): Extract<NodeOperation, { op: "delete" }> {
  return { op: "delete", path: request.path, version: versionFromProto(request.version) };
}

export function listFromProto(request: ListRequest): Extract<TransactOperation, { op: "list" }> {
  const { path, withStats } = request;
  const countMax = pageSizeOf(request.pageSize);
  return { op: "list", path, after: pageTokenFromProto(request.pageToken), countMax, withStats };
}

function pageSizeOf(asked: number): number {
  if (asked === 0) return listPageSizeDefault;
  if (asked >= 1 && asked <= listPageSizeMax) return asked;
  throw badArgument(
    "page_size",
    `a page has 1 to ${listPageSizeMax} children, not ${asked}; 0 means ${listPageSizeDefault}`,
  );
}
