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
import { faultInParts } from "./message-parts.ts";

/** Nothing here passes on what it does not know, so unknown fields need not be kept. */
const readOptions = { readUnknownFields: false } as const;

/** @throws Refused MALFORMED_REQUEST or MESSAGE_TOO_LARGE. The bytes fields of the answer are views of `bytes`. */
export function decode<Message extends DescMessage>(
  schema: Message,
  bytes: Uint8Array,
): MessageShape<Message> {
  const fault = faultInParts(schema, bytes);
  if (fault === "too many") throw new Refused(tooManyParts);
  if (fault !== undefined) throw malformed(schema, fault.malformed);
  try {
    return fromBinary(schema, bytes, readOptions);
  } catch (error) {
    throw malformed(schema, (error as Error).message);
  }
}

function malformed({ typeName }: DescMessage, fault: string): Refused {
  return new Refused({
    reason: "MALFORMED_REQUEST",
    message: `the message is not a valid ${typeName}: ${fault}`,
  });
}

const tooManyParts: Refusal = {
  reason: "MESSAGE_TOO_LARGE",
  message: `the message has more than ${messagePartsMax} fields and elements; send several smaller ones`,
  facts: { limit: messagePartsMax },
};

/** What a handler answers: the fields of a message, or one that is encoded already. */
export type Answer<Message extends DescMessage> = MessageInitShape<Message> | Uint8Array;

export function encode<Message extends DescMessage>(schema: Message, answer: Answer<Message>): Uint8Array {
  if (answer instanceof Uint8Array) return answer;
  return toBinary(schema, create(schema, answer as MessageInitShape<Message>));
}
