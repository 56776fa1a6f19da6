import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { status as codes, Metadata } from "@grpc/grpc-js";
import type { Connection } from "../../auth/connection.ts";
import { messageBytesMax } from "../../limits.ts";
import { messageTooLarge } from "../builtin-errors.ts";
import { type CallStatus, statusOfRefusal } from "../status.ts";
import type { ConnectionOf } from "./plain-calls.ts";
import type { ServeUnary, UnaryCall } from "./unary.ts";

/** The flag for compression, and the length of the message, before each message. */
const headBytes = 5;

/** A unary call on its HTTP/2 stream. */
export class PlainCall implements UnaryCall {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #connectionOf: ConnectionOf;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #answered = false;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, connectionOf: ConnectionOf) {
    this.#stream = stream;
    this.#headers = headers;
    this.#connectionOf = connectionOf;
  }

  get path(): string {
    return this.#headers[":path"]!;
  }

  get connection(): Connection | undefined {
    const { session } = this.#stream;
    return session && this.#connectionOf(session);
  }

  metadata(key: string): string | undefined {
    return this.#headers[key]?.toString();
  }

  serveWith(serve: ServeUnary): void {
    // A reset is no error of ours, and nobody is left to be told.
    this.#stream.on("error", ignore);
    this.#stream.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#stream.on("end", () => this.#received(serve));
  }

  answer(message: Uint8Array): void {
    if (!this.#mayAnswer()) return;
    const framed = Buffer.allocUnsafe(headBytes + message.length);
    framed[0] = 0;
    framed.writeUInt32BE(message.length, 1);
    framed.set(message, headBytes);
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
    if (this.#answered || this.#stream.destroyed || this.#stream.closed) return false;
    this.#answered = true;
    return true;
  }

  #receive(chunk: Buffer): void {
    if (this.#answered) return;
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    if (this.#bytes < headBytes) return;
    if (this.#chunks[0]!.length < headBytes) this.#chunks = [Buffer.concat(this.#chunks)];
    const announced = this.#chunks[0]!.readUInt32BE(1);
    if (announced > messageBytesMax) this.fail(statusOfRefusal(messageTooLarge));
    else if (this.#bytes > headBytes + announced) this.fail(notOneMessage);
    if (this.#answered) this.#chunks = [];
  }

  #received(serve: ServeUnary): void {
    if (this.#answered) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 ? first! : Buffer.concat(this.#chunks);
    if (body.length < headBytes || body.readUInt32BE(1) !== body.length - headBytes) this.fail(notOneMessage);
    else void serve(this, body.subarray(headBytes));
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
