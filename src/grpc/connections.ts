import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Connection } from "../auth/connection.ts";
import { subjectOf } from "../auth/distinguished-name.ts";
import type { Clock } from "../clock.ts";

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
  /** Asks the client to go when its calls are done. */
  goAway(): void;
  /** It has been asked to go. */
  retired: boolean;
}

/** The connections of a port whose handshakes are over. */
export class Connections {
  readonly #connections = new Set<KnownConnection>();
  readonly #clock: Clock;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The socket's handshake is over. @returns who is at its other end, for whom the front makes `goAway`. */
  add(socket: Socket, goAway: () => void): KnownConnection {
    const certificate = certificateOf(socket);
    const known: KnownConnection = {
      connection: new Connection(addressOf(socket), certificate && subjectIn(certificate)),
      socket,
      sinceMs: this.#clock.monotonicMs(),
      ageFactor: 0.9 + 0.2 * ((this.#count++ * goldenRatio) % 1),
      certificateExpiresMs:
        certificate === undefined ? Number.POSITIVE_INFINITY : Date.parse(certificate.validTo),
      goAway,
      retired: false,
    };
    this.#connections.add(known);
    socket.once("close", () => this.#connections.delete(known));
    return known;
  }

  /** How many are open. */
  get count(): number {
    return this.#connections.size;
  }

  [Symbol.iterator](): Iterator<KnownConnection> {
    return this.#connections.values();
  }
}

/** Its multiples lie evenly between whole numbers, however many there are. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** An IPv4 client counts as the same whether the socket shows it as IPv4 or mapped into IPv6. */
export function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}

/** The client's certificate, if it has shown one that the acceptor has found good. */
function certificateOf(socket: Socket): X509Certificate | undefined {
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
}

function subjectIn(certificate: X509Certificate): string | undefined {
  // A certificate may name its holder elsewhere only; then there is nothing that an ACL could name.
  try {
    return subjectOf(certificate.raw) || undefined;
  } catch (error) {
    // OpenSSL reads more than DER. A subject that cannot be told for certain is nobody.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
