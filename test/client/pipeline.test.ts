// One stream of operations, with its other end in the hands of the test.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { beforeEach, expect, test } from "vitest";
import {
  ExistsRequestSchema,
  type ExistsResponse,
  ExistsResponseSchema,
} from "../../gen/ts/corral/v1/node_pb.js";
import { PipelineRequestSchema, PipelineResponseSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { CorralError } from "../../src/client/errors.ts";
import { pipelineMessageBytes, pipelineMessageOperationsMax } from "../../src/client/limits.ts";
import type { StreamListener } from "../../src/client/link-stream.ts";
import { Pipeline, unanswered } from "../../src/client/pipeline.ts";
import { settle } from "../support/client.ts";

let pipeline: Pipeline;
let other: StreamListener<Uint8Array>;
/** Operations and bytes of each message; `sent` lets the next one go. */
let messages: { readonly operations: number; readonly bytes: number }[];
let sent: () => void;
let cancelled: boolean;
let ends: (CorralError | undefined)[];
let lost: number;

beforeEach(() => {
  messages = [];
  ends = [];
  lost = 0;
  cancelled = false;
  pipeline = new Pipeline(
    (listener) => {
      other = listener;
      return {
        send(message, taken) {
          messages.push({
            operations: fromBinary(PipelineRequestSchema, message).operations.length,
            bytes: message.length,
          });
          sent = taken;
        },
        cancel() {
          cancelled = true;
        },
      };
    },
    (error) => ends.push(error),
  );
});

function exists(signal = new AbortController().signal, request = new Uint8Array()): Promise<unknown> {
  const call = { signal, lost: () => lost++ };
  return pipeline.do({ name: "exists", request }, ExistsResponseSchema, call);
}

function answer(...zxids: bigint[]): void {
  other.received(responseOf(...zxids));
}

function responseOf(...zxids: bigint[]): Uint8Array {
  const results = zxids.map((zxid) => ({ result: { case: "exists" as const, value: { zxid } } }));
  return toBinary(PipelineResponseSchema, create(PipelineResponseSchema, { results }));
}

test("what is asked for in one turn goes out together, and what comes then follows when there is room", async () => {
  const asked = [exists(), exists()];
  expect(messages).toEqual([]);
  await settle(1);
  expect(messages).toMatchObject([{ operations: 2 }]);
  asked.push(exists(), exists(), exists());
  await settle(1);
  expect(messages).toHaveLength(1);
  sent();
  expect(messages).toMatchObject([{ operations: 2 }, { operations: 3 }]);
  answer(1n);
  answer(2n, 3n, 4n, 5n);
  expect((await Promise.all(asked)).map((said) => Number((said as ExistsResponse).zxid))).toEqual([
    1, 2, 3, 4, 5,
  ]);
  expect(pipeline.isIdle).toBe(true);
});

test("a message is bounded in operations and in bytes", async () => {
  const path = "a".repeat(pipelineMessageBytes / 4);
  const large = toBinary(ExistsRequestSchema, create(ExistsRequestSchema, { path }));
  for (let i = 0; i < pipelineMessageOperationsMax + 1; i++) void exists();
  await settle(1);
  sent();
  for (let i = 0; i < 10; i++) void exists(undefined, large);
  sent();
  expect(messages.map(({ operations }) => operations)).toEqual([pipelineMessageOperationsMax, 1, 4]);
});

test("who gives up in time is not sent, and later takes nobody else's answer", async () => {
  const [early, late] = [new AbortController(), new AbortController()];
  const asked = [exists(late.signal), exists(early.signal), exists()];
  early.abort(new Error("early"));
  await expect(asked[1]).rejects.toThrow("early");
  expect(lost).toBe(0);
  await settle(1);
  expect(messages).toMatchObject([{ operations: 2 }]);
  late.abort(new Error("late"));
  await expect(asked[0]).rejects.toThrow("late");
  expect(lost).toBe(1);
  answer(1n, 2n);
  expect(await asked[2]).toMatchObject({ zxid: 2n });
  await expect(exists(late.signal)).rejects.toThrow("late");
});

test("a stream that breaks leaves everybody without an answer, and says who had been sent", async () => {
  const asked = [exists(), exists()];
  await settle(1);
  asked.push(exists());
  const error = new CorralError("CONNECTION_LOST", "cut");
  other.ended(error);
  expect(await Promise.all(asked)).toEqual([unanswered, unanswered, unanswered]);
  expect([lost, ends, pipeline.isOpen]).toEqual([2, [error], false]);
});

test.each([
  ["is more than was asked for", responseOf(1n, 2n)],
  ["is what this client does not know", Uint8Array.of(0x0a, 0x03, 0xfa, 0x07, 0x00)],
  ["is no message at all", Uint8Array.of(0x0a, 0x05, 0x01)],
  ["has a result that is no message", Uint8Array.of(0x0a, 0x03, 0x22, 0x01, 0x08)],
])("an answer that %s breaks it", async (_, bytes) => {
  const asked = exists();
  await settle(1);
  other.received(bytes);
  expect(ends).toMatchObject([{ reason: "UNKNOWN" }]);
  expect([cancelled, pipeline.isOpen]).toEqual([true, false]);
  const said = await asked;
  if (said !== unanswered) expect(said).toMatchObject({ zxid: 1n });
});

test("one that is retired ends when nobody waits any more", async () => {
  const given = new AbortController();
  const asked = [exists(), exists(given.signal)];
  await settle(1);
  pipeline.retire();
  answer(1n);
  expect([pipeline.isOpen, cancelled]).toEqual([false, false]);
  given.abort(new Error("enough"));
  expect([cancelled, ends]).toEqual([true, [undefined]]);
  await Promise.allSettled(asked);
});
