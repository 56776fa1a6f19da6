import { Budget } from "./budget.ts";
import type { RequestHead } from "./fields.ts";
import { FrameReader } from "./frame-reader.ts";
import { HeaderBlock } from "./header-block.ts";
import { CompressionError, HpackDecoder } from "./hpack/decoder.ts";
import { type Http2Limits, smallIncrementBytes } from "./limits.ts";
import { Liveness } from "./liveness.ts";
import { Output } from "./output.ts";
import { dependency, unpadded } from "./payload.ts";
import {
  ConnectionError,
  errorCode,
  flag,
  flowControlError,
  frameSizeError,
  frameType,
  preface,
  protocolError,
  setting,
  streamIdMax,
  windowBytesDefault,
} from "./protocol.ts";
import type { QueuedBodies } from "./queued-bodies.ts";
import { PeerSettings } from "./settings.ts";
import type { ServerStream, StreamReceiver } from "./stream.ts";
import { Streams } from "./streams.ts";

export interface Http2ConnectionOptions {
  readonly limits: Http2Limits;
  /** Monotonic time. */
  readonly nowMs: () => number;
  /** A request has begun: what takes the rest of it. */
  readonly request: (stream: ServerStream, head: RequestHead) => StreamReceiver;
  /** Told of bodies that wait, which other connections may send too. */
  readonly bodies?: QueuedBodies;
  /** There is output, written by a handler in a turn of its own. */
  readonly wake?: () => void;
}

/**
 * The server's side of an HTTP/2 connection (RFC 9113): bytes in, requests and bytes out. It has no socket and no
 * timer: whoever has those passes bytes on, and calls `check` now and then.
 */
export class Http2Connection {
  /** What waits for the socket. */
  readonly output = new Output();
  readonly #limits: Http2Limits;
  readonly #nowMs: () => number;
  readonly #reader = new FrameReader((type, flags, id, payload) => this.#frame(type, flags, id, payload));
  readonly #decoder: HpackDecoder;
  readonly #streams: Streams;
  readonly #peer = new PeerSettings();
  readonly #liveness: Liveness;
  readonly #controlBudget: Budget;
  readonly #settingsBudget: Budget;
  readonly #resetBudget: Budget;
  #prefaceAt = 0;
  #sawSettings = false;
  /** A header block that is not complete. */
  #block: HeaderBlock | undefined;
  /** What is wrong with the stream that it opens. */
  #blockFault: number | undefined;
  /** Bytes of answers to control frames since the socket has taken all there was. */
  #controlBytes = 0;
  #busyMs: number;
  #leaving: "no" | "announced" | "said" = "no";
  #announcedMs = 0;
  #isOver = false;

