import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import type { Tls, TlsKeys } from "../auth/tls-keys.ts";
import { prefaceTimeoutMs } from "../limits.ts";

export interface TlsAcceptorOptions {
  readonly tls: Tls;
  /** Takes a connection whose client has passed the handshake, and has shown a valid certificate or none. */
  readonly accept: (socket: TLSSocket) => void;
  /** A client that was not let in, and why: OpenSSL's code. */
  readonly refused: (peer: string, reason: string) => void;
}

/**
 * Makes TLS connections of accepted ones. It is Node's own TLS server, which is never told to listen: accepting
 * and counting are the listener's, before any of the cost of a handshake.
 */
export class TlsAcceptor {
  readonly #server: Server;
  readonly #options: TlsAcceptorOptions;

  constructor(options: TlsAcceptorOptions) {
    const { keys, clientAuth } = options.tls;
    this.#options = options;
    this.#server = createServer({
      ...contextOf(keys.current),
      ALPNProtocols: ["h2"],
      handshakeTimeout: prefaceTimeoutMs,
      requestCert: clientAuth !== "none",
      // Decided here, so that the operator is told who was not let in and why.
      rejectUnauthorized: false,
    });
    this.#server.on("secureConnection", (socket) => this.#secured(socket));
    this.#server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      // Whoever looks whether the port is open says nothing, and needs no answer.
      if (error.code !== "ECONNRESET") this.#refuse(socket, error.code ?? error.message);
    });
    keys.onChange((changed) => this.#server.setSecureContext(contextOf(changed)));
  }

  /** Begins the handshake. */
  handshake(socket: Socket): void {
    this.#server.emit("connection", socket);
  }

  #secured(socket: TLSSocket): void {
    // A reset needs no answer; "close" follows.
    socket.on("error", () => {});
    const fault = this.#faultOf(socket);
    if (fault === undefined) this.#options.accept(socket);
    else this.#refuse(socket, fault);
  }

  /** What is wrong with the client's certificate. One that does not hold is no better than none. */
  #faultOf(socket: TLSSocket): string | undefined {
    const { clientAuth } = this.#options.tls;
    if (clientAuth === "none" || socket.authorized) return undefined;
    if (socket.getPeerX509Certificate() !== undefined) return String(socket.authorizationError);
    return clientAuth === "require" ? "NO_CERTIFICATE" : undefined;
  }

  #refuse(socket: TLSSocket, reason: string): void {
    const peer = socket.remoteAddress ?? "unknown";
    socket.destroy();
    this.#options.refused(peer, reason);
  }
}

/** No tickets: every connection shows its certificate anew, to the authorities of the moment. */
function contextOf(keys: TlsKeys): SecureContextOptions {
  return { ...keys, minVersion: "TLSv1.2", secureOptions: constants.SSL_OP_NO_TICKET };
}
