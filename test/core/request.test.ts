import { expect, test } from "vitest";
import { holderOf } from "../../src/core/request.ts";
import { bytesOf, RequestMemory } from "../../src/core/request-memory.ts";
import { Staging } from "../../src/core/staging.ts";
import {
  forgottenPerRequestMax,
  rememberedRequestAgeMaxMs,
  rememberedRequestsBytesMax,
  rememberedRequestsMax,
} from "../../src/limits.ts";
import { newTree } from "../support/core-state.ts";

function request(zxid: number, { answer = "", timeMs = 0, holder = "" } = {}) {
  return { key: `k${zxid}`, fingerprint: "f", zxid, timeMs, answer, holder };
}

/** Remembers a request as a change would have it, and answers what is forgotten for it. */
function put(
  memory: RequestMemory,
  next: ReturnType<typeof request>,
  jumps: { zxid: number; ms: number }[] = [],
) {
  const forgotten = memory.excess(bytesOf(next), { wallMs: next.timeMs, jumps });
  for (const zxid of forgotten) memory.forget(zxid);
  memory.put(next);
  return forgotten;
}

function zxidsIn(memory: RequestMemory): number[] {
  return [...memory.values()].map(({ zxid }) => zxid);
}

test("the oldest are forgotten when there are too many", () => {
  const memory = new RequestMemory();
  for (let zxid = 1; zxid <= rememberedRequestsMax + 2; zxid++) put(memory, request(zxid));
  expect(zxidsIn(memory)[0]).toBe(3);
  expect(zxidsIn(memory)).toHaveLength(rememberedRequestsMax);
  expect(memory.get("k2")).toBeUndefined();
});

test("the oldest are forgotten when they take too much", () => {
  const memory = new RequestMemory();
  const half = { answer: "x".repeat(rememberedRequestsBytesMax / 2 - 10) };
  for (const zxid of [1, 2, 3]) put(memory, request(zxid, half));
  expect(zxidsIn(memory)).toEqual([2, 3]);
});

test("the oldest are forgotten when they are too old, whoever holds them", () => {
  const memory = new RequestMemory();
  put(memory, request(1, { holder: "a" }));
  put(memory, request(2, { timeMs: 1, holder: "b" }));
  put(memory, request(3, { timeMs: rememberedRequestAgeMaxMs + 1, holder: "c" }));
  expect(zxidsIn(memory)).toEqual([2, 3]);
});

test("a jump of the wall clock ages nothing", () => {
  const memory = new RequestMemory();
  const yearMs = 365 * 86_400_000;
  put(memory, request(1, { timeMs: 1_000 }));
  put(memory, request(2, { timeMs: 2_000 + yearMs }), [{ zxid: 1, ms: yearMs }]);
  expect(zxidsIn(memory)).toEqual([1, 2]);
  const back = [
    { zxid: 1, ms: yearMs },
    { zxid: 2, ms: -yearMs },
  ];
  put(memory, request(3, { timeMs: 1_500 + rememberedRequestAgeMaxMs }), back);
  expect(zxidsIn(memory)).toEqual([2, 3]);
});

test("one holder does not make those of others forgotten, however much it asks for", () => {
  const memory = new RequestMemory();
  let zxid = 0;
  for (let others = 0; others < 1_000; others++) put(memory, request(++zxid, { holder: `10.0.${others}` }));
  const large = { answer: "x".repeat(100_000), holder: "mallory" };
  for (let times = 0; times < 1_000; times++) put(memory, request(++zxid, large));
  for (let times = 0; times < rememberedRequestsMax; times++)
    put(memory, request(++zxid, { holder: "mallory" }));
  expect([...memory.values()].filter(({ holder }) => holder !== "mallory")).toHaveLength(1_000);
  expect(zxidsIn(memory).length).toBeLessThanOrEqual(rememberedRequestsMax);
});

test("a newcomer has room, and those who hold little lose nothing for it", () => {
  const memory = new RequestMemory();
  let zxid = 0;
  for (let times = 0; times < rememberedRequestsMax - 10; times++)
    put(memory, request(++zxid, { holder: "big" }));
  for (let times = 0; times < 10; times++) put(memory, request(++zxid, { holder: "small" }));
  const forgotten = Array.from({ length: 100 }, () => put(memory, request(++zxid, { holder: "new" })));
  expect(forgotten.flat()).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
});

test("one request makes a bounded number forgotten; the next goes on", () => {
  const memory = new RequestMemory();
  let zxid = 0;
  for (let times = 0; times < rememberedRequestsMax; times++) put(memory, request(++zxid));
  const huge = { answer: "x".repeat(rememberedRequestsBytesMax - 100_000) };
  expect(put(memory, request(++zxid, huge))).toHaveLength(forgottenPerRequestMax);
  expect(put(memory, request(++zxid))).toHaveLength(forgottenPerRequestMax);
});

test.each([
  [undefined, ""],
  ["10.0.0.1", "10.0.0.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::9", "2001:db8:1:2"],
  ["::ffff:10.0.0.1", "a00:1"],
  ["::1", "0:0:0:0"],
])("the holder of a request from %s is %j", (address, holder) => {
  expect(holderOf(address)).toBe(holder);
});

test("what staged changes made of the memory is undone when they do not happen", () => {
  const tree = newTree();
  for (let zxid = 1; zxid <= 3; zxid++) tree.putRequest(request(zxid));
  const staging = new Staging(tree);
  staging.takeInRequests();
  staging.begin(4);
  staging.forgetRequest(1);
  staging.putRequest(request(4));
  staging.settle(4);
  staging.begin(5);
  staging.forgetRequest(2);
  staging.forgetRequest(4);
  staging.putRequest(request(5));
  staging.clear();
  expect(zxidsIn(staging.requestMemory).sort()).toEqual([2, 3, 4]);
  expect(staging.request("k5")).toBeUndefined();
  expect(staging.request("k4")?.zxid).toBe(4);
});
