import type { CallStatus } from "../../grpc/status.ts";
import { encodeHeaders } from "../http2/hpack/encoder.ts";

type Field = readonly [name: string, value: string];

const contentType: Field = ["content-type", "application/grpc+proto"];
const ok: Field = [":status", "200"];

/** The head of an answer with messages. */
export const answerHead = encodeHeaders([ok, contentType]);

/** The head of one whose messages may be compressed by gzip. */
export const gzipHead = encodeHeaders([ok, contentType, ["grpc-encoding", "gzip"]]);

/** What ends an answer that went well. */
export const okTrailers = encodeHeaders([["grpc-status", "0"]]);

/** What ends an answer that did not. */
export function trailersOf(status: CallStatus): Buffer {
  return encodeHeaders(statusFields(status));
}

/** All of an answer without messages. */
export function trailersOnly(status: CallStatus, more: readonly Field[] = []): Buffer {
  return encodeHeaders([ok, contentType, ...statusFields(status), ...more]);
}

/** The answer to what is not gRPC at all. */
export function httpError(httpStatus: number): Buffer {
  return encodeHeaders([[":status", String(httpStatus)]]);
}

function statusFields({ code, message, details }: CallStatus): Field[] {
  const fields: Field[] = [["grpc-status", String(code)]];
  if (message !== "") fields.push(["grpc-message", percentEncode(message)]);
  if (details !== undefined) {
    fields.push(["grpc-status-details-bin", unpaddedBase64(details)]);
  }
  return fields;
}

/** Base64 as most peers send it: without its padding. */
function unpaddedBase64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("base64");
  const end = text.indexOf("=");
  return end < 0 ? text : text.slice(0, end);
}

/** The encoding of `grpc-message`: of all but visible ASCII, and of the percent sign itself. */
function percentEncode(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  // A blank at an end would make the field malformed.
  return encoded.replace(/^ /, "%20").replace(/ $/, "%20");
}
