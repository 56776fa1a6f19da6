import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type Refusal, Refused } from "../../core/refusal.ts";
import { messagePartsMax } from "../../limits.ts";
import { hasTooManyParts } from "./message-parts.ts";

/** Nothing here passes on what it does not know, so unknown fields need not be kept. */
const readOptions = { readUnknownFields: false } as const;

/** @throws Refused MALFORMED_REQUEST or MESSAGE_TOO_LARGE. The bytes fields of the answer are views of `bytes`. */
export function decode<Message extends DescMessage>(
  schema: Message,
  bytes: Uint8Array,
): MessageShape<Message> {
  if (hasTooManyParts(bytes)) throw new Refused(tooManyParts);
  try {
    return fromBinary(schema, bytes, readOptions);
  } catch (error) {
    const message = `the message is not a valid ${schema.typeName}: ${(error as Error).message}`;
    throw new Refused({ reason: "MALFORMED_REQUEST", message });
  }
}

const tooManyParts: Refusal = {
  reason: "MESSAGE_TOO_LARGE",
  message: `the message has more than ${messagePartsMax} parts`,
  facts: { limit: messagePartsMax },
};

/** What a handler answers: the fields of a message, or one that is encoded already. */
export type Answer<Message extends DescMessage> = MessageInitShape<Message> | Uint8Array;

export function encode<Message extends DescMessage>(schema: Message, answer: Answer<Message>): Uint8Array {
  if (answer instanceof Uint8Array) return answer;
  return toBinary(schema, create(schema, answer as MessageInitShape<Message>));
}

/** grpc-js copies with Buffer's methods; this is a view, not a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
