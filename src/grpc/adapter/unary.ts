import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import type { handleUnaryCall } from "@grpc/grpc-js";
import { type CallStatus, statusOfError } from "../status.ts";
import { type Environment, type IncomingCall, incoming } from "./environment.ts";
import { type Answer, decode, encode } from "./message.ts";

/** Answers a request, at once or later; throws Refused for an expected refusal. */
export type UnaryHandler<Input extends DescMessage, Output extends DescMessage, Context> = (
  request: MessageShape<Input>,
  context: Context,
) => Answer<Output> | Promise<Answer<Output>>;

/** A unary call that can be answered, once; nothing happens when the client is gone. */
export interface UnaryCall extends IncomingCall {
  answer(message: Uint8Array): void;
  fail(status: CallStatus): void;
}

/** Answers a unary call whose message has come. */
export type ServeUnary = (call: UnaryCall, message: Uint8Array) => Promise<void>;

/** Serves a unary method. Every call of the service passes here, so it makes as few objects as it can. */
export function unary<Input extends DescMessage, Output extends DescMessage, Context>(
  { input, output }: DescMethodUnary<Input, Output>,
  handle: UnaryHandler<Input, Output, Context>,
  { contextOf, ready, calls, log }: Environment<Context>,
): ServeUnary {
  return async (call, message) => {
    let entered = false;
    try {
      calls.enter();
      entered = true;
      const wait = ready();
      if (wait !== undefined) await wait;
      const known = contextOf(call);
      const context = known instanceof Promise ? await known : known;
      const answer = handle(decode(input, message), context);
      call.answer(encode(output, answer instanceof Promise ? await answer : answer));
    } catch (error) {
      call.fail(statusOfError(error, call.path, log));
    } finally {
      if (entered) calls.leave();
    }
  };
}

/** The same for calls that come by way of grpc-js. */
export function unaryByGrpc(serve: ServeUnary): handleUnaryCall<Uint8Array, Uint8Array> {
  return (call, respond) => {
    const answer = (message: Uint8Array) => respond(null, message);
    void serve({ ...incoming(call), answer, fail: respond }, call.request);
  };
}
