import type { Output } from "./output.ts";
import { frameBytesDefault, windowBytesDefault, windowBytesMax } from "./protocol.ts";
import type { QueuedBodies } from "./queued-bodies.ts";
import type { ServerStream } from "./stream.ts";

/** While so much waits for the socket, bodies wait on their streams, where they are counted. */
const outputBytesHigh = 262_144;

/**
 * What may be sent when: bodies go out as the windows of their stream and of the connection allow and as the socket
 * takes them, a frame of each stream in turn; a header block goes at once, or behind the body that it ends.
 */
export class Sender {
  readonly #output: Output;
  /** Told when all of an answer was sent. */
  readonly #ended: (stream: ServerStream) => void;
  readonly #bodies: QueuedBodies | undefined;
  #window: number = windowBytesDefault;
  #socketTakes = true;
  /** Streams with a body that waits and a window for it. The first ones may be gone already. */
  #ready: ServerStream[] = [];
  #readyAt = 0;
  #queuedBytes = 0;
  #taken: (() => void)[] = [];

  /** @param bodies told of what waits, with what waits on other connections. */
  constructor(output: Output, ended: (stream: ServerStream) => void, bodies?: QueuedBodies) {
    this.#output = output;
    this.#bodies = bodies;
    this.#ended = ended;
  }

  /** Bytes of bodies that wait on their streams. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  send(stream: ServerStream, prefix: Uint8Array, bytes: Uint8Array, taken: (() => void) | undefined): void {
    const count = prefix.length + bytes.length;
    if (stream.outgoing === undefined && this.#mayPass(stream, count)) {
      this.#pass(stream, prefix, bytes);
      if (taken !== undefined) this.#taken.push(taken);
      return;
    }
    stream.outgoing ??= [];
    if (prefix.length > 0) stream.outgoing.push({ bytes: prefix, taken: undefined });
    stream.outgoing.push({ bytes, taken });
    this.#queuedBytes += count;
    this.#bodies?.add(bytes);
    this.#makeReady(stream);
    this.pump();
  }

  end(stream: ServerStream, block: Uint8Array): void {
    stream.trailers = block;
    if (stream.outgoing === undefined) this.#sendTrailers(stream);
  }

  /** The client has more room on the connection. @returns false when its window becomes too large. */
  widen(bytes: number): boolean {
    this.#window += bytes;
    return this.#window <= windowBytesMax;
  }

  /** The same for a stream; less than no bytes when the client changes its settings. */
  widenStream(stream: ServerStream, bytes: number): boolean {
    stream.sendWindow += bytes;
    if (stream.outgoing !== undefined) this.#makeReady(stream);
    return stream.sendWindow <= windowBytesMax;
  }

  /** @param takes whether the socket takes more than it has. */
  socketTakes(takes: boolean): void {
    this.#socketTakes = takes;
  }

  /** Whether somebody waits to hear that the socket has taken what it sent. */
  get isAwaited(): boolean {
    return this.#taken.length > 0;
  }

  tellTaken(): void {
    const taken = this.#taken;
    this.#taken = [];
    for (const callback of taken) callback();
  }

  /** Sends what may be sent by now. */
  pump(): void {
    while (this.#readyAt < this.#ready.length && this.#window > 0 && this.#isOpen) {
      const stream = this.#ready[this.#readyAt++]!;
      stream.isQueued = false;
      if (!stream.isClosed && stream.sendWindow > 0) this.#sendSome(stream);
    }
    if (this.#readyAt === this.#ready.length) this.#ready = emptied(this.#ready);
    else if (this.#readyAt > 1_000) this.#ready = this.#ready.slice(this.#readyAt);
    else return;
    this.#readyAt = 0;
  }

  /** What waits on a stream that is over will not be sent. */
  drop(stream: ServerStream): void {
    if (stream.outgoing === undefined) return;
    for (const { bytes } of stream.outgoing) {
      const left = bytes.length - stream.outgoingAt;
      stream.outgoingAt = 0;
      this.#queuedBytes -= left;
      this.#bodies?.sent(bytes, left, true);
    }
    stream.outgoing = undefined;
  }

  get #isOpen(): boolean {
    return this.#socketTakes && this.#output.bytes < outputBytesHigh;
  }

  #mayPass(stream: ServerStream, bytes: number): boolean {
    return bytes <= stream.sendWindow && bytes <= this.#window && this.#isOpen;
  }

  #makeReady(stream: ServerStream): void {
    if (stream.isQueued || stream.sendWindow <= 0) return;
    stream.isQueued = true;
    this.#ready.push(stream);
  }

  /** One frame, so that streams take turns. */
  #sendSome(stream: ServerStream): void {
    const first = stream.outgoing?.[0];
    if (first === undefined) return;
    const left = first.bytes.length - stream.outgoingAt;
    const count = Math.min(left, stream.sendWindow, this.#window, frameBytesDefault);
    this.#put(stream, first.bytes, stream.outgoingAt, stream.outgoingAt + count);
    this.#queuedBytes -= count;
    this.#bodies?.sent(first.bytes, count, count === left);
    stream.outgoingAt += count;
    if (count === left) {
      if (first.taken !== undefined) this.#taken.push(first.taken);
      stream.outgoingAt = 0;
      stream.outgoing!.shift();
    }
    if (stream.outgoing!.length > 0) {
      this.#makeReady(stream);
    } else {
      stream.outgoing = undefined;
      if (stream.trailers !== undefined) this.#sendTrailers(stream);
    }
  }

  /** In one frame, if it fits. */
  #pass(stream: ServerStream, prefix: Uint8Array, bytes: Uint8Array): void {
    const first = Math.min(bytes.length, frameBytesDefault - prefix.length);
    this.#output.data(stream.id, prefix, bytes, 0, first);
    stream.sendWindow -= prefix.length + first;
    this.#window -= prefix.length + first;
    if (first < bytes.length) this.#put(stream, bytes, first, bytes.length);
  }

  #put(stream: ServerStream, bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at += frameBytesDefault) {
      this.#output.data(stream.id, nothing, bytes, at, Math.min(end, at + frameBytesDefault));
    }
    stream.sendWindow -= end - start;
    this.#window -= end - start;
  }

  #sendTrailers(stream: ServerStream): void {
    this.#output.headers(stream.id, stream.trailers!, true);
    this.#ended(stream);
  }
}

function emptied(ready: ServerStream[]): ServerStream[] {
  if (ready.length > 0) ready.length = 0;
  return ready;
}

const nothing = new Uint8Array(0);
