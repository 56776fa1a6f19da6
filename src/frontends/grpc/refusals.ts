import type { Refusal } from "../../core/refusal.ts";
import { codes } from "../../grpc/codes.ts";
import { type CallStatus, PlainStatus } from "../../grpc/status.ts";
import { messageBytesMax, messageTimeoutMs } from "../../limits.ts";

export const messageTooLarge: Refusal = {
  reason: "MESSAGE_TOO_LARGE",
  message: `the message is larger than ${messageBytesMax} bytes, the most that the server reads`,
  facts: { limit: messageBytesMax },
};

export const notCompressed: Refusal = {
  reason: "MALFORMED_REQUEST",
  message: "the message is not compressed as its grpc-encoding says",
};

export const tooManyParts: Refusal = {
  reason: "OVERLOADED",
  message: "too many messages are under way that are not complete; retry after a short wait",
};

/** A call of one message that had none, or several. */
export const notOneMessage = new PlainStatus(codes.UNIMPLEMENTED, "the method takes one message");

export const messageTooLate: CallStatus = {
  code: codes.DEADLINE_EXCEEDED,
  message: `the message was not complete after ${messageTimeoutMs} ms`,
};

export const deadlineExceeded: CallStatus = { code: codes.DEADLINE_EXCEEDED, message: "Deadline exceeded" };
