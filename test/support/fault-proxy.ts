import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** What was read and not passed on yet; a stall keeps it. */
  readonly waiting: { readonly to: Socket; readonly bytes: Buffer }[];
  /** The client has hung up; the server hears that after what is waiting. */
  hungUp: boolean;
}

/** A TCP proxy before a server, through which a test breaks things. It closes at the end of the test. */
export class FaultProxy {
  readonly #port: () => number;
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  /** Ends of connections that were abandoned: nobody will ever say anything on them. */
  readonly #abandoned = new Set<Socket>();
  #stalled = false;
  /** What servers may still say before everything stalls, in bytes. */
  #untilStall = Number.POSITIVE_INFINITY;
  #refusing = false;
  #delayMs = 0;
  /** Connections that were accepted so far. */
  accepted = 0;

  /** @param port of the server, which may change when that is started again. */
  static async start(port: number | (() => number)): Promise<FaultProxy> {
    const proxy = new FaultProxy(typeof port === "number" ? () => port : port);
    await new Promise<void>((resolve) => {
      proxy.#listener.listen(0, "127.0.0.1", resolve);
    });
    onTestFinished(() => proxy.stop());
    return proxy;
  }

  private constructor(port: () => number) {
    this.#port = port;
    this.#listener = createServer({ noDelay: true }, (client) => this.#accept(client));
  }

  get address(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Breaks all connections; both ends notice. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** From now on nothing passes in either direction, and new connections wait; nobody notices. */
  stall(): void {
    this.#stalled = true;
  }

  /** The same once servers have said so many more bytes: in the middle of whatever it is that they say. */
  stallAfter(bytes: number): void {
    this.#untilStall = bytes;
  }

  /** What was held up is passed on, late. */
  resume(): void {
    this.#stalled = false;
    this.#untilStall = Number.POSITIVE_INFINITY;
    for (const pair of this.#pairs) this.#pass(pair);
  }

  /** Half-open connections: the server's end is gone, and the client is never told. */
  abandon(): void {
    for (const pair of this.#pairs) {
      this.#pairs.delete(pair);
      this.#abandoned.add(pair.client);
      pair.server.removeAllListeners("close").destroy();
      pair.client.removeAllListeners("close").removeAllListeners("data").resume();
    }
  }

  /** New connections are broken at once. */
  refuse(): void {
    this.#refusing = true;
  }

  /** The end of all faults. */
  heal(): void {
    this.#refusing = false;
    this.#delayMs = 0;
    this.resume();
  }

  /** Everything takes this much longer, in each direction. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  async stop(): Promise<void> {
    this.#refusing = true;
    this.cut();
    for (const socket of this.#abandoned) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#listener.close(() => resolve());
    });
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    this.accepted++;
    const server = dial({ port: this.#port(), host: "127.0.0.1", noDelay: true });
    const pair: Pair = { client, server, waiting: [], hungUp: false };
    this.#pairs.add(pair);
    server.on("error", () => {});
    client.on("data", (bytes) => this.#take(pair, server, bytes));
    server.on("data", (bytes) => this.#take(pair, client, bytes));
    client.on("close", () => {
      pair.hungUp = true;
      this.#pass(pair);
    });
    server.on("close", () => {
      this.#pairs.delete(pair);
      client.destroy();
    });
  }

  #take(pair: Pair, to: Socket, bytes: Buffer): void {
    pair.waiting.push({ to, bytes });
    if (this.#delayMs === 0) this.#pass(pair);
    else setTimeout(() => this.#pass(pair), this.#delayMs);
  }

  #pass({ waiting, hungUp, server }: Pair): void {
    while (!this.#stalled && waiting.length > 0) {
      const { to, bytes } = waiting.shift()!;
      if (to !== server) this.#untilStall -= bytes.length;
      if (this.#untilStall < 0) this.#stalled = true;
      if (to.writable) to.write(bytes);
    }
    if (this.#stalled) return;
    if (hungUp) server.destroySoon();
  }
}
