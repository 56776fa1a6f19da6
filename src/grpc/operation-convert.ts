import {
  CreateParents,
  type CreateRequest,
  type DeleteRequest,
  IfExists,
  type ListRequest,
  type SetRequest,
} from "../../gen/ts/corral/v1/node_pb.js";
import type { NodeOperation, TransactOperation } from "../core/operation.ts";
import { listPageSizeDefault, listPageSizeMax } from "../limits.ts";
import { entryFromProto } from "./acl-convert.ts";
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
  const data = dataFromProto(request);
  const mode = createModeFromProto(request.mode);
  const ttlMs = Number(request.ttlMs);
  const parents = parentsOf[request.parents];
  if (parents === undefined) throw badArgument("parents", `there is no kind of parents ${request.parents}`);
  const ifExists = ifExistsOf[request.ifExists];
  if (ifExists === undefined) throw badArgument("if_exists", `there is no if_exists ${request.ifExists}`);
  if (request.asText && ifExists !== "get") {
    throw badArgument("as_text", "only IF_EXISTS_GET answers data");
  }
  return {
    op: "create",
    path,
    data,
    mode,
    ...(request.acl.length > 0 && { acl: request.acl.map(entryFromProto) }),
    ttlMs,
    parents: parents === "none" ? undefined : parents,
    ifExists,
  };
}

type Create = Extract<NodeOperation, { op: "create" }>;

const parentsOf: Readonly<Record<number, "none" | Create["parents"]>> = {
  [CreateParents.UNSPECIFIED]: "none",
  [CreateParents.PERSISTENT]: "persistent",
  [CreateParents.CONTAINER]: "container",
};

const ifExistsOf: Readonly<Record<number, NonNullable<Create["ifExists"]>>> = {
  [IfExists.UNSPECIFIED]: "fail",
  [IfExists.FAIL]: "fail",
  [IfExists.GET]: "get",
  [IfExists.SET]: "set",
  [IfExists.TAKE_OVER]: "takeOver",
};

export function setFromProto(request: SetRequest): Extract<NodeOperation, { op: "set" }> {
  const { path } = request;
  return { op: "set", path, data: dataFromProto(request), version: versionFromProto(request.version) };
}

export function deleteFromProto(request: DeleteRequest): Extract<NodeOperation, { op: "delete" }> {
  const { path, recursive } = request;
  return { op: "delete", path, version: versionFromProto(request.version), recursive };
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
