import { status as codes, Metadata } from "@grpc/grpc-js";
import {
  type Attributes,
  type Context,
  propagation,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type TextMapGetter,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { beforeEach, expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { Tracing } from "../../src/grpc/adapter/tracing.ts";
import { failureOf } from "../support/rpc-client.ts";
import { startServer } from "../support/start-server.ts";

const rpc = Coordination.method;

interface Recorded {
  readonly name: string;
  readonly kind: SpanKind | undefined;
  readonly parent: SpanContext | undefined;
  readonly attributes: Attributes;
  status: SpanStatusCode;
  ended: boolean;
}

/** As much of an SDK as the server touches: spans are kept in memory. */
const spans: Recorded[] = [];

function startSpan(name: string, { kind, attributes }: SpanOptions = {}, context?: Context): Span {
  const parent = context && trace.getSpanContext(context);
  const span: Recorded = {
    name,
    kind,
    parent,
    attributes: { ...attributes },
    status: SpanStatusCode.UNSET,
    ended: false,
  };
  spans.push(span);
  const recording = {
    setAttribute(key: string, value: string) {
      span.attributes[key] = value;
      return recording;
    },
    setStatus({ code }: { code: SpanStatusCode }) {
      span.status = code;
      return recording;
    },
    end() {
      span.ended = true;
    },
  };
  return recording as unknown as Span;
}

/** W3C Trace Context, as far as a parent goes. */
const propagator = {
  inject() {},
  extract(context: Context, carrier: unknown, getter: TextMapGetter<unknown>): Context {
    const [header] = [getter.get(carrier, "traceparent") ?? []].flat();
    const [, traceId, spanId] = header?.split("-") ?? [];
    if (traceId === undefined || spanId === undefined) return context;
    const traceState = [getter.get(carrier, "tracestate") ?? []].flat()[0];
    const known = getter.keys(carrier).includes("tracestate") ? { serialize: () => traceState } : undefined;
    const parent = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true, traceState: known };
    return trace.setSpanContext(context, parent as unknown as SpanContext);
  },
  fields: () => ["traceparent", "tracestate"],
};

// Before an SDK is there; nothing of this file starts a server earlier.
const withoutSdk = Tracing.open();

function loadSdk(): void {
  trace.setGlobalTracerProvider({
    getTracer: () => ({ startSpan, startActiveSpan: () => undefined as never }),
  });
  propagation.setGlobalPropagator(propagator);
}

loadSdk();

beforeEach(() => {
  spans.length = 0;
});

test("without an SDK nothing is traced", () => {
  expect(withoutSdk).toBeUndefined();
});

test("a unary call is a span of the server, with the caller's span as its parent", async () => {
  const { client } = await startServer();
  const metadata = new Metadata();
  metadata.set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  metadata.set("tracestate", "shop=1");
  await client.unary(rpc.create, { path: "/a" }, { metadata });
  expect(spans).toEqual([
    {
      name: "corral.v1.Coordination/Create",
      kind: SpanKind.SERVER,
      parent: expect.objectContaining({
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331",
      }),
      attributes: {
        "rpc.system": "grpc",
        "rpc.service": "corral.v1.Coordination",
        "rpc.method": "Create",
        "rpc.grpc.status_code": codes.OK,
        "network.peer.address": expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      },
      status: SpanStatusCode.UNSET,
      ended: true,
    },
  ]);
  expect(spans[0]!.parent!.traceState!.serialize()).toBe("shop=1");
});

test("what the client did wrong is a code, and no error of the server", async () => {
  const { client } = await startServer();
  await failureOf(client.unary(rpc.get, { path: "/no" }));
  const attributes = expect.objectContaining({ "rpc.grpc.status_code": codes.NOT_FOUND });
  expect(spans).toMatchObject([{ parent: undefined, attributes, status: SpanStatusCode.UNSET, ended: true }]);
});

test("a stopping server's refusal is an error of the server", async () => {
  const { client, grpc } = await startServer();
  const watch = client.bidi(rpc.watch);
  watch.send({ add: [{ watchId: 1n, path: "/" }] });
  await watch.next();
  expect(spans).toMatchObject([{ name: "corral.v1.Coordination/Watch", ended: false }]);
  await grpc.stop(1_000);
  const attributes = expect.objectContaining({ "rpc.grpc.status_code": codes.UNAVAILABLE });
  expect(spans).toMatchObject([{ attributes, status: SpanStatusCode.ERROR, ended: true }]);
});
