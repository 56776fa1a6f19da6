import type { WatchAdd, WatchRequest } from "../../../gen/ts/corral/v1/watch_pb.js";
import { Refused } from "../../core/refusal.ts";
import type { Engine } from "../../engine/engine.ts";
import type { WatchSink, WatchStream } from "../../engine/watch-stream.ts";
import { watchesPerRequestMax } from "../../limits.ts";
import { badArgument } from "../convert.ts";
import { watchFromProto, watchIdFromProto } from "../watch-convert.ts";
import { WatchEncoder } from "../watch-encoder.ts";
import type { HandlerOf } from "./handler.ts";

type Stream = Parameters<HandlerOf<"watch">>[0];

export function watch(engine: Engine): HandlerOf<"watch"> {
  const encoder = new WatchEncoder(engine.watches.bookmarkIntervalMs);
  return async (stream, { sessionId, address, identities = [] }) => {
    const holder = { peer: stream.peer, sessionId, identities, ...(address !== undefined && { address }) };
    const { stream: watching, close } = engine.watch(holder, sinkOf(stream, encoder));
    try {
      for await (const request of stream.requests) {
        // What an answer shows has been told to everybody; and a client that reads no answers is not read from.
        const wait = () => watching.room() ?? engine.watches.sending;
        for (let waiting = wait(); waiting !== undefined; waiting = wait()) {
          await unlessOver(stream.signal, waiting);
        }
        take(request, watching, engine);
        watching.flush();
      }
      // A client that half-closes, such as grpcurl, goes on to be told.
      await unlessOver(stream.signal, watching.finished());
    } finally {
      close();
    }
  };
}

function sinkOf(stream: Stream, encoder: WatchEncoder): WatchSink {
  return {
    send: (message, sent) => stream.write(encoder.encode(message), sent),
    cut: (refusal) => stream.cut(refusal),
  };
}

function take({ add, cancel, bookmark }: WatchRequest, stream: WatchStream, engine: Engine): void {
  if (add.length + cancel.length > watchesPerRequestMax) {
    throw badArgument("add", `a message adds and cancels at most ${watchesPerRequestMax} watches`);
  }
  for (const each of add) addOne(each, stream, engine);
  for (const id of cancel) engine.watches.cancel(stream, watchIdFromProto(id, "cancel"));
  if (bookmark) engine.watches.askBookmark(stream);
}

/** What is wrong with one watch ends that watch; only a confusion of ids ends the stream. */
function addOne(add: WatchAdd, stream: WatchStream, { watches }: Engine): void {
  const id = watchIdFromProto(add.watchId, "watch_id");
  if (stream.watches.has(id)) throw badArgument("watch_id", `the stream has a watch ${id} already`);
  try {
    watches.add(stream, { id, path: add.path, ...watchFromProto(add) });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    stream.pushCanceled(id, error.refusal);
  }
}

/** Waits for a promise; rejects when the stream is over before. */
function unlessOver(signal: AbortSignal, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