  constructor({ limits, nowMs, request, bodies, wake = () => {} }: Http2ConnectionOptions) {
    const startMs = nowMs();
    this.#limits = limits;
    this.#busyMs = startMs;
    this.#nowMs = nowMs;
    this.#decoder = new HpackDecoder({
      tableBytes: limits.headerTableBytes,
      listBytes: limits.headerListBytes,
    });
    this.#liveness = new Liveness(this.output, limits, startMs);
    this.#controlBudget = new Budget(limits.controlFrames, startMs);
    this.#settingsBudget = new Budget(limits.settingsFrames, startMs);
    this.#resetBudget = new Budget(limits.resets, startMs);
    this.#streams = new Streams({
      limits,
      output: this.output,
      request,
      bodies,
      wake,
      spendControl: () => this.#spend(this.#controlBudget, "control frames"),
      spendReset: () => this.#spend(this.#resetBudget, "streams that were reset"),
      drained: () => {
        if (this.#leaving === "said") this.disconnected();
      },
    });
    this.#greet();
  }

  /** Nothing more is read or served: the socket ends when it has taken the output. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get streamCount(): number {
    return this.#streams.count;
  }

  /** Memory that it holds for its client: answers that are not read, and parts of frames and header blocks. */
  get heldBytes(): number {
    const received = this.#reader.heldBytes + (this.#block?.bytes ?? 0);
    return received + this.#streams.sender.queuedBytes + this.output.bytes;
  }

  /** Reads what has come. */
  receive(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#liveness.heard(this.#nowMs());
    this.#guard(() => {
      const rest = this.#prefaceAt < preface.length ? this.#readPreface(chunk) : chunk;
      if (rest.length > 0) this.#reader.read(rest);
      this.#streams.sender.pump();
    });
  }

  /** @param takes whether the socket has taken all that it was given. */
  socketTakes(takes: boolean): void {
    if (this.#isOver) return;
    if (takes) this.#controlBytes = 0;
    this.#streams.sender.socketTakes(takes);
    this.#streams.sender.pump();
  }

  /** Whether somebody waits to hear that the socket has taken what it sent: `tellTaken`, in a later turn. */
  get isAwaited(): boolean {
    return !this.#isOver && this.#streams.sender.isAwaited;
  }

  tellTaken(): void {
    if (!this.#isOver) this.#streams.sender.tellTaken();
  }

  /** What time alone brings; to be called about every second. */
  check(): void {
    if (this.#isOver) return;
    const nowMs = this.#nowMs();
    this.#guard(() => {
      this.#liveness.check(nowMs);
      if (this.#block !== undefined && nowMs - this.#block.sinceMs > this.#limits.headerTimeoutMs) {
        throw new ConnectionError(errorCode.enhanceYourCalm, "a header block was not completed in time");
      }
      if (this.#streams.count > 0) this.#busyMs = nowMs;
      else if (nowMs - this.#busyMs >= this.#limits.idleMaxMs) this.goAway();
      if (this.#leaving === "announced" && nowMs - this.#announcedMs > leaveTimeoutMs) this.#sayGoAway();
    });
  }

  /**
   * Ends the connection when its streams are done (6.8): says so and, a round trip later, which streams are served,
   * so that none that is under way meanwhile is lost.
   */
  goAway(): void {
    if (this.#isOver || this.#leaving !== "no") return;
    this.#leaving = "announced";
    this.#announcedMs = this.#nowMs();
    this.output.goaway(streamIdMax, errorCode.noError, "");
    this.output.ping(leavePing, false);
  }

  /** Ends the connection at once, with a GOAWAY that says why. */
  fail(code: number, reason: string): void {
    if (this.#isOver) return;
    this.output.goaway(this.#streams.lastId, code, reason);
    this.disconnected();
  }

  /** The client is gone: all streams are aborted. */
  disconnected(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#streams.abortAll(errorCode.cancel);
  }

  #greet(): void {
    const { headerTableBytes, streamsMax, streamWindowBytes, headerListBytes, connectionWindowBytes } =
      this.#limits;
    this.output.settings([
      [setting.headerTableSize, headerTableBytes],
      [setting.enablePush, 0],
      [setting.maxConcurrentStreams, streamsMax],
      [setting.initialWindowSize, streamWindowBytes],
      [setting.maxHeaderListSize, headerListBytes],
    ]);
    // No setting changes the window of the connection itself (6.9.2).
    if (connectionWindowBytes > windowBytesDefault) {
      this.output.windowUpdate(0, connectionWindowBytes - windowBytesDefault);
    }
  }

  /** An error of the client ends the connection, and nothing else. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof ConnectionError) this.fail(error.code, error.message);
      else if (error instanceof CompressionError) this.fail(errorCode.compressionError, error.message);
      else throw error;
    }
  }

  #readPreface(chunk: Buffer): Buffer {
    const count = Math.min(chunk.length, preface.length - this.#prefaceAt);
    if (chunk.compare(preface, this.#prefaceAt, this.#prefaceAt + count, 0, count) !== 0) {
      throw protocolError("the connection does not begin with the preface of HTTP/2");
    }
    this.#prefaceAt += count;
    return chunk.subarray(count);
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.#isOver) return;
    if (!this.#sawSettings) {
      const isFirst = type === frameType.settings && (flags & flag.ack) === 0;
      if (!isFirst) throw protocolError("the first frame is not SETTINGS");
      this.#sawSettings = true;
    }
    const interrupts =
      this.#block !== undefined && (type !== frameType.continuation || id !== this.#block.streamId);
    if (interrupts) throw protocolError("a header block is interrupted");
    const take = this.#takers[type];
    if (take !== undefined) take(flags, id, payload);
    else this.#spend(this.#controlBudget, "frames of unknown types");
  }

  /** What takes the frames of each type. */
  readonly #takers: readonly ((flags: number, id: number, payload: Buffer) => void)[] = byType({
    data: (flags, id, payload) => this.#streams.data(flags, id, payload),
    headers: (flags, id, payload) => this.#headers(flags, id, payload),
    continuation: (flags, _, payload) => this.#continuation(flags, payload),
    rstStream: (_, id, payload) => this.#rstStream(id, payload),
    windowUpdate: (_, id, payload) => this.#windowUpdate(id, payload),
    settings: (flags, id, payload) => this.#settings(flags, id, payload),
    ping: (flags, id, payload) => this.#ping(flags, id, payload),
    priority: (_, id, payload) => this.#priority(id, payload),
    goaway: (_, id, payload) => {
      if (id !== 0) throw protocolError("GOAWAY names a stream");
      if (payload.length < 8) throw frameSizeError("GOAWAY is too short");
    },
    pushPromise: () => {
      throw protocolError("a client pushes nothing");
    },
  });

  #headers(flags: number, id: number, payload: Buffer): void {
    if (id % 2 === 0) throw protocolError(`a client opens no stream ${id}`);
    let block = unpadded(flags, payload);
    this.#blockFault = undefined;
    if ((flags & flag.priority) !== 0) {
      if (block.length < 5) throw frameSizeError("HEADERS is too short for its priority");
      if (dependency(block) === id) this.#blockFault = errorCode.protocolError;
      block = block.subarray(5);
    }
    const endStream = (flags & flag.endStream) !== 0;
    if ((flags & flag.endHeaders) !== 0) {
      this.#blockComplete(id, block, endStream);
      return;
    }
    this.#block = new HeaderBlock({ streamId: id, endStream, sinceMs: this.#nowMs() }, this.#limits);
    this.#block.add(block);
  }

  #continuation(flags: number, payload: Buffer): void {
    const block = this.#block;
    if (block === undefined) throw protocolError("CONTINUATION continues nothing");
    block.add(payload);
    if ((flags & flag.endHeaders) === 0) return;
    this.#block = undefined;
    this.#blockComplete(block.streamId, block.whole(), block.endStream);
  }

  /** The block is decoded whatever comes of it: the tables of both sides have to stay the same. */
  #blockComplete(id: number, block: Buffer, endStream: boolean): void {
    this.#streams.headers(id, this.#decoder.decode(block), endStream, this.#blockFault);
  }

  #rstStream(id: number, payload: Buffer): void {
    if (id === 0) throw protocolError("RST_STREAM names no stream");
    if (payload.length !== 4) throw frameSizeError("RST_STREAM has not 4 bytes");
    this.#streams.resetByClient(id, payload.readUInt32BE(0));
  }

  #windowUpdate(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw frameSizeError("WINDOW_UPDATE has not 4 bytes");
    const bytes = payload.readUInt32BE(0) & 0x7fffffff;
    if (bytes < smallIncrementBytes) this.#spend(this.#controlBudget, "small WINDOW_UPDATEs");
    if (id !== 0) this.#streams.widen(id, bytes);
    else if (bytes === 0) throw protocolError("WINDOW_UPDATE adds nothing");
    else if (!this.#streams.sender.widen(bytes))
      throw flowControlError("the connection's window is too large");
  }

  #settings(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw protocolError("SETTINGS names a stream");
    if ((flags & flag.ack) !== 0) {
      if (payload.length > 0) throw frameSizeError("an acknowledgement of SETTINGS has a payload");
      this.#liveness.configured();
      return;
    }
    this.#spend(this.#settingsBudget, "SETTINGS");
    this.#peer.apply(payload);
    this.#streams.setInitialWindow(this.#peer.initialWindowBytes);
    this.output.settingsAck();
    this.#answered(9);
  }

  #ping(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw protocolError("PING names a stream");
    if (payload.length !== 8) throw frameSizeError("PING has not 8 bytes");
    if ((flags & flag.ack) !== 0) {
      if (this.#leaving === "announced" && payload.equals(leavePing)) this.#sayGoAway();
      return;
    }
    this.#spend(this.#controlBudget, "PINGs");
    this.output.ping(payload, true);
    this.#answered(17);
  }

  #priority(id: number, payload: Buffer): void {
    if (id === 0) throw protocolError("PRIORITY names no stream");
    this.#spend(this.#controlBudget, "PRIORITYs");
    if (payload.length !== 5) this.#streams.fault(id, errorCode.frameSizeError);
    else if (dependency(payload) === id) this.#streams.fault(id, errorCode.protocolError);
  }

  #sayGoAway(): void {
    this.#leaving = "said";
    this.output.goaway(this.#streams.serveNoMore(), errorCode.noError, "");
    if (this.#streams.count === 0) this.disconnected();
  }

  /** Answers that nobody reads are not gathered without end. */
  #answered(bytes: number): void {
    this.#controlBytes += bytes;
    if (this.#controlBytes > this.#limits.controlBytesMax)
      throw tooMany("control frames whose answers are not read");
  }

  #spend(budget: Budget, what: string): void {
    if (!budget.spend(this.#nowMs())) throw tooMany(what);
  }
}

type Taker = (flags: number, id: number, payload: Buffer) => void;

function byType(takers: Readonly<Record<keyof typeof frameType, Taker>>): Taker[] {
  const list: Taker[] = [];
  for (const [name, take] of Object.entries(takers)) list[frameType[name as keyof typeof frameType]] = take;
  return list;
}

/** What the ping after the first GOAWAY carries: its answer says that the client has read that. */
const leavePing = Buffer.from("leaving\0");

/** How long that answer is waited for. */
const leaveTimeoutMs = 1_000;

function tooMany(what: string): ConnectionError {
  return new ConnectionError(errorCode.enhanceYourCalm, `too many ${what}`);
}
