import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type ChannelCredentials,
  Client,
  type ClientReadableStream,
  status as codes,
  connectivityState,
  Metadata,
  type ServiceError,
  type StatusObject,
} from "@grpc/grpc-js";
import type { Clock } from "./clock.ts";
import { type CorralError, errorFromCall } from "./errors.ts";
import { pingIntervalMs, pingTimeoutMs } from "./limits.ts";

/** How to reach and to convince a server. */
export interface LinkOptions {
  readonly credentials: ChannelCredentials;
  /** The value of the `authorization` metadata, as of each call; none when undefined. */
  authorization: string | undefined;
}

/** What bounds a call, and for whom it acts. */
export interface LinkCall {
  readonly signal: AbortSignal;
  /** The token of the session that acts. */
  readonly token?: string | undefined;
  /** By which the server knows a write that it has done already. */
  readonly requestId?: string | undefined;
}

/** One connection to one endpoint. It never connects a second time: whoever lost it makes a new one. */
export class Link {
  readonly #client: Client;
  readonly #options: LinkOptions;

  constructor(endpoint: string, options: LinkOptions) {
    this.#client = new Client(endpoint, options.credentials, channelOptions);
    this.#options = options;
  }

  /** The connection is there, as far as anybody knows. */
  get isUp(): boolean {
    return this.#client.getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  /** Connects; whether that worked within the time. */
  connect(clock: Clock, timeoutMs: number): Promise<boolean> {
    const channel = this.#client.getChannel();
    return new Promise((resolve) => {
      let decided = false;
      const decide = (up: boolean) => {
        decided = true;
        cancel();
        resolve(up);
      };
      const cancel = clock.setTimeout(() => decide(false), timeoutMs);
      const look = () => {
        if (decided) return;
        const state = channel.getConnectivityState(true);
        if (state === connectivityState.READY) decide(true);
        else if (failedStates.includes(state)) decide(false);
        else channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, look);
      };
      look();
    });
  }

  /** Makes a call. @throws CorralError; the signal's reason when that is aborted. */
  unary<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    { signal, token, requestId }: LinkCall,
  ): Promise<MessageShape<Output>> {
    return new Promise((resolve, reject) => {
      const cancel = () => call.cancel();
      const call = this.#client.makeUnaryRequest(
        pathOf(method),
        serializer(method.input),
        deserializer(method.output),
        create(method.input, request),
        this.#metadata(token, requestId),
        (error: ServiceError | null, response?: MessageShape<Output>) => {
          signal.removeEventListener("abort", cancel);
          if (error === null) resolve(response!);
          else reject(signal.aborted ? signal.reason : errorFromCall(error));
        },
      );
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  /** Opens a stream in both directions. */
  stream<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodBiDiStreaming<Input, Output>,
    listener: StreamListener<Output>,
  ): Stream<Input> {
    const call = this.#client.makeBidiStreamRequest(
      pathOf(method),
      serializer(method.input),
      deserializer(method.output),
      this.#metadata(),
    );
    listen(call, listener);
    return {
      send: (request) => void call.write(create(method.input, request)),
      cancel: () => call.cancel(),
    };
  }

  /**
   * Reads a stream of answers, no faster than the caller takes them; giving up reading cancels it.
   * @throws CorralError; the signal's reason when that is aborted.
   */
  async *read<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodServerStreaming<Input, Output>,
    request: MessageInitShape<Input>,
    signal: AbortSignal,
  ): AsyncGenerator<MessageShape<Output>, void> {
    signal.throwIfAborted();
    const call = this.#client.makeServerStreamRequest(
      pathOf(method),
      serializer(method.input),
      deserializer(method.output),
      create(method.input, request),
      this.#metadata(undefined),
    );
    const cancel = () => call.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      for await (const message of call) yield message as MessageShape<Output>;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw isStatus(error) ? errorFromCall(error) : error;
    } finally {
      signal.removeEventListener("abort", cancel);
      call.cancel();
    }
  }

  /** Lets go of the connection; calls that run on it may still end. */
  close(): void {
    this.#client.close();
  }

  #metadata(token?: string, requestId?: string): Metadata {
    const metadata = new Metadata();
    if (requestId !== undefined) metadata.set("corral-request-id", requestId);
    if (token !== undefined) metadata.set("corral-session", token);
    const { authorization } = this.#options;
    if (authorization !== undefined) metadata.set("authorization", authorization);
    return metadata;
  }
}

/** The client's side of a stream. */
export interface Stream<Input extends DescMessage> {
  send(request: MessageInitShape<Input>): void;
  cancel(): void;
}

/** What a stream tells. */
export interface StreamListener<Output extends DescMessage> {
  received(message: MessageShape<Output>): void;
  /** After the last message, once; undefined when the server ended it with OK. */
  ended(error: CorralError | undefined): void;
}

function listen<Output extends DescMessage>(
  call: ClientReadableStream<MessageShape<Output>>,
  listener: StreamListener<Output>,
): void {
  let status: StatusObject | undefined;
  let drained = false;
  // The status may overtake the last messages.
  const end = () => {
    if (status !== undefined && drained)
      listener.ended(status.code === codes.OK ? undefined : errorFromCall(status));
  };
  call.on("data", (message: MessageShape<Output>) => listener.received(message));
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

const failedStates = [connectivityState.TRANSIENT_FAILURE, connectivityState.SHUTDOWN];

const channelOptions = {
  // Each link has a connection of its own, so that what is large or slow on one cannot hold up another.
  "grpc.use_local_subchannel_pool": 1,
  // A half-open connection with calls on it is noticed, whatever TCP thinks.
  "grpc.keepalive_time_ms": pingIntervalMs,
  "grpc.keepalive_timeout_ms": pingTimeoutMs,
  // The end of a session with very many nodes comes in one message.
  "grpc.max_receive_message_length": -1,
  // What is tried again is decided here, not by a record in the DNS.
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_channelz": 0,
};

function isStatus(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "metadata" in error;
}

function pathOf(method: DescMethodUnary | DescMethodBiDiStreaming | DescMethodServerStreaming): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function serializer<T extends DescMessage>(schema: T) {
  return (message: MessageShape<T>): Buffer => {
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

/** Copies what it keeps of a message: a small value must not hold on to the buffer that it came in. */
function deserializer<T extends DescMessage>(schema: T) {
  return (bytes: Buffer): MessageShape<T> => fromBinary(schema, new Uint8Array(bytes));
}
