import { createHash } from "node:crypto";
import { type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { Caller, Done, Operation } from "../core/operation.ts";
import { isRetry } from "../core/prepare/once.ts";
import { sessionExpired } from "../core/prepare/refusals.ts";
import { Refused } from "../core/refusal.ts";
import { unpackAnswer } from "../core/request.ts";
import type { Engine } from "../engine/engine.ts";
import type { Answer } from "./adapter/message.ts";
import { doneOf } from "./convert.ts";
import type { RpcCaller } from "./metadata.ts";

/** A call that writes: what it asks for, and what it is told. It may come alone or on a Pipeline. */
export interface WriteCall<Input extends DescMessage, Output extends DescMessage> {
  readonly input: Input;
  readonly output: Output;
  /** @throws Refused */
  operationOf(request: MessageShape<Input>): Operation;
  answerOf(done: Done, request: MessageShape<Input>): Answer<Output>;
}

/** Handles a call that writes. It throws Refused. */
export function writing<Input extends DescMessage, Output extends DescMessage>(
  engine: Engine,
  call: WriteCall<Input, Output>,
): (request: MessageShape<Input>, caller: RpcCaller) => Promise<Answer<Output>> {
  return async (request, caller) => {
    const operation = call.operationOf(request);
    const known = onceOnly(call, request, caller);
    if (caller.isFormer) return call.answerOf(answeredBefore(engine, known), request);
    const outcome = await engine.submit(operation, known);
    return call.answerOf(doneOf(outcome), request);
  };
}

/** The caller of a write that is to be done once, if it has a request id. */
export function onceOnly<Input extends DescMessage, Output extends DescMessage>(
  { input }: WriteCall<Input, Output>,
  request: MessageShape<Input>,
  caller: RpcCaller,
): Caller {
  const { requestKey: key } = caller;
  if (key === undefined) return caller;
  return { ...caller, request: { key, fingerprint: fingerprintOf(input, request, caller) } };
}

/** What the caller was told in a session that has ended since. @throws Refused SESSION_EXPIRED */
function answeredBefore({ tree }: Engine, { request }: Caller): Done {
  if (!isRetry(request!, tree)) throw new Refused(sessionExpired());
  return doneOf(unpackAnswer(tree.request(request!.key)!.answer));
}

/** With the type, since two messages of different calls may have the same bytes. */
function fingerprintOf<Input extends DescMessage>(
  schema: Input,
  request: MessageShape<Input>,
  { identities = [], sessionSecret }: RpcCaller,
): string {
  const hash = createHash("sha256").update(schema.typeName).update(toBinary(schema, request));
  // Somebody else who has come by the id learns nothing from it. Addresses may change between two tries.
  const known = identities.filter(({ scheme }) => scheme !== "ip");
  for (const { scheme, id } of known) hash.update(`\0${scheme}\0${id}`);
  // The key has the session's id alone, which is no secret.
  if (sessionSecret !== undefined) hash.update(`\0session\0${sessionSecret}`);
  return hash.digest("base64url").slice(0, 22);
}
