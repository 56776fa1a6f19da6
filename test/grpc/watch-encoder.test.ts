import { isUtf8 } from "node:buffer";
import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  WatchEventKind,
  type WatchEventSchema,
  WatchResponseSchema,
} from "../../gen/ts/corral/v1/watch_pb.js";
import { openAcl } from "../../src/core/acl.ts";
import { type EventKind, eventsOf, type NodeEvent } from "../../src/core/event.ts";
import type { NodeRecord } from "../../src/core/node.ts";
import { watchSpec } from "../../src/core/watch.ts";
import { type Notice, Outbox, type WatchMessage } from "../../src/engine/outbox.ts";
import { nodeToProto } from "../../src/grpc/convert.ts";
import { statusToProto } from "../../src/grpc/status.ts";
import { WatchEncoder } from "../../src/grpc/watch-encoder.ts";
import { ephemeralsPerSessionMax, ttlMsMax, zxidMax } from "../../src/limits.ts";
import { CoreState } from "../support/core-state.ts";

/** The encoder writes bytes by hand; the generated code, told the same facts in full, must read the same. */

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const number53 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: zxidMax }), fc.constant(zxidMax));
const node: fc.Arbitrary<NodeRecord> = fc.record({
  czxid: number53,
  mzxid: number53,
  pzxid: number53,
  ctimeMs: number53,
  mtimeMs: number53,
  version: int32,
  // Half of them make a cversion below zero.
  creates: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  aversion: int32,
  acl: fc.constant(openAcl),
  ephemeralOwner: number53,
  lifetimeMs: fc.oneof(fc.constantFrom(-1, 0), fc.integer({ min: 1, max: ttlMsMax })),
  dataLength: fc.nat(2 ** 20),
  numChildren: fc.nat(),
});

const data = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: "grapheme" }).map((text) => new Uint8Array(Buffer.from(text))),
  fc.constantFrom(Uint8Array.of(0xc3, 0x28), Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), new Uint8Array()),
);
const kinds: EventKind[] = ["nodeCreated", "nodeDataChanged", "nodeDeleted", "nodeChildrenChanged"];
const event: fc.Arbitrary<NodeEvent> = fc
  .record({
    kind: fc.constantFrom(...kinds),
    path: fc
      .array(fc.constantFrom("a", "größe", "北", "x".repeat(130)))
      .map((names) => `/${names.join("/")}`),
    zxid: number53,
    node,
    data,
    previousData: data,
    dataOmitted: fc.boolean(),
    deletedMs: number53,
  })
  .map(({ data, previousData, deletedMs, ...rest }) => ({
    ...rest,
    ...(rest.kind === "nodeDeleted" && { deletedMs }),
    dataOmitted: rest.dataOmitted && rest.kind !== "nodeChildrenChanged",
    ...(!rest.dataOmitted && hasData(rest.kind) && { data }),
    ...(!rest.dataOmitted && hasPrevious(rest.kind) && { previousData }),
  }));

function hasData(kind: EventKind): boolean {
  return kind === "nodeCreated" || kind === "nodeDataChanged";
}

function hasPrevious(kind: EventKind): boolean {
  return kind === "nodeDataChanged" || kind === "nodeDeleted";
}

const form = fc
  .record({ withData: fc.boolean(), withPreviousData: fc.boolean(), asText: fc.boolean() })
  .map((asked) => watchSpec("persistent", "all", asked).form);
const notice: fc.Arbitrary<Notice> = fc.record({
  event,
  form,
  watchIds: fc.array(number53, { minLength: 1, maxLength: 5 }),
});
const refusal = fc.option(
  fc.record({
    reason: fc.constantFrom("COMPACTED" as const, "NO_NODE" as const),
    message: fc.string(),
    facts: fc.record({ path: fc.string() }),
  }),
  { nil: undefined },
);
const message: fc.Arbitrary<WatchMessage> = fc.record({
  added: fc.array(fc.record({ watchId: number53, zxid: number53 }), { maxLength: 3 }),
  notices: fc.array(notice, { maxLength: 6 }),
  canceled: fc.array(fc.record({ watchId: number53, refusal }), { maxLength: 3 }),
  bookmarkZxid: fc.option(number53, { nil: undefined }),
  zxidContinues: fc.boolean(),
  bytes: fc.constant(0),
});

const eventKinds: Readonly<Record<EventKind, WatchEventKind>> = {
  nodeCreated: WatchEventKind.NODE_CREATED,
  nodeDataChanged: WatchEventKind.NODE_DATA_CHANGED,
  nodeDeleted: WatchEventKind.NODE_DELETED,
  nodeChildrenChanged: WatchEventKind.NODE_CHILDREN_CHANGED,
};

const intervalMs = 5_000;
const encoder = new WatchEncoder(intervalMs);

function expected({ added, notices, canceled, bookmarkZxid, zxidContinues }: WatchMessage) {
  return create(WatchResponseSchema, {
    added: added.map(({ watchId, zxid }) => ({ watchId: BigInt(watchId), zxid: BigInt(zxid) })),
    events: notices.map(expectedEvent),
    canceled: canceled.map(({ watchId, refusal }) => ({
      watchId: BigInt(watchId),
      ...(refusal && { status: statusToProto(refusal) }),
    })),
    ...(bookmarkZxid !== undefined && { bookmark: { zxid: BigInt(bookmarkZxid), nextInMs: intervalMs } }),
    zxidContinues,
  });
}

