import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  status as codes,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
} from "@grpc/grpc-js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../gen/ts/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.js";

export interface CallOptions {
  /** A session token for the metadata. */
  readonly session?: string;
  readonly metadata?: Metadata;
  readonly deadlineMs?: number;
}

/** The status of a call as a client sees it, its details taken apart. */
export interface RpcStatus {
  /** The name of the gRPC code. */
  readonly code: string;
  readonly message: string;
  readonly reason?: string;
  readonly domain?: string;
  readonly facts?: Record<string, string>;
  readonly field?: string;
  readonly retryMs?: number;
}

export class RpcError extends Error {
  readonly status: RpcStatus;

  constructor(status: RpcStatus) {
    super(`${status.code} ${status.reason ?? ""}: ${status.message}`);
    this.status = status;
  }
}

/** Calls any generated service over grpc-js. One client has one connection of its own. */
export class RpcClient {
  readonly #client: Client;

  constructor(
    address: string,
    options: ClientOptions = {},
    channel: ChannelCredentials = credentials.createInsecure(),
  ) {
    this.#client = new Client(address, channel, {
      "grpc.use_local_subchannel_pool": 1,
      // What TLS asks the server to be; an address is no name.
      "grpc.ssl_target_name_override": "localhost",
      ...options,
    });
  }

  /** Sends bytes instead of a message, for what no well-behaved client would send. */
  unaryBytes(path: string, bytes: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        asBuffer,
        plain,
        bytes,
        metadataOf(options),
        deadlineOf(options),
        (error: ServiceError | null, response?: Uint8Array) => {
          if (error) reject(new RpcError(rpcStatusOf(error)));
          else resolve(response!);
        },
      );
    });
  }

  async unary<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    options: CallOptions = {},
  ): Promise<MessageShape<Output>> {
    const bytes = toBinary(method.input, create(method.input, request));
    return fromBinary(method.output, await this.unaryBytes(pathOf(method), bytes, options));
  }

  serverStream<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodServerStreaming<Input, Output>,
    request: MessageInitShape<Input>,
    options: CallOptions = {},
  ): RpcStream<Input, Output> {
    const bytes = toBinary(method.input, create(method.input, request));
    const call = this.#client.makeServerStreamRequest(
      pathOf(method),
      asBuffer,
      plain,
      bytes,
      metadataOf(options),
      deadlineOf(options),
    );
    return new RpcStream(call, method);
  }

  bidi<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodBiDiStreaming<Input, Output>,
    options: CallOptions & { readonly path?: string } = {},
  ): RpcStream<Input, Output> {
    const path = options.path ?? pathOf(method);
    const call = this.#client.makeBidiStreamRequest(
      path,
      asBuffer,
      plain,
      metadataOf(options),
      deadlineOf(options),
    );
    return new RpcStream(call, method);
  }

  close(): void {
    this.#client.close();
  }
}

type AnyStream = ClientReadableStream<Uint8Array> | ClientDuplexStream<Uint8Array, Uint8Array>;

/** The client's side of a stream. */
export class RpcStream<Input extends DescMessage, Output extends DescMessage> {
  readonly call: AnyStream;
  /** How the stream ended; OK is one of the ways. */
  readonly status: Promise<RpcStatus>;
  readonly #method: { readonly input: Input; readonly output: Output };
  readonly #messages: AsyncIterator<Uint8Array>;

  constructor(call: AnyStream, method: { readonly input: Input; readonly output: Output }) {
    this.call = call;
    this.#method = method;
    // The status says the same.
    call.on("error", () => {});
    this.status = new Promise((resolve) => {
      call.on("status", (status: StatusObject) => resolve(rpcStatusOf(status)));
    });
    this.#messages = call[Symbol.asyncIterator]();
  }

  send(request: MessageInitShape<Input>): void {
    this.sendBytes(toBinary(this.#method.input, create(this.#method.input, request)));
  }

  sendBytes(bytes: Uint8Array): void {
    (this.call as ClientDuplexStream<Uint8Array, Uint8Array>).write(bytes);
  }

  /** Half-closes. */
  end(): void {
    (this.call as ClientDuplexStream<Uint8Array, Uint8Array>).end();
  }

  cancel(): void {
    this.call.cancel();
  }

  /** The next message; undefined when the stream has ended, however it did. */
  async next(): Promise<MessageShape<Output> | undefined> {
    const result = await this.#messages.next().catch(() => ({ done: true, value: undefined }));
    return result.done ? undefined : fromBinary(this.#method.output, result.value!);
  }
}

/** The status of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<RpcStatus> {
  try {
    await call;
  } catch (error) {
    if (error instanceof RpcError) return error.status;
    throw error;
  }
  throw new Error("the call succeeded");
}

export function rpcStatusOf({ code, details, metadata }: StatusObject): RpcStatus {
  const encoded = metadata.get("grpc-status-details-bin")[0];
  if (encoded === undefined) return { code: codes[code]!, message: details };
  return { ...rpcStatusOfProto(fromBinary(StatusSchema, encoded as Buffer)), message: details };
}

/** The same of a status that is part of a message. */
export function rpcStatusOfProto({ code, message, details }: MessageShape<typeof StatusSchema>): RpcStatus {
  let status: RpcStatus = { code: codes[code]!, message };
  for (const any of details) {
    const info = anyUnpack(any, ErrorInfoSchema);
    if (info) status = { ...status, reason: info.reason, domain: info.domain, facts: info.metadata };
    const badRequest = anyUnpack(any, BadRequestSchema);
    if (badRequest) status = { ...status, field: badRequest.fieldViolations[0]!.field };
    const delay = anyUnpack(any, RetryInfoSchema)?.retryDelay;
    if (delay) status = { ...status, retryMs: Number(delay.seconds) * 1_000 + delay.nanos / 1e6 };
  }
  return status;
}

export function pathOf(method: { readonly parent: DescService; readonly name: string }): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function metadataOf({ session, metadata = new Metadata() }: CallOptions): Metadata {
  if (session !== undefined) metadata.set("corral-session", session);
  return metadata;
}

function deadlineOf({ deadlineMs }: CallOptions): { deadline?: number } {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Not a Buffer, so that bytes fields compare as the arrays that they are. */
function plain(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
