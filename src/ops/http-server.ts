import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { opsConnectionsMax, opsIdleMaxMs, opsRequestBytesMax, opsRequestTimeoutMs } from "../limits.ts";
import { listenError } from "../listen-error.ts";
import type { Logger } from "./logger.ts";

/** What a page answers. */
export interface Page {
  readonly code: number;
  readonly type: string;
  readonly text: string;
}

export interface HttpOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The page at a path; undefined if there is none. */
  readonly pageAt: (url: URL) => Page | undefined | Promise<Page | undefined>;
  readonly log: Logger;
}

const hint = "; http_port names another, and 0 none";

/**
 * Serves pages to GET and HEAD. A connection has one request at a time, so it never holds more than one answer. When
 * all connections are taken, a new one ends the one that has asked for nothing for the longest time: probes get in
 * whatever others do.
 */
export class HttpServer {
  readonly #server: Server;
  readonly #options: HttpOptions;
  /** The open connections, the one that asked last at the end. */
  readonly #connections = new Set<Socket>();
  /** Those whose request has no answer yet, or one that is not read yet. */
  readonly #busy = new Set<Socket>();

  /** @throws ListenError */
  static async listen(options: HttpOptions): Promise<HttpServer> {
    const http = new HttpServer(options);
    const { host, port } = options;
    await new Promise<void>((resolve, reject) => {
      http.#server.once("error", (error) => reject(listenError(error, { host, port, hint })));
      http.#server.listen({ host, port }, resolve);
    });
    http.#server.on("error", (err) => options.log.warn({ err }, "a connection could not be accepted"));
    return http;
  }

  private constructor(options: HttpOptions) {
    this.#options = options;
    const limits = {
      maxHeaderSize: opsRequestBytesMax,
      headersTimeout: opsRequestTimeoutMs,
      requestTimeout: opsRequestTimeoutMs,
      keepAliveTimeout: opsIdleMaxMs,
      // How often Node looks for requests that take too long.
      connectionsCheckingInterval: opsRequestTimeoutMs / 2,
    };
    this.#server = createServer(limits, (request, response) => void this.#answer(request, response));
    this.#server.on("connection", (socket) => this.#connected(socket));
    // Of a client that does not read its answer.
    this.#server.timeout = opsIdleMaxMs;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Ends every connection. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #connected(socket: Socket): void {
    this.#connections.add(socket);
    socket.once("close", () => this.#connections.delete(socket));
    if (this.#connections.size <= opsConnectionsMax) return;
    const [longestSilent] = this.#connections;
    this.#connections.delete(longestSilent!);
    longestSilent!.destroy();
  }

  /**
   * Whether the connection may have another answer. One that does not wait for its answers ends at once: Node reads on
   * from a paused one, and to give up thousands of requests that it has read takes seconds.
   */
  #take({ socket }: IncomingMessage, response: ServerResponse): boolean {
    if (this.#busy.has(socket)) {
      socket.destroy();
      return false;
    }
    this.#busy.add(socket);
    response.once("close", () => this.#busy.delete(socket));
    if (this.#connections.delete(socket)) this.#connections.add(socket);
    return true;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#take(request, response)) return;
    // Nothing here is sent anything: a body is not read, and its connection is given up with it.
    const hasBody = "content-length" in request.headers || "transfer-encoding" in request.headers;
    const { code, type, text } = await this.#pageFor(request);
    response.writeHead(code, {
      "content-type": type,
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...(code === 405 && { allow: "GET, HEAD" }),
      ...(hasBody && { connection: "close" }),
    });
    response.end(request.method === "HEAD" ? undefined : text);
  }

  async #pageFor({ method, url = "" }: IncomingMessage): Promise<Page> {
    if (method !== "GET" && method !== "HEAD") return plain(405, "only GET and HEAD\n");
    // Put together, because a path that begins with // would be a host.
    const parsed = url.startsWith("/") ? URL.parse(`http://localhost${url}`) : URL.parse(url);
    try {
      return (parsed && (await this.#options.pageAt(parsed))) ?? plain(404, "no such page; / lists them\n");
    } catch (err) {
      this.#options.log.error({ err }, "a page could not be made");
      return plain(500, "internal error; the server's log has the cause\n");
    }
  }
}

export function plain(code: number, text: string): Page {
  return { code, type: "text/plain; charset=utf-8", text };
}
