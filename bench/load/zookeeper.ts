import net from "node:net";
import type { Channel } from "./channel.ts";
import { Outbox, type Template, template } from "./template.ts";

/** ZooKeeper's numbers for its operations. */
export const opcode = { create: 1, getData: 4, setData: 5, ping: 11, addWatch: 106 };
/** How long an opened connection may wait for its session. */
const sessionWaitMs = 10_000;

const xidOfEvents = -1;
const xidOfPings = -2;

/** Values in jute, ZooKeeper's own encoding. */
export const jute = {
  int(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  },
  long(value: bigint): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  },
  bool: (value: boolean): Buffer => Buffer.of(value ? 1 : 0),
  bytes: (value: Uint8Array): Buffer => Buffer.concat([jute.int(value.length), value]),
  text: (value: string): Buffer => jute.bytes(Buffer.from(value)),
};

/** A request, ready but for its xid and the number in its path. */
export function zkTemplate(operation: number, body: readonly Buffer[], modulo?: number): Template {
  const payload = Buffer.concat([jute.int(0), jute.int(operation), ...body]);
  const bytes = Buffer.concat([jute.int(payload.length), payload]);
  return template(bytes, { idAt: [4], ...(modulo === undefined ? {} : { modulo }) });
}

export const zkRequests = {
  create(path: string, data: Uint8Array): Template {
    // Everybody may do everything, and the node is persistent.
    const acl = [jute.int(1), jute.int(31), jute.text("world"), jute.text("anyone")];
    return zkTemplate(opcode.create, [jute.text(path), jute.bytes(data), ...acl, jute.int(0)]);
  },
  read: (path: string, modulo?: number): Template =>
    zkTemplate(opcode.getData, [jute.text(path), jute.bool(false)], modulo),
  set: (path: string, data: Uint8Array, modulo?: number): Template =>
    zkTemplate(opcode.setData, [jute.text(path), jute.bytes(data), jute.int(-1)], modulo),
  /** A persistent watch. */
  watch: (path: string): Template => zkTemplate(opcode.addWatch, [jute.text(path), jute.int(0)]),
};

/** One session of ZooKeeper on a bare socket, with as many requests under way as one likes. */
export class ZkChannel implements Channel {
  answered: Channel["answered"] = () => {};
  failed: Channel["failed"] = () => {};
  /** Told of a watch event. */
  event: () => void = () => {};
  readonly #socket: net.Socket;
  readonly #out = new Outbox();
  #rest: Buffer = Buffer.alloc(0);
  #connected: (() => void) | undefined;
  #tags: number[] = [];
  #nextTag = 0;
  #nextXid = 1;
  #closed = false;

  static async open(port: number, timeoutMs = 40_000): Promise<ZkChannel> {
    const socket = net.connect({ host: "127.0.0.1", port, noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    const channel = new ZkChannel(socket);
    const connected = new Promise<void>((resolve, reject) => {
      channel.#connected = resolve;
      channel.failed = reject;
    });
    const hello = [
      jute.int(0),
      jute.long(0n),
      jute.int(timeoutMs),
      jute.long(0n),
      jute.bytes(Buffer.alloc(16)),
    ];
    socket.write(jute.bytes(Buffer.concat([...hello, jute.bool(false)])));
    // A server that is about to start may take the connection and forget it.
    const timer = setTimeout(() => channel.#fail(new Error("the server opened no session")), sessionWaitMs);
    try {
      await connected;
    } finally {
      clearTimeout(timer);
    }
    return channel;
  }

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  send(request: Template, number: number, tag: number): void {
    this.#out.addTemplate(request, this.#nextXid, number);
    this.#nextXid = (this.#nextXid % 0x7fff_ffff) + 1;
    this.#tags.push(tag);
  }

  ping(): void {
    this.#out.add(Buffer.concat([jute.int(8), jute.int(xidOfPings), jute.int(opcode.ping)]));
  }

  flush(): void {
    if (this.#out.length > 0) this.#socket.write(this.#out.take());
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.close();
    this.failed(error);
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 4) {
      const end = at + 4 + bytes.readInt32BE(at);
      if (end > bytes.length) break;
      this.#answer(bytes, at + 4);
      at = end;
    }
    this.#rest = bytes.subarray(at);
    this.flush();
  }

  /** An answer's head is xid, zxid and error; answers come in the order of the requests. */
  #answer(bytes: Buffer, at: number): void {
    if (this.#connected !== undefined) {
      this.#connected();
      this.#connected = undefined;
      return;
    }
    const xid = bytes.readInt32BE(at);
    if (xid === xidOfEvents) this.event();
    else if (xid === xidOfPings) this.answered(xidOfPings, true);
    else this.answered(this.#tags[this.#nextTag++]!, bytes.readInt32BE(at + 12) === 0);
    if (this.#nextTag < 65_536) return;
    this.#tags = this.#tags.slice(this.#nextTag);
    this.#nextTag = 0;
  }
}
