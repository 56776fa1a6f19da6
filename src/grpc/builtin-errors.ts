import type { ServerInterceptor } from "@grpc/grpc-js";
import { status as codes, type ServerInterceptingCall } from "@grpc/grpc-js";
import type { Refusal } from "../core/refusal.ts";
import { messageBytesMax } from "../limits.ts";
import { statusOfRefusal } from "./status.ts";

type SendStatus = ServerInterceptingCall["sendStatus"];
type Status = Parameters<SendStatus>[0];

/**
 * Gives the errors that grpc-js finds before any handler runs (a message that is too large, or that does not
 * decompress) the same details as all others. grpc-js sends those past its interceptors, so the method itself
 * is replaced, on each call's own object.
 */
export const builtinErrors: ServerInterceptor = (_method, call) => {
  call.sendStatus = sendStatus;
  return call as ServerInterceptingCall;
};

function sendStatus(this: ServerInterceptingCall, status: Status): void {
  const original: { sendStatus: SendStatus } = Object.getPrototypeOf(this);
  original.sendStatus.call(this, status.metadata ? status : withDetails(status));
}

/** Everything of ours has metadata already, or is OK. */
function withDetails(status: Status): Status {
  if (status.code === codes.RESOURCE_EXHAUSTED) return statusOfRefusal(messageTooLarge);
  if (status.code === codes.INTERNAL && status.details === "Failed to decompress message") {
    return statusOfRefusal(notCompressed);
  }
  return status;
}

export const messageTooLarge: Refusal = {
  reason: "MESSAGE_TOO_LARGE",
  message: `the message is larger than ${messageBytesMax} bytes, the most that the server reads`,
  facts: { limit: messageBytesMax },
};

const notCompressed: Refusal = {
  reason: "MALFORMED_REQUEST",
  message: "the message is not compressed as its grpc-encoding says",
};
