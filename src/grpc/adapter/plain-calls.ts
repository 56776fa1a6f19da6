import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import type { Connection } from "../../auth/connection.ts";
import { keepStreamsInSlots } from "./open-streams.ts";
import { PlainCall, type PlainMethod } from "./plain-call.ts";

type Session = NonNullable<ServerHttp2Stream["session"]>;

/** Who knows the connections of HTTP/2 sessions. */
export interface SessionsOf {
  /** Undefined when the client is gone. */
  of(session: Session): Connection | undefined;
  began(session: Session): void;
}

/**
 * Serves plain unary calls, which is nearly all of them, on their HTTP/2 streams: what grpc-js makes of each, a
 * decoder, streams, events and metadata, costs more than everything else about it. Streaming calls, and those that
 * are compressed or otherwise unusual, are left to grpc-js, with the same handlers.
 */
export class PlainCalls {
  readonly #methods = new Map<string, PlainMethod>();
  readonly #sessions: SessionsOf;
  readonly #connections = new WeakMap<Session, Connection>();

  constructor(sessions: SessionsOf) {
    this.#sessions = sessions;
  }

  add(path: string, method: PlainMethod): void {
    this.#methods.set(path, method);
  }

  /** Sees every stream before grpc-js does, on the injectors that the server has by now. */
  goBefore(server: Server): void {
    for (const http2 of http2ServersOf(server)) {
      http2.on("session", keepStreamsInSlots);
      http2.on("session", (session) => this.#sessions.began(session));
      const listeners = http2.listeners("stream");
      http2.removeAllListeners("stream");
      http2.on("stream", (stream, headers, ...rest) => {
        if (this.#take(stream, headers)) return;
        for (const listener of listeners) listener.call(http2, stream, headers, ...rest);
      });
    }
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    const path = headers[":path"] ?? "";
    const method = this.#methods.get(path);
    if (method === undefined || !isPlain(headers)) return false;
    const connection = this.#connection(stream.session);
    const timeout = headers[timeoutHeader];
    const call = new PlainCall(stream, headers, { path, connection });
    call.serveBy(method, timeout === undefined ? undefined : timeoutMs(String(timeout)));
    return true;
  }

  /** Looked up once a session: its calls all have the same. */
  #connection(session: Session | undefined): Connection | undefined {
    if (session === undefined) return undefined;
    let connection = this.#connections.get(session);
    if (connection === undefined) {
      connection = this.#sessions.of(session);
      if (connection !== undefined) this.#connections.set(session, connection);
    }
    return connection;
  }
}

const timeoutHeader = "grpc-timeout";
const timeoutUnitsMs = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 } as const;
const timeoutPattern = /^\d{1,8}[HMSmun]$/;

/** The longest that Node's timers wait, 25 days. */
const timerMsMax = 2 ** 31 - 1;

function isPlain(headers: IncomingHttpHeaders): boolean {
  const type = headers["content-type"];
  const encoding = headers["grpc-encoding"];
  const timeout = headers[timeoutHeader];
  return (
    (type === "application/grpc" || type === "application/grpc+proto") &&
    (encoding === undefined || encoding === "identity") &&
    (timeout === undefined || timeoutPattern.test(String(timeout)))
  );
}

function timeoutMs(timeout: string): number {
  const unit = timeout.at(-1) as keyof typeof timeoutUnitsMs;
  return Math.min(Number(timeout.slice(0, -1)) * timeoutUnitsMs[unit], timerMsMax);
}

/** grpc-js shows them to nobody. Should it keep them elsewhere one day, a test says so, and all calls are its own. */
function http2ServersOf(server: Server): Iterable<Http2Server> {
  const { http2Servers } = server as unknown as { readonly http2Servers?: ReadonlyMap<Http2Server, unknown> };
  return http2Servers?.keys() ?? [];
}
