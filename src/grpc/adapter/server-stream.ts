import type { DescMessage, DescMethodServerStreaming, MessageShape } from "@bufbuild/protobuf";
import type { ServeStream } from "./bidi-stream.ts";
import type { MethodEnvironment } from "./environment.ts";
import { decode } from "./message.ts";
import { type Outgoing, OutgoingStream } from "./outgoing.ts";

/** Answers a request with a stream, which ends with OK when the promise resolves. */
export type ServerStreamHandler<Input extends DescMessage, Output extends DescMessage, Context> = (
  request: MessageShape<Input>,
  stream: Outgoing<Output>,
  context: Context,
) => Promise<void>;

/** Serves a server-streaming method. */
export function serverStream<Input extends DescMessage, Output extends DescMessage, Context>(
  method: DescMethodServerStreaming<Input, Output>,
  handle: ServerStreamHandler<Input, Output, Context>,
  environment: MethodEnvironment<Context>,
): ServeStream {
  return (call) => {
    const stream = new OutgoingStream(call, method.output, environment.observed);
    void stream.run(environment, async () => {
      const context = await stream.identify(environment);
      await handle(decode(method.input, call.request!), stream, context);
    });
  };
}
