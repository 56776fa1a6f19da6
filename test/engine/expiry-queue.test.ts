import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExpiryQueue } from "../../src/engine/expiry-queue.ts";

const intervalMs = 500;

describe("ExpiryQueue", () => {
  test("an item is due in the first turn after its deadline, and not before it", () => {
    const queue = new ExpiryQueue<{ deadlineMs: number }>(intervalMs, 0);
    const item = { deadlineMs: 1_001 };
    queue.put(item);
    expect(queue.takeDue(1_000)).toEqual([]);
    expect(queue.takeDue(1_499)).toEqual([]);
    expect(queue.takeDue(1_500)).toEqual([item]);
    expect(queue.size).toBe(0);
  });

  test("a deadline that moved away is carried along without being put again", () => {
    const queue = new ExpiryQueue<{ deadlineMs: number }>(intervalMs, 0);
    const item = { deadlineMs: 1_000 };
    queue.put(item);
    item.deadlineMs = 2_750;
    for (const nowMs of [1_000, 1_500, 2_500, 2_750]) expect(queue.takeDue(nowMs)).toEqual([]);
    expect(queue.takeDue(3_000)).toEqual([item]);
  });

  test("a removed item is not due; one put again is due once", () => {
    const queue = new ExpiryQueue<{ deadlineMs: number }>(intervalMs, 0);
    const [kept, removed] = [{ deadlineMs: 700 }, { deadlineMs: 700 }];
    queue.put(kept);
    queue.put(removed);
    queue.put(kept);
    queue.remove(removed);
    queue.remove(removed);
    expect(queue.takeDue(5_000)).toEqual([kept]);
  });

  test("a deadline in the past is due in the next turn", () => {
    const queue = new ExpiryQueue<{ deadlineMs: number }>(intervalMs, 10_000);
    const item = { deadlineMs: 3 };
    queue.put(item);
    expect(queue.takeDue(10_499)).toEqual([]);
    expect(queue.takeDue(10_500)).toEqual([item]);
  });

  test("every item comes out between its deadline and one interval later, whatever the times", () => {
    const items = fc.array(fc.record({ deadlineMs: fc.integer({ min: 1, max: 20_000 }) }), { maxLength: 50 });
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: intervalMs }), (all, stepMs) => {
        const queue = new ExpiryQueue<{ deadlineMs: number }>(intervalMs, 0);
        for (const item of all) queue.put(item);
        let count = 0;
        for (let nowMs = 0; nowMs <= 21_000; nowMs += stepMs) {
          for (const { deadlineMs } of queue.takeDue(nowMs)) {
            count++;
            expect(nowMs).toBeGreaterThanOrEqual(deadlineMs);
            expect(nowMs).toBeLessThan(deadlineMs + intervalMs + stepMs);
          }
        }
        expect(count).toBe(all.length);
      }),
      { numRuns: 30 },
    );
  });

  test("a turn looks at one bucket of fifty thousand sessions that beat", () => {
    const timeoutMs = 30_000;
    let looks = 0;
    class Session {
      heardMs = 0;
      get deadlineMs(): number {
        looks++;
        return this.heardMs + timeoutMs;
      }
    }
    const queue = new ExpiryQueue<Session>(intervalMs, 0);
    const sessions = Array.from({ length: 50_000 }, () => new Session());
    sessions.forEach((session, i) => {
      session.heardMs = i % timeoutMs;
      queue.put(session);
    });
    // Everybody beats every ten seconds, so nothing is ever due.
    const counts: number[] = [];
    for (let nowMs = timeoutMs; nowMs < 5 * timeoutMs; nowMs += intervalMs) {
      for (const session of sessions) if (nowMs - session.heardMs >= 10_000) session.heardMs = nowMs;
      looks = 0;
      expect(queue.takeDue(nowMs)).toEqual([]);
      counts.push(looks);
    }
    const average = counts.reduce((a, b) => a + b) / counts.length;
    expect(average).toBeLessThan(10_000);
  });
});

test("a clock that is set back makes nothing late, and one that jumps ahead costs no more than what is filed", () => {
  const queue = new ExpiryQueue<{ readonly deadlineMs: number }>(100, 1_000_000);
  const [before, after] = [{ deadlineMs: 1_000_500 }, { deadlineMs: 500 }];
  queue.put(before);
  // The clock now shows 0.
  queue.put(after);
  expect(queue.takeDue(400)).toEqual([]);
  expect(queue.takeDue(500)).toEqual([after]);
  expect(queue.takeDue(1_000_400)).toEqual([]);
  expect(queue.takeDue(1e15)).toEqual([before]);
});

test("as many as asked for are taken, and the rest next time", () => {
  const queue = new ExpiryQueue<{ readonly deadlineMs: number }>(100, 0);
  const items = Array.from({ length: 5 }, (_, i) => ({ deadlineMs: 150 + i }));
  for (const item of items) queue.put(item);
  expect(queue.takeDue(300, 2)).toEqual(items.slice(0, 2));
  queue.put({ deadlineMs: 90 });
  expect(queue.takeDue(300, 3)).toEqual(items.slice(2));
  expect(queue.takeDue(300)).toEqual([{ deadlineMs: 90 }]);
  expect(queue.size).toBe(0);
});
