import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import type { CorralError } from "../../src/client/errors.ts";
import type { Link } from "../../src/client/link.ts";
import type { StreamListener } from "../../src/client/link-stream.ts";

/** A link with one stream, whose other end is the test: nothing goes over any wire. */
export class FakeLink<Input extends DescMessage, Output extends DescMessage> {
  /** What the client has sent. */
  readonly sent: MessageInitShape<Input>[] = [];
  cancelled = false;
  readonly #output: Output;
  #listener: StreamListener<MessageShape<Output>> | undefined;

  constructor(_input: Input, output: Output) {
    this.#output = output;
  }

  /** As the client takes it. */
  get link(): Link {
    const stream = (_method: unknown, listener: StreamListener<MessageShape<Output>>) => {
      this.#listener = listener;
      return {
        send: (request: MessageInitShape<Input>) => this.sent.push(request),
        cancel: () => {
          this.cancelled = true;
          this.end(undefined);
        },
      };
    };
    return { stream } as unknown as Link;
  }

  answer(message: MessageInitShape<Output>): void {
    this.#listener?.received(create(this.#output, message) as MessageShape<Output>);
  }

  end(error: CorralError | undefined): void {
    this.#listener?.ended(error);
  }
}
