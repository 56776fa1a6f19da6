import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2";
import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { pathOf, type RpcStatus, rpcStatusOf } from "./rpc-client.ts";

/** A message in gRPC's framing; the length may be a lie. */
export function framed(message: Uint8Array, { compressed = false, length = message.length } = {}): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(compressed ? 1 : 0);
  header.writeUInt32BE(length, 1);
  return Buffer.concat([header, message]);
}

/** The status of a call, and the headers that came before it; an error has no other headers than its own. */
export interface RawAnswer extends RpcStatus {
  readonly headers: IncomingHttpHeaders;
}

/** Calls Get on a bare HTTP/2 session; unless it is asked to `end`, the client seems to go on sending. */
export async function rawGet(
  session: ClientHttp2Session,
  body: Buffer | readonly Buffer[],
  { end = false, headers = {} }: { end?: boolean; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const stream = session.request({
    ":method": "POST",
    ":path": pathOf(Coordination.method.get),
    "content-type": "application/grpc",
    ...headers,
  });
  for (const piece of Array.isArray(body) ? body : [body]) stream.write(piece);
  if (end) stream.end();
  // Errors come as the only headers, answers as trailers.
  const status = new Promise<RawAnswer>((resolve) => {
    let first: IncomingHttpHeaders | undefined;
    const look = (seen: IncomingHttpHeaders) => {
      first ??= seen;
      if (seen["grpc-status"] !== undefined)
        resolve({ ...rpcStatusOf(statusObjectOf(seen)), headers: first });
    };
    stream.on("response", look);
    stream.on("trailers", look);
  });
  stream.resume();
  const found = await status;
  stream.close();
  return found;
}

function statusObjectOf(headers: IncomingHttpHeaders): StatusObject {
  const metadata = new Metadata();
  const details = headers["grpc-status-details-bin"];
  if (details !== undefined) metadata.set("grpc-status-details-bin", Buffer.from(String(details), "base64"));
  return {
    code: Number(headers["grpc-status"]),
    details: decodeURI(String(headers["grpc-message"])),
    metadata,
  };
}
