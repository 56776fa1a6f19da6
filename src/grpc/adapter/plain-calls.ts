import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import type { Connection } from "../../auth/connection.ts";
import { PlainCall } from "./plain-call.ts";
import type { ServeUnary } from "./unary.ts";

/** The connection of an HTTP/2 session. */
export type ConnectionOf = (session: NonNullable<ServerHttp2Stream["session"]>) => Connection | undefined;

/**
 * Serves unary calls of the plain kind, without deadline or compression, on their HTTP/2 streams: two thirds of
 * what such a call costs is what grpc-js makes of it. Whatever is not plain is left to grpc-js, with the same
 * handlers.
 */
export class PlainCalls {
  readonly #methods = new Map<string, ServeUnary>();
  readonly #connectionOf: ConnectionOf;

  constructor(connectionOf: ConnectionOf) {
    this.#connectionOf = connectionOf;
  }

  add(path: string, serve: ServeUnary): void {
    this.#methods.set(path, serve);
  }

  /** Sees every stream of the server before grpc-js does; its injectors have to be there already. */
  goBefore(server: Server): void {
    for (const http2 of http2ServersOf(server)) {
      const next = http2.listeners("stream");
      http2.removeAllListeners("stream");
      http2.on("stream", (stream, headers, ...rest) => {
        if (this.#take(stream, headers)) return;
        for (const listener of next) listener.call(http2, stream, headers, ...rest);
      });
    }
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    const serve = this.#methods.get(headers[":path"] ?? "");
    if (serve === undefined || !isPlain(headers)) return false;
    new PlainCall(stream, headers, this.#connectionOf).serveWith(serve);
    return true;
  }
}

function isPlain(headers: IncomingHttpHeaders): boolean {
  const type = headers["content-type"];
  const encoding = headers["grpc-encoding"];
  return (
    headers["grpc-timeout"] === undefined &&
    (type === "application/grpc" || type === "application/grpc+proto") &&
    (encoding === undefined || encoding === "identity")
  );
}

/** grpc-js shows them to nobody. Should it keep them elsewhere one day, every call is one for grpc-js. */
function http2ServersOf(server: Server): Iterable<Http2Server> {
  const { http2Servers } = server as unknown as { readonly http2Servers?: ReadonlyMap<Http2Server, unknown> };
  return http2Servers?.keys() ?? [];
}
