import { create, type DescMessage, fromBinary, isMessage, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CreateRequestSchema, SetAclRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { PipelineRequestSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { TransactRequestSchema } from "../../gen/ts/corral/v1/transact_pb.js";
import { WatchRequestSchema } from "../../gen/ts/corral/v1/watch_pb.js";
import type { Refusal, Refused } from "../../src/core/refusal.ts";
import { decode } from "../../src/grpc/adapter/message.ts";
import { faultInParts } from "../../src/grpc/adapter/message-parts.ts";
import { messageBytesMax, messageDepthMax, messagePartsMax } from "../../src/limits.ts";

const tooLarge = { reason: "MESSAGE_TOO_LARGE", facts: { limit: messagePartsMax } };
const malformed = { reason: "MALFORMED_REQUEST" };

function refusalOf(schema: DescMessage, bytes: Uint8Array): Refusal | undefined {
  try {
    decode(schema, bytes);
    return undefined;
  } catch (error) {
    return (error as Refused).refusal;
  }
}

/** A field that is a message or bytes. */
function field(number: number, ...content: Uint8Array[]): Buffer {
  const inside = Buffer.concat(content);
  return Buffer.concat([Buffer.from([...varint(8 * number + 2), ...varint(inside.length)]), inside]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** As many of them as a message can have. */
function filled(part: readonly number[]): Buffer {
  const bytes = messageBytesMax - 100;
  return Buffer.alloc(bytes - (bytes % part.length), Uint8Array.from(part));
}

const group = Buffer.from([...varint(99 * 8 + 3), ...varint(99 * 8 + 4)]);

test.each<[string, DescMessage, Uint8Array]>([
  ["two million operations of a transaction", TransactRequestSchema, filled([0x12, 0])],
  ["the same behind an empty group", TransactRequestSchema, Buffer.concat([group, filled([0x12, 0])])],
  ["fields that nobody knows", CreateRequestSchema, filled([0x78, 1])],
  ["fields inside a group", CreateRequestSchema, Buffer.concat([group.subarray(0, 2), filled([0x78, 1])])],
  ["access entries of one create", TransactRequestSchema, field(2, field(1, filled([0x2a, 0])))],
  ["operations of a transaction in a pipeline", PipelineRequestSchema, field(1, field(8, filled([0x12, 0])))],
  ["packed permissions", SetAclRequestSchema, field(2, field(2, filled([1])))],
  ["packed ids of watches", WatchRequestSchema, field(2, filled([5]))],
])("%s are refused before they are decoded", (_what, schema, bytes) => {
  expect(refusalOf(schema, bytes)).toMatchObject(tooLarge);
});

test("parts of all levels count together", () => {
  const one = field(1, field(8, field(2)));
  const atMost = Buffer.alloc(one.length * Math.floor(messagePartsMax / 3), one);
  expect(decode(PipelineRequestSchema, atMost).operations).toHaveLength(Math.floor(messagePartsMax / 3));
  expect(refusalOf(PipelineRequestSchema, Buffer.concat([atMost, one]))).toMatchObject(tooLarge);
});

test("the data of a node are no parts, whatever they look like", () => {
  const data = filled([0x12, 0]).subarray(0, 1_048_576);
  const bytes = toBinary(CreateRequestSchema, create(CreateRequestSchema, { path: "/a", data }));
  expect(decode(CreateRequestSchema, bytes).data).toHaveLength(data.length);
});

describe("a long message that the decoder would read in another way than others do is malformed:", () => {
  const rest = filled([0x12, 0]);
  test.each<[string, Uint8Array]>([
    ["a length in a field of numbers", Buffer.concat([field(2, field(1, Buffer.from([0x32, 0]))), rest])],
    ["a number in a field of messages", Buffer.concat([Buffer.from([0x10, ...varint(rest.length)]), rest])],
    ["a part that is longer than what it is in", Buffer.concat([Buffer.from([0x12, 2, 0x0a, 100]), rest])],
    ["a length that is longer than 32 bits", Buffer.concat([Buffer.from([0x12, ...varint(2 ** 32)]), rest])],
    ["a tag that is longer than 32 bits", Buffer.concat([Buffer.from(varint(2 ** 35 + 0x12)), rest])],
    ["the end of another group", Buffer.concat([Buffer.from([0x7b]), group.subarray(2), rest])],
    ["the end of a group that never began", Buffer.concat([group.subarray(2), rest])],
    ["nested groups", filled([0x7b])],
    ["a varint without an end", filled([0x80])],
  ])("%s", (_what, bytes) => {
    expect(refusalOf(TransactRequestSchema, bytes)).toMatchObject(malformed);
  });

  test("levels beyond those of any message of ours", () => {
    const groups = [Buffer.alloc(messageDepthMax, 0x7b), Buffer.alloc(messageDepthMax, 0x7c)];
    expect(faultInParts(TransactRequestSchema, Buffer.concat(groups), 40)).toBeUndefined();
    groups.push(Buffer.of(0x7c));
    expect(
      faultInParts(TransactRequestSchema, Buffer.concat([Buffer.of(0x7b), ...groups]), 40),
    ).toMatchObject({
      malformed: expect.stringContaining(String(messageDepthMax)),
    });
  });
});

test("no message has more parts when it is decoded than were counted", () => {
  // Tags that mean something at some level, with all wire types, between lengths that fit now and then.
  const byte = fc.oneof(
    fc.integer({ min: 1, max: 10 }).chain((n) => fc.integer({ min: 0, max: 5 }).map((type) => 8 * n + type)),
    fc.integer({ min: 0, max: 12 }),
    fc.constantFrom(0x0a, 0x12, 0x2a, 0x42),
  );
  const schema = fc.constantFrom<DescMessage>(
    TransactRequestSchema,
    PipelineRequestSchema,
    SetAclRequestSchema,
    WatchRequestSchema,
  );
  const limit = 4;
  let read = 0;
  fc.assert(
    fc.property(schema, fc.array(byte, { maxLength: 40 }), (message, bytes) => {
      if (faultInParts(message, Uint8Array.from(bytes), limit) !== undefined) return;
      const parts = decodedParts(message, Uint8Array.from(bytes));
      if (parts === undefined) return;
      read++;
      expect(parts).toBeLessThanOrEqual(limit);
    }),
    { numRuns: 20_000 },
  );
  expect(read).toBeGreaterThan(500);
});

/** Undefined for what is no valid message. */
function decodedParts(schema: DescMessage, bytes: Uint8Array): number | undefined {
  try {
    return partsOf(fromBinary(schema, bytes)) - 1;
  } catch {
    return undefined;
  }
}

/** Messages, and elements of lists, in a decoded message. */
function partsOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + Math.max(1, partsOf(each)), 0);
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return 0;
  const inside = Object.entries(value).filter(([name]) => name !== "$unknown");
  return inside.reduce<number>((sum, [, each]) => sum + partsOf(each), isMessage(value) ? 1 : 0);
}
