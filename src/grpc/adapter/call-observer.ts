import type { DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import type { Span } from "@opentelemetry/api";
import type { Clock } from "../../clock.ts";
import { parseToken } from "../../core/session.ts";
import { type CallKind, MethodFigures } from "../../figures.ts";
import { errorTextCharsMax } from "../../limits.ts";
import { type Code, codeName } from "../codes.ts";
import type { Log } from "../log.ts";
import { sessionKey } from "../metadata.ts";
import { SeldomWarning } from "../seldom-warning.ts";
import type { IncomingCall } from "./environment.ts";
import { decode } from "./message.ts";
import { endSpan, type Tracing } from "./tracing.ts";

export interface CallObserverOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Unary calls that take longer are logged; 0 for none. In milliseconds. */
  readonly slowRequestMs: number;
  /** Undefined: nobody traces. */
  readonly tracing: Tracing | undefined;
}

/** Sees every call of every kind begin and end: for metrics, for traces, and for the log when one was slow. */
export class CallObserver {
  readonly #options: CallObserverOptions;
  readonly #slow: SeldomWarning;
  readonly #methods = new Map<string, MethodObserver>();

  constructor(options: CallObserverOptions) {
    this.#options = options;
    this.#slow = new SeldomWarning(options.clock, options.log);
  }

  /** What is known of the calls of each method that is served. */
  *figures(): Generator<MethodFigures> {
    for (const { figures } of this.#methods.values()) yield figures;
  }

  /** The observer of a method: one, also when several servers serve it. */
  of(service: Pick<DescService, "typeName">, method: DescMethod): MethodObserver {
    const path = `/${service.typeName}/${method.name}`;
    const known = this.#methods.get(path);
    if (known !== undefined) return known;
    const observer = new MethodObserver(service, method, this.#options, this.#slow);
    this.#methods.set(path, observer);
    return observer;
  }
}

/** The calls of one method. A call costs two looks at the clock and a few additions, and makes no object. */
export class MethodObserver {
  readonly figures: MethodFigures;
  readonly #input: DescMessage;
  readonly #clock: Clock;
  readonly #slowMs: number;
  readonly #slow: SeldomWarning;
  readonly #tracing: Tracing | undefined;

  constructor(
    service: Pick<DescService, "typeName">,
    { name, methodKind, input }: DescMethod,
    { clock, slowRequestMs, tracing }: CallObserverOptions,
    slow: SeldomWarning,
  ) {
    this.figures = new MethodFigures(service.typeName, name, kinds[methodKind]);
    this.#input = input;
    this.#clock = clock;
    this.#slow = slow;
    // Streams are meant to take long.
    const isTimed = methodKind === "unary" && slowRequestMs > 0;
    this.#slowMs = isTimed ? slowRequestMs : Number.POSITIVE_INFINITY;
    this.#tracing = tracing;
  }

  /** Answers the moment, which `ended` wants to know. */
  began(): number {
    this.figures.started++;
    return this.#clock.monotonicMs();
  }

  /** The span of a call; undefined when nobody traces. */
  span(call: IncomingCall): Span | undefined {
    return this.#tracing?.start(this.figures.service, this.figures.method, call);
  }

  /** @param code what its handler decided, which the client was told unless it was gone by then. */
  ended(call: IncomingCall, code: Code, startedMs: number, span: Span | undefined): void {
    const told = call.cancellation ?? code;
    const durationMs = this.#clock.monotonicMs() - startedMs;
    this.figures.ended[told]!++;
    this.figures.seconds.observe(durationMs / 1_000);
    if (span !== undefined) endSpan(span, told);
    if (durationMs >= this.#slowMs) this.#warn(call, told, durationMs);
  }

  /** The front has ended a call before there was a handler to end it. */
  refused(code: Code): void {
    this.figures.started++;
    this.figures.ended[code]!++;
  }

  #warn(call: IncomingCall, code: Code, durationMs: number): void {
    const { service, method } = this.figures;
    const facts = () => ({
      method: `${service}/${method}`,
      peer: call.peer,
      session: sessionIn(call),
      path: pathIn(this.#input, call),
      code: codeName(code),
      dur_ms: Math.round(durationMs),
    });
    this.#slow.warn(facts, "a request was slow");
  }
}

const kinds: Readonly<Record<DescMethod["methodKind"], CallKind>> = {
  unary: "unary",
  client_streaming: "client_stream",
  server_streaming: "server_stream",
  bidi_streaming: "bidi_stream",
};

/** The id of the session that the call names, be it open or not; the secret stays out of the log. */
function sessionIn(call: IncomingCall): number | undefined {
  return parseToken(call.metadata(sessionKey) ?? "")?.id;
}

/** The node that the request is about, if it is about one. It is decoded once more: slow requests are few. */
function pathIn(input: DescMessage, { request }: IncomingCall): string | undefined {
  if (request === undefined || input.fields.every(({ name }) => name !== "path")) return undefined;
  try {
    const { path } = decode(input, request) as { path?: string };
    return path?.slice(0, errorTextCharsMax);
  } catch {
    // It was refused for what is wrong with it.
    return undefined;
  }
}
