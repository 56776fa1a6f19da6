import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { ServerInterceptingCall, ServerInterceptor } from "@grpc/grpc-js";
import { Connection } from "../auth/connection.ts";
import { subjectOf } from "../auth/distinguished-name.ts";
import type { OwnCall } from "./builtin-errors.ts";

type ConnectionInfo = ReturnType<ServerInterceptingCall["getConnectionInfo"]>;

/**
 * The connections that grpc-js answers on, found by both of their ends: grpc-js tells its handlers nothing else of
 * a connection that would be the same for each of its calls.
 */
export class Connections {
  readonly #connections = new Map<string, Connection>();

  /** The socket's handshake is over. */
  add(socket: Socket): void {
    const key = keyOf(socket);
    const connection = new Connection(addressOf(socket), subjectOfClient(socket));
    this.#connections.set(key, connection);
    socket.once("close", () => {
      // The client may have come back from the same port already.
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    });
  }

  /** How many are open. */
  get count(): number {
    return this.#connections.size;
  }

  /** Undefined when the client is gone. */
  of(info: ConnectionInfo): Connection | undefined {
    return this.#connections.get(keyOf(info));
  }
}

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

/** The subject of a certificate that the acceptor has found good. */
function subjectOfClient(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  try {
    // A certificate may name its holder elsewhere only; then there is nothing that an ACL could name.
    return certificate && (subjectOf(certificate.raw) || undefined);
  } catch (error) {
    // OpenSSL reads more than DER. A subject that cannot be told for certain is nobody.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
