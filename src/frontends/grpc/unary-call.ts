import type { ServeUnary, UnaryEnd } from "../../grpc/adapter/unary.ts";
import type { CallStatus } from "../../grpc/status.ts";
import type { ServerStream } from "../http2/stream.ts";
import type { CallConnection } from "./call.ts";
import { OneMessageCall } from "./one-message-call.ts";
import type { GrpcRequest } from "./request.ts";

/** A unary call. */
export class UnaryCall extends OneMessageCall implements UnaryEnd {
  readonly #serve: ServeUnary;

  constructor(stream: ServerStream, asked: GrpcRequest, shared: CallConnection, serve: ServeUnary) {
    super(stream, asked, shared);
    this.#serve = serve;
  }

  answer(message: Uint8Array): void {
    this.sendMessage(message);
    this.finish();
  }

  fail(status: CallStatus): void {
    this.finish(status);
  }

  protected override serve(message: Uint8Array): void {
    void this.#serve(this, message, this);
  }
}
