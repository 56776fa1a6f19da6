import { expect, test } from "vitest";
import { Limiter } from "../../src/client/limiter.ts";
import { Queue } from "../../src/client/queue.ts";

test("who has given up while waiting takes nobody's place", async () => {
  const limiter = new Limiter(1);
  const patient = new AbortController().signal;
  const given = new AbortController();
  expect(limiter.enter(patient)).toBeUndefined();
  const impatient = limiter.enter(given.signal);
  const second = limiter.enter(patient);
  given.abort(new Error("enough"));
  await expect(impatient).rejects.toThrow("enough");
  limiter.leave();
  await second;
  limiter.leave();
  expect(limiter.enter(patient)).toBeUndefined();
  await expect(limiter.enter(given.signal)).rejects.toThrow("enough");
});

test("a queue gives what it was given, in order", () => {
  const queue = new Queue<number>();
  const taken: (number | undefined)[] = [];
  for (let i = 0; i < 1_000; i++) {
    queue.push(i);
    if (i % 3 === 0) taken.push(queue.shift());
  }
  expect([queue.size, queue.head]).toEqual([666, 334]);
  while (queue.size > 0) taken.push(queue.shift());
  expect(taken).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  expect([queue.shift(), queue.head]).toEqual([undefined, undefined]);
});
