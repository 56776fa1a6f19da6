import {
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { type Code, codes } from "../codes.ts";
import type { IncomingCall } from "./environment.ts";

/** Spans by the API of OpenTelemetry alone: a user's own SDK, loaded before the server, decides what becomes of them. */
export class Tracing {
  readonly #tracer: Tracer;

  /** Undefined when no SDK has registered itself: then tracing costs nothing. */
  static open(): Tracing | undefined {
    const provider: ReturnType<typeof trace.getTracerProvider> & Partial<Delegating> =
      trace.getTracerProvider();
    // The API stands in for an SDK with a provider of its own, which knows whether there is another behind it.
    const tracer =
      provider.getDelegateTracer === undefined
        ? provider.getTracer(scope)
        : provider.getDelegateTracer(scope);
    return tracer && new Tracing(tracer);
  }

  private constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** The span of a call, whose parent is the one that the caller's metadata names. */
  start(service: string, method: string, call: IncomingCall): Span {
    const attributes = {
      "rpc.system": "grpc",
      "rpc.service": service,
      "rpc.method": method,
      "network.peer.address": call.peer,
    };
    const parent = propagation.extract(ROOT_CONTEXT, call, fromMetadata);
    return this.#tracer.startSpan(`${service}/${method}`, { kind: SpanKind.SERVER, attributes }, parent);
  }
}

/** Ends the span of a call as the conventions for RPC have it: what the client did wrong is no error of the server. */
export function endSpan(span: Span, code: Code): void {
  span.setAttribute("rpc.grpc.status_code", code);
  if (serverFaults.has(code)) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

const scope = "corral";

interface Delegating {
  getDelegateTracer(name: string): Tracer | undefined;
}

const serverFaults: ReadonlySet<Code> = new Set([
  codes.UNKNOWN,
  codes.DEADLINE_EXCEEDED,
  codes.UNIMPLEMENTED,
  codes.INTERNAL,
  codes.UNAVAILABLE,
  codes.DATA_LOSS,
]);

const fromMetadata: TextMapGetter<IncomingCall> = {
  get: (call, key) => call.metadata(key),
  keys: (call) => call.metadataKeys(),
};
