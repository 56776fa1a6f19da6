import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";

/** A TCP connection whose client says whatever a test wants, HTTP/2 or not. */
export class RawConnection {
  readonly socket: Socket;
  /** All that has come so far. */
  received: Buffer = Buffer.alloc(0);
  /** When the connection is closed, by whichever side. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    // A reset is one way of being closed.
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.once("close", () => resolve());
    });
  }

  static async open(port: number, { allowHalfOpen = false } = {}): Promise<RawConnection> {
    const connection = new RawConnection(connectTcp({ port, host: "127.0.0.1", allowHalfOpen }));
    await once(connection.socket, "connect");
    return connection;
  }

  send(...parts: (string | Uint8Array)[]): void {
    for (const part of parts) this.socket.write(part);
  }
}

export const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
export const emptySettings = frame(0x4, 0, 0, new Uint8Array());

/** An HTTP/2 frame. */
export function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}

/** The frames of what a server has sent; an unfinished one at the end is left out. */
export function framesOf(bytes: Buffer): { type: number; payload: Buffer }[] {
  const frames = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    frames.push({ type: bytes.readUInt8(at + 3), payload: bytes.subarray(at + 9, at + 9 + length) });
    at += 9 + length;
  }
  return frames;
}
