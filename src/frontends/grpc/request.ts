import type { MethodTable, ServedMethod } from "../../grpc/adapter/method-table.ts";
import { codes } from "../../grpc/codes.ts";
import { type CallStatus, statusOfRefusal } from "../../grpc/status.ts";
import { fieldOf, type RequestHead } from "../http2/fields.ts";
import { httpError, trailersOnly } from "./status-block.ts";
import { parseTimeoutMs } from "./timeout.ts";

/** What the head of a call asks for. */
export interface GrpcRequest {
  readonly method: ServedMethod;
  /** How long the client waits; undefined for ever. */
  readonly timeoutMs: number | undefined;
  /** Messages with the flag for compression are compressed by gzip; without it, there must be none. */
  readonly isGzip: boolean;
}

/** Why the head of a call cannot be served, and the answer, which is all there is. */
export interface Unserved {
  readonly block: Buffer;
  /** Counted for the method, if there is one. */
  readonly method: ServedMethod | undefined;
  readonly status: CallStatus | undefined;
}

/** Reads the head of a call (gRPC over HTTP/2, Requests). */
export function readRequest(head: RequestHead, methods: MethodTable): GrpcRequest | Unserved {
  if (head.method !== "POST") return { block: httpError(405), method: undefined, status: undefined };
  if (!isGrpc(fieldOf(head, "content-type"))) {
    return { block: httpError(415), method: undefined, status: undefined };
  }
  const method = methods.get(head.path);
  if (method === undefined) {
    return unserved({ code: codes.UNIMPLEMENTED, message: `there is no method ${head.path.slice(0, 200)}` });
  }
  if (head.isTooLarge) return unserved(metadataTooLarge, method);
  const encoding = fieldOf(head, "grpc-encoding") ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") {
    const message = `messages compressed by ${encoding.slice(0, 50)} are not read`;
    return unserved({ code: codes.UNIMPLEMENTED, message }, method, [
      ["grpc-accept-encoding", "identity,gzip"],
    ]);
  }
  const timeout = fieldOf(head, "grpc-timeout");
  const timeoutMs = timeout === undefined ? undefined : parseTimeoutMs(timeout);
  if (timeout !== undefined && timeoutMs === undefined) return unserved(malformedTimeout, method);
  return { method, timeoutMs, isGzip: encoding === "gzip" };
}

function unserved(
  status: CallStatus,
  method?: ServedMethod,
  fields: readonly (readonly [string, string])[] = [],
): Unserved {
  return { block: trailersOnly(status, fields), method, status };
}

/** `application/grpc`, with `+proto` perhaps, and parameters that say nothing to us. */
function isGrpc(contentType: string | undefined): boolean {
  if (contentType === "application/grpc" || contentType === "application/grpc+proto") return true;
  return contentType !== undefined && /^application\/grpc(\+proto)?[ \t]*;/.test(contentType);
}

const metadataTooLarge = statusOfRefusal({
  reason: "MESSAGE_TOO_LARGE",
  message: "the metadata of the call are larger than the server reads",
});

const malformedTimeout = statusOfRefusal({
  reason: "BAD_ARGUMENTS",
  message: "grpc-timeout is not up to eight digits and a unit, H, M, S, m, u or n",
  field: "grpc-timeout",
});
