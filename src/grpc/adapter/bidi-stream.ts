import type { DescMessage, DescMethodBiDiStreaming, MessageShape } from "@bufbuild/protobuf";
import type { handleBidiStreamingCall, ServerDuplexStream } from "@grpc/grpc-js";
import type { MethodObserver } from "./call-observer.ts";
import type { MethodEnvironment } from "./environment.ts";
import { decode } from "./message.ts";
import { type Outgoing, OutgoingStream } from "./outgoing.ts";

/** A call that streams both ways, as its handler sees it. */
export interface BidiStream<Input extends DescMessage, Output extends DescMessage> extends Outgoing<Output> {
  /**
   * The messages of the client until it half-closes; throws when the stream is over before that. A client that
   * cancels can look like one that half-closes: HTTP/2 in Node ends a stream that is reset before it tells why.
   */
  readonly requests: AsyncGenerator<MessageShape<Input>, void>;
}

/** Talks with a client; the stream ends with OK when the promise resolves. */
export type BidiHandler<Input extends DescMessage, Output extends DescMessage, Context> = (
  stream: BidiStream<Input, Output>,
  context: Context,
) => Promise<void>;

/** Serves a method that streams both ways. */
export function bidiStream<Input extends DescMessage, Output extends DescMessage, Context>(
  method: DescMethodBiDiStreaming<Input, Output>,
  handle: BidiHandler<Input, Output, Context>,
  environment: MethodEnvironment<Context>,
): handleBidiStreamingCall<Uint8Array, Uint8Array> {
  return (call) => {
    const stream = new Bidi(call, method, environment.observed);
    void stream.run(environment, async () => handle(stream, await stream.identify(environment)));
  };
}

class Bidi<Input extends DescMessage, Output extends DescMessage>
  extends OutgoingStream<Output>
  implements BidiStream<Input, Output>
{
  readonly requests: AsyncGenerator<MessageShape<Input>, void>;

  constructor(
    call: ServerDuplexStream<Uint8Array, Uint8Array>,
    { input, output }: DescMethodBiDiStreaming<Input, Output>,
    observed: MethodObserver,
  ) {
    super(call, output, observed);
    this.requests = requestsOf(call, input, observed, this.signal);
  }
}

/**
 * Not the stream's own iterator: that one destroys the call when its reader stops early, and then neither a
 * status nor the messages before it would arrive.
 */
async function* requestsOf<Input extends DescMessage>(
  call: ServerDuplexStream<Uint8Array, Uint8Array>,
  input: Input,
  { figures }: MethodObserver,
  signal: AbortSignal,
): AsyncGenerator<MessageShape<Input>, void> {
  let ended = false;
  let wake = () => {};
  call.on("readable", () => wake());
  call.on("end", () => {
    ended = true;
    wake();
  });
  signal.addEventListener("abort", () => wake());
  for (;;) {
    signal.throwIfAborted();
    const message: Uint8Array | null = call.read();
    if (message !== null) {
      figures.received++;
      yield decode(input, message);
    } else if (ended) return;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}
