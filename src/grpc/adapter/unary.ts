import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import { type Code, codes } from "../codes.ts";
import { type CallStatus, statusOfError } from "../status.ts";
import type { IncomingCall, MethodEnvironment } from "./environment.ts";
import { type Answer, decode, encode } from "./message.ts";

/** Answers a request, at once or later; throws Refused for an expected refusal. */
export type UnaryHandler<Input extends DescMessage, Output extends DescMessage, Context> = (
  request: MessageShape<Input>,
  context: Context,
) => Answer<Output> | Promise<Answer<Output>>;

/** What ends a unary call; nothing happens when the client is gone. */
export interface UnaryEnd {
  answer(message: Uint8Array): void;
  fail(status: CallStatus): void;
}

/** Serves a unary call whose message has come. */
export type ServeUnary = (call: IncomingCall, message: Uint8Array, end: UnaryEnd) => Promise<void>;

/** Serves a unary method. Every call of the service passes here, so it makes as few objects as it can. */
export function unary<Input extends DescMessage, Output extends DescMessage, Context>(
  { input, output }: DescMethodUnary<Input, Output>,
  handle: UnaryHandler<Input, Output, Context>,
  { contextOf, ready, calls, log, observed }: MethodEnvironment<Context>,
): ServeUnary {
  const { figures } = observed;
  return async (call, message, end) => {
    const startedMs = observed.began();
    figures.received++;
    const span = observed.span(call);
    let code: Code = codes.OK;
    let entered = false;
    try {
      calls.enter();
      entered = true;
      const known = contextOf(call);
      const context = known instanceof Promise ? await known : known;
      // Last, and in the turn in which the handler reads.
      for (let wait = ready(); wait !== undefined; wait = ready()) await wait;
      const answer = handle(decode(input, message), context);
      end.answer(encode(output, answer instanceof Promise ? await answer : answer));
      figures.sent++;
    } catch (error) {
      const status = statusOfError(error, call.path, log);
      code = status.code;
      end.fail(status);
    } finally {
      if (entered) calls.leave();
      observed.ended(call, code, startedMs, span);
    }
  };
}
