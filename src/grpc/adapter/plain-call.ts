import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { status as codes, Metadata } from "@grpc/grpc-js";
import type { Connection } from "../../auth/connection.ts";
import { messageBytesMax } from "../../limits.ts";
import { messageTooLarge } from "../builtin-errors.ts";
import { type CallStatus, statusOfRefusal } from "../status.ts";
import type { MethodObserver } from "./call-observer.ts";
import type { IncomingCall } from "./environment.ts";
import { PlainBody } from "./plain-body.ts";
import type { ServeUnary, UnaryEnd } from "./unary.ts";

/** How the calls of a method are served. */
export interface PlainMethod {
  readonly serve: ServeUnary;
  readonly observed: MethodObserver;
}

/** A unary call on its HTTP/2 stream. */
export class PlainCall implements IncomingCall, UnaryEnd {
  readonly path: string;
  readonly connection: Connection | undefined;
  request: Uint8Array | undefined;
  cancellation: codes | undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #body = new PlainBody();
  #answered = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    { path, connection }: { readonly path: string; readonly connection: Connection | undefined },
  ) {
    this.#stream = stream;
    this.#headers = headers;
    this.path = path;
    this.connection = connection;
  }

  get peer(): string {
    const { remoteAddress = "unknown", remotePort } = this.#stream.session?.socket ?? {};
    return remotePort === undefined ? remoteAddress : `${remoteAddress}:${remotePort}`;
  }

  metadata(key: string): string | undefined {
    return this.#headers[key]?.toString();
  }

  metadataKeys(): string[] {
    return Object.keys(this.#headers).filter((key) => !key.startsWith(":"));
  }

  /** @param timeoutMs how long the client waits for the answer; undefined: for ever. */
  serveBy(method: PlainMethod, timeoutMs: number | undefined): void {
    // A reset is no error of ours, and nobody is left to be told.
    this.#stream.on("error", ignore);
    this.#stream.on("data", (chunk: Buffer) => this.#receive(chunk, method));
    this.#stream.on("end", () => this.#received(method));
    if (timeoutMs === undefined) return;
    this.#deadline = setTimeout(() => this.#giveUp(), timeoutMs);
    this.#stream.on("close", () => clearTimeout(this.#deadline));
  }

  answer(message: Uint8Array): void {
    if (!this.#mayAnswer()) return;
    const framed = Buffer.allocUnsafe(5 + message.length);
    framed[0] = 0;
    framed.writeUInt32BE(message.length, 1);
    framed.set(message, 5);
    // Node sends the trailers a turn after the message. So events that were written before are told before.
    this.#stream.respond(answerHeaders, withTrailers);
    this.#stream.once("wantTrailers", sendOk);
    this.#stream.end(framed);
  }

  fail({ code, details, metadata }: CallStatus): void {
    if (!this.#mayAnswer()) return;
    const status = { "grpc-status": code, "grpc-message": encodeURI(details), ...metadata.toHttp2Headers() };
    this.#stream.respond({ ...answerHeaders, ...status }, { endStream: true });
  }

  #mayAnswer(): boolean {
    if (this.#answered) return false;
    if (this.#stream.destroyed || this.#stream.closed) {
      this.cancellation ??= codes.CANCELLED;
      return false;
    }
    this.#answered = true;
    clearTimeout(this.#deadline);
    return true;
  }

  #giveUp(): void {
    this.fail(deadlineExceeded);
    this.cancellation ??= deadlineExceeded.code;
  }

  #receive(chunk: Buffer, method: PlainMethod): void {
    // The rest of what was refused is read and forgotten.
    if (this.#answered) return;
    this.#body.add(chunk);
    if (this.#body.announcedBytes > messageBytesMax) this.#refuse(statusOfRefusal(messageTooLarge), method);
    else if (this.#body.isTooLong) this.#refuse(notOneMessage, method);
  }

  #received(method: PlainMethod): void {
    // A stream that is reset ends too.
    if (this.#answered || this.#stream.closed) return;
    this.request = this.#body.message();
    if (this.request === undefined) this.#refuse(notOneMessage, method);
    else void method.serve(this, this.request, this);
  }

  /** Ends the call before there is a handler to end it. */
  #refuse(status: CallStatus, { observed }: PlainMethod): void {
    observed.refused(status.code);
    this.fail(status);
  }
}

function ignore(): void {}

function sendOk(this: ServerHttp2Stream): void {
  this.sendTrailers(okTrailers);
}

const answerHeaders = { ":status": 200, "content-type": "application/grpc+proto" };
const withTrailers = { waitForTrailers: true };
const okTrailers = { "grpc-status": codes.OK, "grpc-message": "OK" };

const notOneMessage: CallStatus = {
  code: codes.UNIMPLEMENTED,
  details: "a unary call has one message",
  metadata: new Metadata(),
};

/** As grpc-js says it. */
const deadlineExceeded: CallStatus = {
  code: codes.DEADLINE_EXCEEDED,
  details: "Deadline exceeded",
  metadata: new Metadata(),
};
