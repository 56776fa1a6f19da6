import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import { statusOfError } from "../status.ts";
import type { Environment } from "./environment.ts";
import { type Answer, decode, encode } from "./message.ts";
import type { ServeUnary } from "./unary-calls.ts";

/** Answers a request, at once or later; throws Refused for an expected refusal. */
export type UnaryHandler<Input extends DescMessage, Output extends DescMessage, Context> = (
  request: MessageShape<Input>,
  context: Context,
) => Answer<Output> | Promise<Answer<Output>>;

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
      call.fail(statusOfError(error, call.getPath(), log));
    } finally {
      if (entered) calls.leave();
    }
  };
}
