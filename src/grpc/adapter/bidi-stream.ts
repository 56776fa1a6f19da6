import type { DescMessage, DescMethodBiDiStreaming, MessageShape } from "@bufbuild/protobuf";
import type { MethodObserver } from "./call-observer.ts";
import type { MethodEnvironment } from "./environment.ts";
import { decode } from "./message.ts";
import { type Outgoing, OutgoingStream } from "./outgoing.ts";
import type { StreamingCall } from "./streaming-call.ts";

/** A call that streams both ways, as its handler sees it. */
export interface BidiStream<Input extends DescMessage, Output extends DescMessage> extends Outgoing<Output> {
  /** The messages of the client until it half-closes; throws when the stream is over before that. */
  readonly requests: AsyncGenerator<MessageShape<Input>, void>;
}

/** Talks with a client; the stream ends with OK when the promise resolves. */
export type BidiHandler<Input extends DescMessage, Output extends DescMessage, Context> = (
  stream: BidiStream<Input, Output>,
  context: Context,
) => Promise<void>;

/** Serves a streaming call. */
export type ServeStream = (call: StreamingCall) => void;

/** Serves a method that streams both ways. */
export function bidiStream<Input extends DescMessage, Output extends DescMessage, Context>(
  method: DescMethodBiDiStreaming<Input, Output>,
  handle: BidiHandler<Input, Output, Context>,
  environment: MethodEnvironment<Context>,
): ServeStream {
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
    call: StreamingCall,
    { input, output }: DescMethodBiDiStreaming<Input, Output>,
    observed: MethodObserver,
  ) {
    super(call, output, observed);
    this.requests = requestsOf(call, input, observed, this.signal);
  }
}

async function* requestsOf<Input extends DescMessage>(
  call: StreamingCall,
  input: Input,
  { figures }: MethodObserver,
  signal: AbortSignal,
): AsyncGenerator<MessageShape<Input>, void> {
  for await (const message of call.messages(signal)) {
    figures.received++;
    yield decode(input, message);
  }
}
