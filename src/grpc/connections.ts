import type { X509Certificate } from "node:crypto";
import type { Http2Session } from "node:http2";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { ServerInterceptingCall, ServerInterceptor } from "@grpc/grpc-js";
import { Connection } from "../auth/connection.ts";
import { subjectOf } from "../auth/distinguished-name.ts";
import type { Clock } from "../clock.ts";
import type { OwnCall } from "./builtin-errors.ts";

type ConnectionInfo = ReturnType<ServerInterceptingCall["getConnectionInfo"]>;

/** A connection, and what its end depends on. */
export interface KnownConnection {
  readonly connection: Connection;
  readonly socket: Socket;
  /** Since when, by the monotonic clock. */
  readonly sinceMs: number;
  /** Spreads the ends of connections that were made at the same moment: 0.9 to 1.1. */
  readonly ageFactor: number;
  /** The end of the client's certificate, in wall-clock milliseconds; infinite without one. */
  readonly certificateExpiresMs: number;
  /** Once HTTP/2 has begun on it. */
  session: Http2Session | undefined;
  /** It has been asked to go. */
  retired: boolean;
}

/**
 * The connections that grpc-js answers on, found by both of their ends: grpc-js tells its handlers nothing else of
 * a connection that would be the same for each of its calls.
 */
export class Connections {
  readonly #connections = new Map<string, KnownConnection>();
  readonly #clock: Clock;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The socket's handshake is over. */
  add(socket: Socket): void {
    const key = keyOf(socket);
    const certificate = certificateOf(socket);
    const known: KnownConnection = {
      connection: new Connection(addressOf(socket), certificate && subjectIn(certificate)),
      socket,
      sinceMs: this.#clock.monotonicMs(),
      ageFactor: 0.9 + 0.2 * ((this.#count++ * goldenRatio) % 1),
      certificateExpiresMs:
        certificate === undefined ? Number.POSITIVE_INFINITY : Date.parse(certificate.validTo),
      session: undefined,
      retired: false,
    };
    this.#connections.set(key, known);
    socket.once("close", () => {
      // The client may have come back from the same port already.
      if (this.#connections.get(key) === known) this.#connections.delete(key);
    });
  }

  /** HTTP/2 has begun on one of them. */
  began(session: Http2Session): void {
    const known = this.#connections.get(keyOf(session.socket));
    if (known !== undefined) known.session = session;
  }

  /** How many are open. */
  get count(): number {
    return this.#connections.size;
  }

  [Symbol.iterator](): Iterator<KnownConnection> {
    return this.#connections.values();
  }

  /** Undefined when the client is gone. */
  of(info: ConnectionInfo): Connection | undefined {
    return this.#connections.get(keyOf(info))?.connection;
  }
}

/** Its multiples lie evenly between whole numbers, however many there are. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** What a handler's `getAuthContext()` answers. */
export interface CallAuthContext {
  readonly connection: Connection | undefined;
  /** The call as grpc-js knows it: it knows how it ended when that was not for its handler to say. */
  readonly call: OwnCall;
}

/** Lets handlers know the connection of their call, by way of grpc-js's authentication context. */
export function knowing(connections: Connections): ServerInterceptor {
  function getAuthContext(this: OwnCall): CallAuthContext {
    return { connection: connections.of(this.getConnectionInfo()), call: this };
  }
  return (_method, call) => {
    (call as ServerInterceptingCall & { getAuthContext: () => CallAuthContext }).getAuthContext =
      getAuthContext;
    return call as ServerInterceptingCall;
  };
}

/** An IPv4 client counts as the same whether the socket shows it as IPv4 or mapped into IPv6. */
export function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: ConnectionInfo): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** The client's certificate, if it has shown one that the acceptor has found good. */
function certificateOf(socket: Socket): X509Certificate | undefined {
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
}

function subjectIn(certificate: X509Certificate): string | undefined {
  try {
    // A certificate may name its holder elsewhere only; then there is nothing that an ACL could name.
    return subjectOf(certificate.raw) || undefined;
  } catch (error) {
    // OpenSSL reads more than DER. A subject that cannot be told for certain is nobody.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
