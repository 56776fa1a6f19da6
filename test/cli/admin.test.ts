// What operators see of a server and do to it: sessions, expire, drain, log-level.
import { beforeEach, describe, expect, test } from "vitest";
import { type Corral, startCorral } from "./corral.ts";

let corral: Corral;

beforeEach(async () => {
  corral = await startCorral();
});

async function open(timeoutMs: number, owner = ""): Promise<number> {
  return (await corral.server.engine.openSession(timeoutMs, owner)).session.id;
}

describe("sessions", () => {
  test("prints them all, by id or by their end", async () => {
    const long = await open(20_000, "billing-7");
    const holder = corral.start(["create", "-e", "/e", "--hold"]);
    await holder.line("/e");
    const short = await open(4_000);
    const rows = async (...flags: string[]) =>
      (await corral.ok("sessions", ...flags)).split("\n").map((line) => line.split(/ +/).filter(Boolean));
    const [titles, first, second, third] = await rows();
    const columns = "session state expires timeout ephemerals watches peer owner";
    expect(titles).toEqual(columns.split(" "));
    expect(first).toEqual([`${long}`, "detached", "20.0s", "20.0s", "0", "0", "-", "billing-7"]);
    expect(second).toEqual([
      expect.any(String),
      "attached",
      "10.0s",
      "10.0s",
      "1",
      "0",
      expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    ]);
    expect(third).toEqual([`${short}`, "detached", "4.0s", "4.0s", "0", "0", "-"]);
    expect(await rows("--expiring")).toEqual([titles, third, second, first]);
    expect(await rows("--within", "5s")).toEqual([titles, third]);
    holder.interrupt();
    await holder.finished;
  });

  test("keeps an owner on its row, and the terminal from obeying it", async () => {
    await open(4_000, "a\n\u001b[2Jb");
    expect((await corral.ok("sessions")).split("\n")[1]).toMatch(/- +a\\u000a\\u001b\[2Jb$/);
  });

  test("prints JSON", async () => {
    const sessionId = await open(4_000, "billing-7");
    expect(JSON.parse(await corral.ok("-o", "json", "sessions"))).toEqual([
      {
        sessionId,
        owner: "billing-7",
        timeoutMs: 4_000,
        state: "detached",
        expiresInMs: 4_000,
        peer: "",
        identities: [],
        ephemeralNodes: 0,
        watchStreams: 0,
        watches: 0,
      },
    ]);
  });
});

describe("expire", () => {
  test("ends a session, whose holder is told", async () => {
    const holder = corral.start(["create", "-e", "/e", "--hold"]);
    await holder.line("/e");
    const [{ sessionId }] = JSON.parse(await corral.ok("-o", "json", "sessions"));
    expect(await corral.ok("expire", `${sessionId}`)).toBe(`expired ${sessionId}`);
    expect(await holder.finished).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/session expired/),
    });
    expect(corral.server.engine.tree.node("/e")).toBeUndefined();
    expect(await corral.run(["expire", `${sessionId}`])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^corral: no session: /),
    });
  });

  test.each(["0", "-1", "x", "1.5"])("%s is no session", async (id) => {
    expect(await corral.run(["expire", "--", id])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/ID must be a whole number from 1 to/),
    });
  });
});

describe("drain", () => {
  test("begins, and is taken back", async () => {
    await open(4_000);
    expect(await corral.ok("drain")).toBe("draining: 1 session, 1 connection");
    expect(await corral.run(["create", "-e", "/e", "--hold", "--timeout", "200ms"])).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/^corral: draining: .*; `corral drain --off` ends that\n$/),
    });
    expect(JSON.parse(await corral.ok("drain", "--off", "-o", "json"))).toMatchObject({
      draining: false,
      sessions: 1,
    });
    expect(corral.server.engine.draining).toBe(false);
  });

  test("waits until the last session is gone", async () => {
    const { engine } = corral.server;
    const id = await open(4_000);
    const draining = corral.start(["drain", "--wait", "-o", "ndjson"]);
    await expect.poll(() => engine.draining).toBe(true);
    await engine.closeSession(engine.tree.session(id)!);
    expect(await draining.finished).toEqual({
      code: 0,
      stdout: '{"draining":true,"sessions":0}',
      stderr: "",
    });
  });

  test("is interrupted by ctrl-C, and says what is left", async () => {
    const { engine } = corral.server;
    await open(4_000);
    const counted = Promise.withResolvers<void>();
    const { sessions } = engine;
    const list = sessions.list.bind(sessions);
    sessions.list = (...args) => {
      counted.resolve();
      return list(...args);
    };
    const draining = corral.start(["drain", "--wait"]);
    await counted.promise;
    draining.interrupt();
    expect(await draining.finished).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/^corral: interrupted; .*the server drains until `drain --off`\n$/),
    });
    expect(engine.draining).toBe(true);
  });

  test("in a shell, does not wait for the shell's own session", async () => {
    expect(await corral.run(["shell"], "drain --wait\n")).toMatchObject({
      code: 0,
      stdout: "drained: no session is left",
    });
  });

  test("takes --off or --wait", async () => {
    expect((await corral.run(["drain", "--off", "--wait"])).code).toBe(2);
    expect(corral.server.engine.draining).toBe(false);
  });
});

test("log-level sets the level, and says what it was", async () => {
  expect(await corral.ok("log-level", "DEBUG")).toBe("debug, was info");
  expect(await corral.ok("log-level", "info", "-o", "ndjson")).toBe('{"level":"info","previous":"debug"}');
  expect(await corral.run(["log-level", "dbug"])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /must be one of error, warn, info, debug, not "dbug" \(did you mean debug\?\)/,
    ),
  });
});
