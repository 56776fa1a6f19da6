import { expect, test } from "vitest";
import {
  KeepAliveEvent,
  KeepAliveRequestSchema,
  KeepAliveResponseSchema,
} from "../../gen/ts/corral/v1/session_pb.js";
import { LifeLine } from "../../src/client/life-line.ts";
import { FakeLink } from "../support/fake-link.ts";
import { ManualClock } from "../support/manual-clock.ts";

function open() {
  const clock = new ManualClock();
  const fake = new FakeLink(KeepAliveRequestSchema, KeepAliveResponseSchema);
  const told: unknown[] = [];
  const listener = {
    granted: (_: unknown, sentMs: number) => told.push(sentMs),
    ephemeralLost: (path: string, zxid: number) => told.push(`${path} ${zxid}`),
  };
  return { clock, fake, told, line: new LifeLine(fake.link, clock, listener, { timeoutMs: 6_000 }) };
}

test("an answer counts from when the server was asked, however late it comes and whatever comes between", () => {
  const { clock, fake, told, line } = open();
  clock.advance(100);
  line.beat();
  clock.advance(100);
  line.beat();
  clock.advance(100);
  fake.answer({ event: KeepAliveEvent.OPENED });
  fake.answer({ event: KeepAliveEvent.EPHEMERAL_LOST, path: "/e", zxid: 7n });
  fake.answer({ event: KeepAliveEvent.ALIVE });
  clock.advance(100);
  fake.answer({ event: KeepAliveEvent.ALIVE });
  // Nobody asked for this one.
  fake.answer({ event: KeepAliveEvent.ALIVE });
  expect(told).toEqual([0, "/e 7", 100, 200]);
  expect(fake.sent).toEqual([{ timeoutMs: 6_000 }, {}, {}]);
});

test("nodes that were lost in one change are told one by one", () => {
  const { fake, told } = open();
  const lost = { event: KeepAliveEvent.EPHEMERAL_LOST, path: "/a", morePaths: ["/b", "/c"], zxid: 7n };
  fake.answer(lost);
  expect(told).toEqual(["/a 7", "/b 7", "/c 7"]);
});

test("a line that was given up tells nothing more and asks for nothing", async () => {
  const { fake, told, line } = open();
  line.cancel();
  line.beat();
  fake.answer({ event: KeepAliveEvent.OPENED });
  expect([told, fake.sent.length, fake.cancelled]).toEqual([[], 1, true]);
  expect(await line.ended).toBeUndefined();
});
