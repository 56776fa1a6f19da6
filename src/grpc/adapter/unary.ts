import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import { status as codes, type handleUnaryCall } from "@grpc/grpc-js";
import { statusOfError } from "../status.ts";
import type { MethodEnvironment } from "./environment.ts";
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
  { contextOf, ready, calls, log, observed }: MethodEnvironment<Context>,
): handleUnaryCall<Uint8Array, Uint8Array> {
  const { input, output } = method;
  const { figures } = observed;
  return async (call, respond) => {
    const startedMs = observed.began();
    figures.received++;
    const span = observed.span(call);
    let code = codes.OK;
    let entered = false;
    try {
      calls.enter();
      entered = true;
      const wait = ready();
      if (wait !== undefined) await wait;
      const known = contextOf(call);
      const context = known instanceof Promise ? await known : known;
      const answer = handle(decode(input, call.request), context);
      respond(null, encode(output, answer instanceof Promise ? await answer : answer));
      figures.sent++;
    } catch (error) {
      const status = statusOfError(error, call.getPath(), log);
      code = status.code;
      respond(status);
    } finally {
      if (entered) calls.leave();
      observed.ended(call, code, startedMs, span);
    }
  };
}
