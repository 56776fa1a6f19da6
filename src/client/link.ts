import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  connectivityState,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { type Authorization, authorizationOf, setMetadata } from "./authorization.ts";
import type { Clock } from "./clock.ts";
import { CorralError, corralErrorOf, errorFromCall, isCorralError, noAnswers } from "./errors.ts";
import { Limiter } from "./limiter.ts";
import { pingIntervalMs, pingTimeoutMs, unaryCallsMax } from "./limits.ts";
import {
  asBuffer,
  asIs,
  type ByteStream,
  deserializer,
  listen,
  pathOf,
  type Stream,
  type StreamListener,
  serializer,
} from "./link-stream.ts";
import { unanswered } from "./pipeline.ts";
import { Pipelines } from "./pipelines.ts";

/** How to reach and to convince a server. */
export interface LinkOptions {
  readonly credentials: ChannelCredentials;
  /** Who acts, as of each call. */
  authorization: Authorization | undefined;
  readonly clock: Clock;
  /** With how many calls on their way further ones share a stream. */
  readonly pipelineFrom: number;
}

/** What bounds a call, and for whom it acts. */
export interface LinkCall {
  readonly signal: AbortSignal;
  /** The token of the session that acts. */
  readonly token?: string | undefined;
  /** By which the server knows a write that it has done already. */
  readonly requestId?: string | undefined;
  /** Told that the request was sent and its answer will not come: it may have been done. */
  readonly lost?: (() => void) | undefined;
}

/** One connection to one endpoint. It never connects a second time: whoever lost it makes a new one. */
export class Link {
  readonly #client: Client;
  readonly #options: LinkOptions;
  readonly #pipelines: Pipelines;
  readonly #unary = new Limiter(unaryCallsMax);
  #callsInFlight = 0;
  #closed = false;

  constructor(endpoint: string, options: LinkOptions) {
    this.#client = new Client(endpoint, options.credentials, channelOptions);
    this.#options = options;
    this.#pipelines = new Pipelines(this, options.clock);
  }

  /** Who acts on it now. @throws CorralError BAD_ARGUMENTS */
  get authorization(): string | undefined {
    return authorizationOf(this.#options.authorization);
  }

  /** The connection is there, as far as anybody knows. */
  get isUp(): boolean {
    return this.#client.getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  /** Connects; whether that worked within the time. */
  connect(timeoutMs: number): Promise<boolean> {
    const channel = this.#client.getChannel();
    return new Promise((resolve) => {
      let decided = false;
      const decide = (up: boolean) => {
        decided = true;
        cancel();
        resolve(up);
      };
      const cancel = this.#options.clock.setTimeout(() => decide(false), timeoutMs);
      const look = () => {
        if (decided) return;
        try {
          const state = channel.getConnectivityState(true);
          if (state === connectivityState.READY) decide(true);
          else if (failedStates.includes(state)) decide(false);
          else channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, look);
        } catch {
          // The channel was closed meanwhile.
          decide(false);
        }
      };
      look();
    });
  }

  /**
   * Makes a call: one of its own, or an operation on a pipeline when many are on their way already.
   * @throws CorralError; the signal's reason when that is aborted.
   */
  async call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    call: LinkCall,
  ): Promise<MessageShape<Output>> {
    const bytes = toBinary(method.input, create(method.input, request));
    this.#callsInFlight++;
    try {
      const isOneOfMany = this.#callsInFlight > this.#options.pipelineFrom;
      if (isOneOfMany && this.#pipelines.take(method, bytes.length)) {
        const answer = await this.#pipelines.do(method, bytes, call);
        if (answer !== unanswered) return answer;
      }
      const turn = this.#unary.enter(call.signal);
      if (turn !== undefined) await turn;
      try {
        return await this.#send(method, bytes, call);
      } finally {
        this.#unary.leave();
      }
    } finally {
      this.#callsInFlight--;
    }
  }

  /** Makes a call that waits for no others. @throws CorralError; the signal's reason when that is aborted. */
  unary<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    call: LinkCall,
  ): Promise<MessageShape<Output>> {
    return this.#send(method, toBinary(method.input, create(method.input, request)), call);
  }

  #send<Output extends DescMessage>(
    method: DescMethodUnary<DescMessage, Output>,
    bytes: Uint8Array,
    { signal, token, requestId, lost }: LinkCall,
  ): Promise<MessageShape<Output>> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      // It was given up while the call waited for its turn; grpc-js would throw.
      if (this.#closed) throw new CorralError("CONNECTION_LOST", "the connection was given up");
      const cancel = () => call.cancel();
      const call = this.#client.makeUnaryRequest(
        pathOf(method),
        asBuffer,
        deserializer(method.output),
        bytes,
        this.#metadata(token, requestId),
        (error: ServiceError | null, response?: MessageShape<Output>) => {
          signal.removeEventListener("abort", cancel);
          if (error === null) {
            resolve(response!);
            return;
          }
          const failure = errorFromCall(error);
          if (signal.aborted || isCorralError(failure, ...noAnswers)) lost?.();
          reject(signal.aborted ? signal.reason : failure);
        },
      );
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  /** Opens a stream in both directions. It never throws: what keeps it from opening is told as its end. */
  stream<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodBiDiStreaming<Input, Output>,
    listener: StreamListener<MessageShape<Output>>,
  ): Stream<Input> {
    const encode = serializer(method.input);
    const decode = deserializer(method.output);
    const call = this.#open(listener, () =>
      this.#client.makeBidiStreamRequest(pathOf(method), encode, decode, this.#metadata()),
    );
    return {
      send: (request) => void call?.write(create(method.input, request)),
      cancel: () => call?.cancel(),
    };
  }

  /** The same of messages that are encoded elsewhere, for a session. */
  byteStream(
    method: DescMethodBiDiStreaming,
    listener: StreamListener<Uint8Array>,
    token: string | undefined,
  ): ByteStream {
    const call = this.#open(listener, () =>
      this.#client.makeBidiStreamRequest(pathOf(method), asBuffer, asIs, this.#metadata(token)),
    );
    return {
      send(message, sent) {
        call?.write(message, (error?: Error | null) => {
          if (!error) sent();
        });
      },
      cancel: () => call?.cancel(),
    };
  }

  /** The stream; undefined if it cannot be opened, which its listener is told a moment later. */
  #open<Request, Message>(
    listener: StreamListener<Message>,
    open: () => ClientDuplexStream<Request, Message>,
  ): ClientDuplexStream<Request, Message> | undefined {
    try {
      // grpc-js would throw.
      if (this.#closed) throw new CorralError("CONNECTION_LOST", "the connection was given up");
      const call = open();
      listen(call, listener);
      return call;
    } catch (error) {
      setImmediate(() => listener.ended(corralErrorOf(error)));
      return undefined;
    }
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
    this.#closed = true;
    this.#pipelines.close();
    this.#client.close();
  }

  #metadata(token?: string, requestId?: string): Metadata {
    const metadata = new Metadata();
    setMetadata(metadata, "corral-request-id", requestId);
    setMetadata(metadata, "corral-session", token);
    setMetadata(metadata, "authorization", this.authorization);
    return metadata;
  }
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
