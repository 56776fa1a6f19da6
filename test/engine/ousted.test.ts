import { expect, test } from "vitest";
import { TestEngine } from "../support/engine.ts";

test("a session that an operator could not end, because the disk was full, is told that its own client closed it", async () => {
  const { engine, journal } = await TestEngine.start();
  const { session } = await engine.openSession(0);
  const causes: string[] = [];
  const listener = {
    moved: () => {},
    ended: (cause: string) => causes.push(cause),
    ephemeralsLost: () => {},
  };
  await engine.attach(session, 0, listener);
  journal.failNext("full");
  await expect(engine.expireSession(session.id, {})).rejects.toMatchObject({
    refusal: { reason: "DISK_FULL" },
  });
  expect(engine.tree.session(session.id)).toBeDefined();
  await engine.closeSession(session);
  expect(causes).toEqual(["closed"]);
  await engine.stop();
});
