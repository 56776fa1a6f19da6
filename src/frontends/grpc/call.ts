import type { Connection } from "../../auth/connection.ts";
import type { MemoryBudget } from "../../engine/memory-budget.ts";
import type { IncomingCall } from "../../grpc/adapter/environment.ts";
import { type Code, codes } from "../../grpc/codes.ts";
import type { CallStatus } from "../../grpc/status.ts";
import { fieldOf } from "../http2/fields.ts";
import type { ServerStream, StreamReceiver } from "../http2/stream.ts";
import type { HeldMessages } from "./held-messages.ts";
import { deadlineExceeded, messageTooLate } from "./refusals.ts";
import type { GrpcRequest } from "./request.ts";
import { answerHead, okTrailers, trailersOf, trailersOnly } from "./status-block.ts";
import type { Turns } from "./turns.ts";

/** What the calls of one connection have in common. */
export interface CallConnection {
  readonly connection: Connection;
  /** The address and the port of the client. */
  readonly peer: string;
  readonly held: HeldMessages;
  /** The budget of what all connections hold. */
  readonly memory: MemoryBudget;
  /** Those of all connections. */
  readonly turns: Turns;
}

/** A call on its HTTP/2 stream: its metadata, its deadline, and its end. */
export abstract class GrpcCall implements StreamReceiver, IncomingCall {
  request: Uint8Array | undefined;
  cancellation: Code | undefined;
  protected readonly asked: GrpcRequest;
  protected readonly stream: ServerStream;
  protected readonly shared: CallConnection;
  /** Answered, refused, or given up: nothing more is sent. */
  protected isOver = false;
  #hasHead = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(stream: ServerStream, asked: GrpcRequest, shared: CallConnection) {
    this.stream = stream;
    this.asked = asked;
    this.shared = shared;
  }

  get path(): string {
    return this.stream.head.path;
  }

  get connection(): Connection {
    return this.shared.connection;
  }

  get peer(): string {
    return this.shared.peer;
  }

  metadata(key: string): string | undefined {
    return fieldOf(this.stream.head, key);
  }

  metadataKeys(): string[] {
    return this.stream.head.fields.filter((_, at) => at % 2 === 0);
  }

  abstract data(part: Buffer): void;
  abstract end(): void;
  /** The call is over, and its handler has not ended it. */
  protected abstract givenUp(): void;
  /** The call is over: nothing of its request is needed any more. */
  protected abstract released(): void;

  aborted(): void {
    if (this.isOver) return;
    this.#finish();
    this.cancellation = codes.CANCELLED;
    this.givenUp();
  }

  /** Its message is not complete, so there is no handler yet that could end it. */
  get isIncomplete(): boolean {
    return false;
  }

  /** The rest of its message took too long. */
  giveUpWaiting(): void {
    this.asked.method.observed.refused(messageTooLate.code);
    this.finish(messageTooLate);
  }

  /** Starts the time that the client gives us; most calls are over before it takes a timer. */
  startDeadline(): void {
    const { timeoutMs } = this.asked;
    if (this.isOver || timeoutMs === undefined || this.#deadline !== undefined) return;
    this.#deadline = setTimeout(() => this.#passDeadline(), Math.min(timeoutMs, timerMsMax));
  }

  protected sendMessage(message: Uint8Array, taken?: () => void): void {
    if (this.isOver) return;
    this.shared.memory.grew(message.length);
    this.shared.turns.answered(message.length);
    if (!this.#hasHead) {
      this.#hasHead = true;
      this.stream.respond(answerHead);
    }
    const prefix = Buffer.allocUnsafe(5);
    prefix[0] = 0;
    prefix.writeUInt32BE(message.length, 1);
    this.stream.send(prefix, message, taken);
  }

  /** @param status undefined: all went well. */
  finish(status?: CallStatus): void {
    if (this.isOver) return;
    this.#finish();
    if (status !== undefined) this.stream.end(this.#hasHead ? trailersOf(status) : trailersOnly(status));
    else if (this.#hasHead) this.stream.end(okTrailers);
    else this.stream.end(trailersOnly({ code: codes.OK, message: "" }));
  }

  #passDeadline(): void {
    this.finish(deadlineExceeded);
    this.cancellation = deadlineExceeded.code;
    this.givenUp();
  }

  #finish(): void {
    this.isOver = true;
    clearTimeout(this.#deadline);
    this.released();
  }
}

/** The longest that Node's timers wait, 25 days. */
const timerMsMax = 2 ** 31 - 1;
