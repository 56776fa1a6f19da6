// Without the client: joins the generated descriptors to @grpc/grpc-js, a typed way to call Corral in a screenful.
import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { ErrorReason } from "../../gen/ts/corral/v1/errors_pb.js";
import { type ErrorInfo, ErrorInfoSchema } from "../../gen/ts/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.js";

/** A connection to the server at `host:port`, without TLS. Close it when done. */
export function connect(address: string): Client {
  return new Client(address, credentials.createInsecure());
}

/**
 * Makes one unary call, for the session with the given token if there is one. A failure rejects with
 * grpc-js's ServiceError; errorInfo tells its reason. It gives up after ten seconds.
 */
export function call<I extends DescMessage, O extends DescMessage>(
  client: Client,
  method: DescMethod & { input: I; output: O; methodKind: "unary" },
  request: MessageInitShape<I>,
  sessionToken?: string,
): Promise<MessageShape<O>> {
  const metadata = new Metadata();
  if (sessionToken !== undefined) metadata.set("corral-session", sessionToken);
  const { promise, resolve, reject } = Promise.withResolvers<MessageShape<O>>();
  client.makeUnaryRequest(
    path(method),
    serialize(method.input),
    deserialize(method.output),
    create(method.input, request),
    metadata,
    { deadline: Date.now() + 10_000 },
    (error, response) => (error === null ? resolve(response as MessageShape<O>) : reject(error)),
  );
  return promise;
}

/** Opens a stream in both directions. Write messages made with `create`. */
export function stream<I extends DescMessage, O extends DescMessage>(
  client: Client,
  method: DescMethod & { input: I; output: O; methodKind: "bidi_streaming" },
): ClientDuplexStream<MessageShape<I>, MessageShape<O>> {
  return client.makeBidiStreamRequest(path(method), serialize(method.input), deserialize(method.output));
}

/** The google.rpc.ErrorInfo of a failure that Corral answered; undefined for any other failure. */
export function errorInfo(error: unknown): ErrorInfo | undefined {
  const [status] = (error as Partial<ServiceError>).metadata?.get("grpc-status-details-bin") ?? [];
  if (!Buffer.isBuffer(status)) return undefined;
  const detail = fromBinary(StatusSchema, status).details.find(
    ({ typeUrl }) => typeUrl === `type.googleapis.com/${ErrorInfoSchema.typeName}`,
  );
  return detail && fromBinary(ErrorInfoSchema, detail.value);
}

/** Whether Corral refused a call for this reason. */
export function failedWith(error: unknown, reason: ErrorReason): boolean {
  return errorInfo(error)?.reason === ErrorReason[reason];
}

function path(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function serialize<T extends DescMessage>(schema: T) {
  return (message: MessageShape<T>) => Buffer.from(toBinary(schema, message));
}

function deserialize<T extends DescMessage>(schema: T) {
  return (bytes: Buffer) => fromBinary(schema, bytes);
}
