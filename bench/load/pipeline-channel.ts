import type { Channel } from "./channel.ts";
import { type GrpcStream, StreamConnection } from "./grpc.ts";
import { Outbox, type Template } from "./template.ts";

const method = "/corral.v1.Coordination/Pipeline";
/** The key of a PipelineResponse's results and of a PipelineResult's error: field 1, by length. */
const firstField = 0x0a;

/**
 * Operations on one Pipeline of Corral, `perMessage` to a message; fewer only when the server has nothing else to
 * do. Templates are operations as they stand in a PipelineRequest.
 */
export class PipelineChannel implements Channel {
  answered: Channel["answered"] = () => {};
  failed: Channel["failed"] = () => {};
  readonly #connection: StreamConnection;
  readonly #stream: GrpcStream;
  readonly #perMessage: number;
  readonly #message = new Outbox();
  #gathered = 0;
  /** Tags of what is not answered yet, in the order of sending. */
  #tags: number[] = [];
  #nextTag = 0;

  static async open(port: number, perMessage: number): Promise<PipelineChannel> {
    return new PipelineChannel(await StreamConnection.open(port), perMessage);
  }

  private constructor(connection: StreamConnection, perMessage: number) {
    this.#connection = connection;
    this.#perMessage = perMessage;
    connection.failed = (error) => this.failed(error);
    connection.afterReading = () => this.#sendRest();
    this.#stream = connection.openStream(method, {
      message: (message) => this.#results(message),
      ended: () => this.failed(new Error("the pipeline ended")),
    });
  }

  send(template: Template, number: number, tag: number): void {
    this.#message.addTemplate(template, 0, number);
    this.#tags.push(tag);
    this.#gathered++;
    if (this.#gathered === this.#perMessage) this.#sendMessage();
  }

  flush(): void {
    this.#sendRest();
    this.#connection.flush();
  }

  close(): void {
    this.failed = () => {};
    this.#connection.close();
  }

  #sendRest(): void {
    if (this.#gathered > 0 && this.#gathered === this.#tags.length - this.#nextTag) this.#sendMessage();
  }

  #sendMessage(): void {
    this.#stream.send(this.#message.take());
    this.#gathered = 0;
  }

  /** The results of a PipelineResponse, of each only whether it is an error. */
  #results(message: Buffer): void {
    for (let at = 0; at < message.length; ) {
      at++;
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = message[at++]!;
        length |= (byte & 127) << shift;
        if (byte < 128) break;
      }
      this.answered(this.#tags[this.#nextTag++]!, message[at] !== firstField);
      at += length;
    }
    if (this.#nextTag < 65_536) return;
    this.#tags = this.#tags.slice(this.#nextTag);
    this.#nextTag = 0;
  }
}