function expectedEvent({ event, form, watchIds }: Notice): MessageInitShape<typeof WatchEventSchema> {
  const { kind, path, zxid, node, dataOmitted, deletedMs = 0 } = event;
  const asked = (form.withData && hasData(kind)) || (form.withPreviousData && hasPrevious(kind));
  const fields = (bytes: Uint8Array | undefined, names: readonly [string, string]) => {
    if (bytes === undefined) return {};
    return form.asText && isUtf8(bytes)
      ? { [names[1]]: Buffer.from(bytes).toString() }
      : { [names[0]]: new Uint8Array(bytes) };
  };
  return {
    watchIds: watchIds.map(BigInt),
    kind: eventKinds[kind],
    path,
    zxid: BigInt(zxid),
    stat: nodeToProto(node),
    ...fields(form.withData ? event.data : undefined, ["data", "text"]),
    ...fields(form.withPreviousData ? event.previousData : undefined, ["previousData", "previousText"]),
    dataOmitted: dataOmitted && asked,
    deletedMs: BigInt(deletedMs),
  };
}

function decoded(bytes: Uint8Array) {
  return fromBinary(WatchResponseSchema, new Uint8Array(bytes));
}

test("what is encoded decodes to what the fields say", () => {
  fc.assert(
    fc.property(message, (told) => {
      expect(decoded(encoder.encode(told))).toEqual(expected(told));
      // The second time, parts of it are remembered.
      expect(decoded(encoder.encode(told))).toEqual(expected(told));
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 300) },
  );
});

test("an event is the same in many messages: alone, with others, for other watches, in other forms", () => {
  fc.assert(
    fc.property(
      event,
      fc.array(fc.tuple(form, number53), { minLength: 1, maxLength: 12 }),
      (event, tellings) => {
        for (const [form, watchId] of tellings) {
          const notices: Notice[] = [{ event, form, watchIds: [watchId] }];
          for (const bookmarkZxid of [undefined, 7]) {
            const told = { added: [], notices, canceled: [], bookmarkZxid, zxidContinues: false, bytes: 0 };
            expect(decoded(encoder.encode(told))).toEqual(expected(told));
          }
        }
      },
    ),
    { numRuns: 100 },
  );
});

describe("an event", () => {
  const { form } = watchSpec("data", "all", { withData: true, withPreviousData: false, asText: false });
  const created: NodeEvent = {
    kind: "nodeCreated",
    path: "/a",
    zxid: 1,
    node: fc.sample(node, { numRuns: 1, seed: 1 })[0]!,
    data: Buffer.from("20"),
    dataOmitted: false,
  };
  const toWatch = (watchId: number, event = created): WatchMessage => ({
    added: [],
    notices: [{ event, form, watchIds: [watchId] }],
    canceled: [],
    bookmarkZxid: undefined,
    zxidContinues: false,
    bytes: 0,
  });

  test("that one watch of each of many streams is told is encoded once, if they have the same id", () => {
    const first = encoder.encode(toWatch(1));
    expect(encoder.encode(toWatch(1))).toBe(first);
    expect(encoder.encode(toWatch(2))).not.toBe(first);
    expect(encoder.encode(toWatch(1, { ...created }))).not.toBe(first);
  });

  test("reads its data once, whoever is told", () => {
    let reads = 0;
    const counted: NodeEvent = {
      ...created,
      get data() {
        reads++;
        return Buffer.from("20");
      },
    };
    encoder.encode(toWatch(1, counted));
    const readsOfOne = reads;
    for (let watchId = 2; watchId < 50; watchId++) encoder.encode(toWatch(watchId, counted));
    expect(reads).toBe(readsOfOne);
  });
});

test("the end of a session with all the ephemeral nodes that it may have fits what gRPC clients take", () => {
  const state = new CoreState();
  const owner = state.session();
  const data = Buffer.alloc(190, "x");
  for (let i = 0; i < ephemeralsPerSessionMax; i++) {
    const path = `/${"instance-of-a-service-with-a-long-name-".padEnd(46, "-")}${String(i).padStart(8, "0")}`;
    state.do({ op: "create", path, data, mode: "ephemeral" }, owner);
  }
  state.close(owner);
  const { form } = watchSpec("persistentRecursive", "all", {
    withData: false,
    withPreviousData: true,
    asText: false,
  });
  const outbox = new Outbox();
  for (const event of eventsOf(state.history.at(-1)!)) {
    if (event.kind === "nodeDeleted") outbox.pushEvent(event, form, 1);
  }
  const notices: Notice[] = [];
  for (let message = outbox.take(); message !== undefined; message = outbox.take()) {
    notices.push(...message.notices);
    const encoded = encoder.encode(message);
    // Counted is no less than what goes out.
    expect(encoded.length).toBeLessThanOrEqual(message.bytes);
    expect(encoded.length).toBeLessThan(4 * 1_048_576);
  }
  expect(notices).toHaveLength(ephemeralsPerSessionMax);
  expect(notices[0]!.event.dataOmitted).toBe(false);
});
