import { expect, test } from "vitest";
import { RequestMemory } from "../../src/core/request.ts";
import {
  rememberedRequestAgeMaxMs,
  rememberedRequestsBytesMax,
  rememberedRequestsMax,
} from "../../src/limits.ts";

function request(zxid: number, { answer = "", timeMs = 0 } = {}) {
  return { key: `k${zxid}`, fingerprint: "f", zxid, timeMs, answer };
}

test("the oldest are forgotten when there are too many", () => {
  const memory = new RequestMemory();
  for (let zxid = 1; zxid <= rememberedRequestsMax + 2; zxid++) memory.put(request(zxid));
  expect([1, 2, 3].map((zxid) => memory.get(`k${zxid}`)?.zxid)).toEqual([undefined, undefined, 3]);
});

test("the oldest are forgotten when they take too much", () => {
  const memory = new RequestMemory();
  const half = { answer: "x".repeat(rememberedRequestsBytesMax / 2) };
  for (const zxid of [1, 2, 3]) memory.put(request(zxid, half));
  expect([1, 2, 3].map((zxid) => memory.get(`k${zxid}`)?.zxid)).toEqual([undefined, undefined, 3]);
});

test("the oldest are forgotten when they are too old", () => {
  const memory = new RequestMemory();
  memory.put(request(1));
  memory.put(request(2, { timeMs: 1 }));
  memory.put(request(3, { timeMs: rememberedRequestAgeMaxMs + 1 }));
  expect([1, 2, 3].map((zxid) => memory.get(`k${zxid}`)?.zxid)).toEqual([undefined, 2, 3]);
});
