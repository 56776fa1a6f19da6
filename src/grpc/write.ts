import { createHash } from "node:crypto";
import { type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { Done, Operation } from "../core/operation.ts";
import type { Engine } from "../engine/engine.ts";
import { doneOf } from "./convert.ts";
import type { RpcCaller } from "./metadata.ts";

/**
 * Does a write that is asked for by a message: once, if the call has a request id. @throws Refused
 * @param schema of the message: two messages of different calls may have the same bytes.
 */
export async function write<Message extends DescMessage>(
  engine: Engine,
  operation: Operation,
  { requestKey, ...caller }: RpcCaller,
  { schema, request }: { readonly schema: Message; readonly request: MessageShape<Message> },
): Promise<Done> {
  if (requestKey === undefined) return doneOf(await engine.submit(operation, caller));
  const hash = createHash("sha256").update(schema.typeName).update(toBinary(schema, request));
  // Somebody else who has come by the id learns nothing from it. Addresses may change between two tries.
  const known = (caller.identities ?? []).filter(({ scheme }) => scheme !== "ip");
  for (const { scheme, id } of known) hash.update(`\0${scheme}\0${id}`);
  const mark = { key: requestKey, fingerprint: hash.digest("base64url").slice(0, 22) };
  return doneOf(await engine.submit(operation, { ...caller, request: mark }));
}
