import type { ServerHttp2Stream } from "node:http2";
import type { ServerInterceptor } from "@grpc/grpc-js";
import { status as codes, type ServerInterceptingCall } from "@grpc/grpc-js";
import type { Refusal } from "../core/refusal.ts";
import { messageBytesMax } from "../limits.ts";
import type { CallObserver } from "./adapter/call-observer.ts";
import { statusOfRefusal } from "./status.ts";

type SendStatus = ServerInterceptingCall["sendStatus"];
type Status = Parameters<SendStatus>[0];

/** A call with what we put on it. */
export interface OwnCall extends ServerInterceptingCall {
  /** The code with which grpc-js has ended the call by itself. */
  endedWith: codes | undefined;
  /** Of grpc-js, and not in its types. */
  readonly stream: ServerHttp2Stream;
}

/** How a call ended that is over now, if not as its handler says: by grpc-js itself, or by its client. */
export function cancellationOf({ endedWith, stream }: OwnCall): codes | undefined {
  if (endedWith !== undefined) return endedWith;
  const isTold = stream.sentTrailers !== undefined || "grpc-status" in (stream.sentHeaders ?? {});
  return isTold ? undefined : codes.CANCELLED;
}

/**
 * Gives the errors that grpc-js finds before any handler runs (a message that is too large, or that does not
 * decompress) the same details as all others, and has them observed. grpc-js sends those past its interceptors,
 * so the method itself is replaced, on each call's own object.
 */
export function builtinErrors(observer: CallObserver): ServerInterceptor {
  // One for each method, so that a call needs no closure of its own.
  const replacements = new Map<string, SendStatus>();
  return ({ path, requestStream }, base) => {
    let sendStatus = replacements.get(path);
    if (sendStatus === undefined) {
      sendStatus = sendStatusOf(path, requestStream, observer);
      replacements.set(path, sendStatus);
    }
    const call = base as OwnCall;
    call.sendStatus = sendStatus;
    call.endedWith = undefined;
    return call;
  };
}

function sendStatusOf(path: string, requestStream: boolean, observer: CallObserver): SendStatus {
  return function (this: OwnCall, status) {
    const original: { sendStatus: SendStatus } = Object.getPrototypeOf(this);
    if (status.metadata || status.code === codes.OK) return original.sendStatus.call(this, status);
    const detailed = withDetails(status);
    this.endedWith = detailed.code;
    // A deadline, and whatever happens to a stream, ends what its handler has begun: that observes its end itself.
    if (!requestStream && detailed.code !== codes.DEADLINE_EXCEEDED) observer.refused(path, detailed.code);
    original.sendStatus.call(this, detailed);
  };
}

/** Everything of ours has metadata already. */
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
