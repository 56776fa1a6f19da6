import type { ServeStream } from "../../grpc/adapter/bidi-stream.ts";
import type { StreamingCall } from "../../grpc/adapter/streaming-call.ts";
import type { ServerStream } from "../http2/stream.ts";
import type { CallConnection } from "./call.ts";
import { OneMessageCall } from "./one-message-call.ts";
import type { GrpcRequest } from "./request.ts";

/** A call whose server streams its answer to one message. */
export class ServerStreamCall extends OneMessageCall implements StreamingCall {
  readonly #serve: ServeStream;
  #over = () => {};

  constructor(stream: ServerStream, asked: GrpcRequest, shared: CallConnection, serve: ServeStream) {
    super(stream, asked, shared);
    this.#serve = serve;
  }

  async *messages(): AsyncGenerator<Uint8Array, void> {
    if (this.request !== undefined) yield this.request;
  }

  send(message: Uint8Array, taken: () => void): void {
    this.sendMessage(message, taken);
  }

  whenOver(callback: () => void): void {
    this.#over = callback;
  }

  protected override serve(): void {
    this.asked.method.observed.figures.received++;
    this.#serve(this);
  }

  protected override givenUp(): void {
    super.givenUp();
    this.#over();
  }
}
