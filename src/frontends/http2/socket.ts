import type { Socket } from "node:net";
import { Http2Connection, type Http2ConnectionOptions } from "./connection.ts";
import { errorCode } from "./protocol.ts";

/** While more waits for the socket, bodies wait on their streams. */
const unwrittenBytesHigh = 65_536;

/** How long a client may take to read why its connection ends. */
const lingerMs = 1_000;

export interface Http2SocketOptions extends Omit<Http2ConnectionOptions, "wake"> {
  /** All that has come in this turn was received. */
  readonly received?: () => void;
}

/** A connection on its socket. What it answers in one turn of the event loop goes out in one write. */
export class Http2Socket {
  readonly #socket: Socket;
  readonly #connection: Http2Connection;
  #isScheduled = false;
  #isTelling = false;
  #linger: NodeJS.Timeout | undefined;

  constructor(socket: Socket, { received = () => {}, ...options }: Http2SocketOptions) {
    this.#socket = socket;
    this.#connection = new Http2Connection({ ...options, wake: () => this.#schedule() });
    socket.on("data", (chunk: Buffer) => {
      this.#connection.receive(chunk);
      received();
      this.#schedule();
    });
    socket.on("drain", () => this.#flush());
    // A client that has ended its side reads the answers that are under way, and no more can come.
    socket.on("end", () => this.#connection.goAway());
    socket.on("close", () => {
      clearTimeout(this.#linger);
      this.#connection.disconnected();
    });
    this.#schedule();
  }

  get heldBytes(): number {
    return this.#connection.heldBytes + this.#socket.writableLength;
  }

  /** Bytes that the client, or the machine for it, has taken since the start. */
  get takenBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** What time alone brings; to be called about every second. */
  check(): void {
    this.#connection.check();
    this.#schedule();
  }

  /** Ends the connection when its streams are done. */
  goAway(): void {
    this.#connection.goAway();
    this.#schedule();
  }

  /** Ends it at once, and says why. */
  fail(code: keyof typeof errorCode, reason: string): void {
    this.#connection.fail(errorCode[code], reason);
    this.#schedule();
  }

  /** At the end of this turn, after all that it brings about: promises that are settled, too. */
  #schedule(): void {
    if (this.#isScheduled) return;
    if (this.#connection.output.bytes === 0 && !this.#connection.isOver) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const socket = this.#socket;
    const pieces = this.#connection.output.take();
    if (pieces.length > 1) socket.cork();
    if (!socket.writableEnded) for (const piece of pieces) socket.write(piece);
    if (pieces.length > 1) socket.uncork();
    if (this.#connection.isOver) {
      this.#end();
      return;
    }
    const takes = socket.writableLength < unwrittenBytesHigh;
    this.#connection.socketTakes(takes);
    if (takes) this.#tellTaken();
    this.#schedule();
  }

  /** In a later turn, so that a stream with much to send gives everybody else a turn between its messages. */
  #tellTaken(): void {
    if (this.#isTelling || !this.#connection.isAwaited) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      this.#connection.tellTaken();
      this.#schedule();
    });
  }

  /** Reads on for a moment: an early reset would swallow what was written last. */
  #end(): void {
    if (this.#linger !== undefined || this.#socket.destroyed) return;
    this.#socket.end();
    this.#linger = setTimeout(() => this.#socket.destroy(), lingerMs);
  }
}
