import { createServer, type Server, type Socket } from "node:net";
import type { Tls } from "../auth/tls-keys.ts";
import type { Clock } from "../clock.ts";
import { networkOf } from "../core/network.ts";
import { prefaceTimeoutMs, refusalLingerMs, refusedConnectionsMax } from "../limits.ts";
import { listenError } from "../listen-error.ts";
import { addressOf } from "./connections.ts";
import type { Log } from "./log.ts";
import { goAwayFrames, isHttp2Preface, looksLikeHttp1, prefaceBytes } from "./preface.ts";
import { SeldomWarning } from "./seldom-warning.ts";
import { TlsAcceptor } from "./tls-acceptor.ts";

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Connections beyond it are turned away. */
  readonly maxConnections: number;
  /** Instead, one more ends the oldest: for a port that answers strangers, whose probes have to get in. */
  readonly endsOldest?: boolean;
  /** The same for the connections of one client address. */
  readonly maxConnectionsPerAddress: number;
  /** Undefined: in clear. */
  readonly tls?: Tls | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes a connection whose client has said that it speaks HTTP/2; what it said is still to be read. */
  readonly accept: (socket: Socket) => void;
}

/**
 * Accepts connections and counts them before they cost anything, and hands on those whose clients have said in time
 * that they speak HTTP/2.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #tls: TlsAcceptor | undefined;
  /** The accepted connections, each with the network that it counts for. */
  readonly #connections = new Map<Socket, string>();
  readonly #perAddress = new Map<string, number>();
  #rejectedCount = 0;

  /** Rejects with one readable line when the port cannot be had. */
  static async listen(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    const { host, port } = options;
    await new Promise<void>((resolve, reject) => {
      listener.#server.once("error", (error) => reject(listenError(error, options)));
      listener.#server.listen({ host, port }, resolve);
    });
    // No file descriptor for another connection, say: those that are there go on.
    listener.#server.on("error", (err) => options.log.warn({ err }, "a connection could not be accepted"));
    return listener;
  }

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#tls = options.tls && this.#tlsAcceptor(options.tls);
    this.#server = createServer({ noDelay: true }, (socket) => this.#connected(socket));
    this.#server.maxConnections = options.maxConnections + refusedConnectionsMax;
    this.#server.on("drop", () => void this.#rejectedCount++);
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Connections that were turned away because there were too many, since the start. */
  get rejectedCount(): number {
    return this.#rejectedCount;
  }

  /** Accepts nothing more; resolves when the last connection is closed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** Breaks what connections are left. */
  destroyConnections(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #tlsAcceptor(tls: Tls): TlsAcceptor {
    const { accept, clock, log } = this.#options;
    const warning = new SeldomWarning(clock, log);
    return new TlsAcceptor({
      tls,
      accept: (socket) => awaitPreface(socket, accept),
      refused: (peer, reason) => warning.warn({ peer, reason }, "a TLS connection was refused"),
    });
  }

  #connected(socket: Socket): void {
    // A reset needs no answer; "close" follows.
    socket.on("error", () => {});
    const { maxConnections, maxConnectionsPerAddress, endsOldest } = this.#options;
    if (endsOldest && this.#connections.size >= maxConnections) this.#endOldest();
    const address = networkOf(addressOf(socket));
    const fromAddress = this.#perAddress.get(address) ?? 0;
    if (this.#connections.size >= maxConnections) {
      this.#turnAway(socket, `the server has its ${maxConnections} connections`);
    } else if (fromAddress >= maxConnectionsPerAddress) {
      this.#turnAway(
        socket,
        `your address has its ${maxConnectionsPerAddress} connections; share them between calls`,
      );
    } else {
      this.#connections.set(socket, address);
      this.#perAddress.set(address, fromAddress + 1);
      socket.once("close", () => this.#disconnected(socket, address));
      if (this.#tls === undefined) awaitPreface(socket, this.#options.accept);
      else this.#tls.handshake(socket);
    }
  }

  #endOldest(): void {
    const [[socket, address] = []] = this.#connections;
    if (socket === undefined || address === undefined) return;
    this.#disconnected(socket, address);
    socket.destroy();
  }

  /** A TLS client is not told why: that would take the handshake from whose cost the limit protects. */
  #turnAway(socket: Socket, why: string): void {
    this.#rejectedCount++;
    if (this.#tls === undefined) refuse(socket, why);
    else socket.destroy();
  }

  #disconnected(socket: Socket, address: string): void {
    if (!this.#connections.delete(socket)) return;
    const left = this.#perAddress.get(address)! - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }
}

/** Reads until the client has said that it speaks HTTP/2, gives that back to the socket, and hands it on. */
function awaitPreface(socket: Socket, accept: (socket: Socket) => void): void {
  let head: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), prefaceTimeoutMs);
  const stopTimer = () => clearTimeout(timer);
  const read = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = Buffer.concat([head, chunk]);
    if (!isHttp2Preface(head)) {
      socket.off("readable", read);
      socket.end(looksLikeHttp1(head) ? http1Answer : "", () => socket.destroy());
    } else if (head.length >= prefaceBytes) {
      stopTimer();
      socket.off("readable", read).off("close", stopTimer);
      socket.unshift(head);
      accept(socket);
    }
  };
  socket.on("readable", read);
  socket.on("close", stopTimer);
}

const http1Answer =
  "HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\nThis port speaks gRPC.\n";

/** Says why in HTTP/2's own words, and reads on for a moment: an early reset would swallow them. */
function refuse(socket: Socket, why: string): void {
  socket.end(goAwayFrames(why));
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), refusalLingerMs);
  socket.on("close", () => clearTimeout(timer));
}
