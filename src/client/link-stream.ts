import {
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type ClientReadableStream, status as codes, type StatusObject } from "@grpc/grpc-js";
import { CorralError, errorFromCall } from "./errors.ts";

/** The client's side of a stream. */
export interface Stream<Input extends DescMessage> {
  send(request: MessageInitShape<Input>): void;
  cancel(): void;
}

/** The same, of bytes. */
export interface ByteStream {
  /** @param sent is told when there is room for another message; never if the stream ends before. */
  send(message: Uint8Array, sent: () => void): void;
  cancel(): void;
}

/** What a stream tells. */
export interface StreamListener<Message> {
  received(message: Message): void;
  /** After the last message, once; undefined when the server ended it with OK. */
  ended(error: CorralError | undefined): void;
}

/** Tells a listener what a stream brings. */
export function listen<Message>(
  call: ClientReadableStream<Message>,
  listener: StreamListener<Message>,
): void {
  let status: StatusObject | undefined;
  let drained = false;
  let senseless: CorralError | undefined;
  // The status may overtake the last messages.
  const end = () => {
    if (status === undefined || !drained) return;
    listener.ended(senseless ?? (status.code === codes.OK ? undefined : errorFromCall(status)));
  };
  call.on("data", (message: Message) => {
    if (senseless !== undefined) return;
    try {
      listener.received(message);
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      senseless = new CorralError("UNKNOWN", `the server's answer makes no sense: ${text}`, { cause });
      call.cancel();
    }
  });
  call.on("end", () => {
    drained = true;
    end();
  });
  call.on("status", (ended: StatusObject) => {
    status = ended;
    end();
  });
  // The status says the same.
  call.on("error", () => {});
}

export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

export function serializer<T extends DescMessage>(schema: T) {
  return (message: MessageShape<T>): Buffer => asBuffer(toBinary(schema, message));
}

/** grpc-js copies with Buffer's methods; this is a view, not a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function asIs(bytes: Buffer): Uint8Array {
  return bytes;
}

/** Copies what it keeps of a message: a small value must not hold on to the buffer that it came in. */
export function deserializer<T extends DescMessage>(schema: T) {
  return (bytes: Buffer): MessageShape<T> => fromBinary(schema, new Uint8Array(bytes));
}
