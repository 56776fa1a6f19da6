import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import type { handleUnaryCall } from "@grpc/grpc-js";
import { statusOfError } from "../status.ts";
import type { Environment } from "./environment.ts";
import { type Answer, decode, encode } from "./message.ts";

/** Answers a request, at once or later; throws Refused for an expected refusal. */
export type UnaryHandler<Input extends DescMessage, Output extends DescMessage, Context> = (
  request: MessageShape<Input>,
  context: Context,
) => Answer<Output> | Promise<Answer<Output>>;

/** Serves a unary method. Every call of the service passes here, so it makes as few objects as it can. */
export function unary<Input extends DescMessage, Output extends DescMessage, Context>(
  method: DescMethodUnary<Input, Output>,
  handle: UnaryHandler<Input, Output, Context>,
  { contextOf, calls, log }: Environment<Context>,
): handleUnaryCall<Uint8Array, Uint8Array> {
  const { input, output } = method;
  return async (call, respond) => {
    let entered = false;
    try {
      calls.enter();
      entered = true;
      const context = contextOf(call);
      const answer = handle(decode(input, call.request), context);
      respond(null, encode(output, answer instanceof Promise ? await answer : answer));
    } catch (error) {
      respond(statusOfError(error, call.getPath(), log));
    } finally {
      if (entered) calls.leave();
    }
  };
}
