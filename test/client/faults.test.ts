// What a program, or a server, does wrong must be told where somebody can catch it: a client that throws outside of
// promises ends the process, and its session with that. Vitest itself fails a run in which anything is uncaught.
import { inspect } from "node:util";
import { create, toBinary } from "@bufbuild/protobuf";
import { Metadata, Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { KeepAliveEvent, KeepAliveResponseSchema } from "../../gen/ts/corral/v1/session_pb.js";
import { WatchResponseSchema } from "../../gen/ts/corral/v1/watch_pb.js";
import { type ConnectOptions, connect } from "../../src/client/index.ts";
import { connectClient, settle } from "../support/client.ts";
import { definitionOf } from "../support/grpc-definition.ts";
import { startServer } from "../support/start-server.ts";

const uncaught: unknown[] = [];
const note = (error: unknown) => void uncaught.push(error);
beforeEach(() => {
  uncaught.length = 0;
  process.on("uncaughtException", note);
  process.on("unhandledRejection", note);
});
afterEach(async () => {
  await settle(20);
  process.off("uncaughtException", note);
  process.off("unhandledRejection", note);
  expect(uncaught).toEqual([]);
});

const badArguments = { reason: "BAD_ARGUMENTS", code: "INVALID_ARGUMENT" };

describe("a watch that cannot be asked for throws from its iterator, and no other watch notices", () => {
  test.each<[string, string, object]>([
    ["a zxid that is no number", "/a", { afterZxid: Number(undefined) }],
    ["a zxid that is no whole number", "/a", { afterZxid: 1.5 }],
    ["a zxid beyond 64 bits", "/a", { afterZxid: 1e30 }],
    ["an end that is no number", "/a", { throughZxid: Number.NaN }],
    ["a depth that is no whole number", "/a", { depth: 0.5 }],
    ["a path that is no text", undefined as unknown as string, {}],
  ])("%s", async (_what, path, options) => {
    const { port } = await startServer();
    const { client } = await connectClient(`127.0.0.1:${port}`, { namespace: "/" });
    const good = client.watch("/good");
    await good.ready;
    await expect(client.watch(path, options).next()).rejects.toMatchObject(badArguments);
    await client.create("/good");
    expect(await good.next()).toMatchObject({ value: { kind: "nodeCreated", path: "/good" } });
  });
});

describe("options that can never do are refused at once, with the field, and nothing that may be secret", () => {
  const secret = "Bearer eyJhbGciOi.secret.signature\n";
  test.each<[string, Partial<ConnectOptions>, string]>([
    ["an authorization with a line end", { authorization: secret }, "authorization"],
    ["an authorization that is no text", { authorization: 7 as unknown as string }, "authorization"],
    ["an empty endpoint", { endpoints: [""] }, "endpoints"],
    ["no endpoint", { endpoints: [] }, "endpoints"],
    ["an endpoint that is no text", { endpoints: [7181 as unknown as string] }, "endpoints"],
    ["a timeout that is no number", { sessionTimeoutMs: Number.NaN }, "sessionTimeoutMs"],
    ["a timeout with a fraction", { sessionTimeoutMs: 1.5 }, "sessionTimeoutMs"],
    ["a timeout beyond 32 bits", { sessionTimeoutMs: 2 ** 31 }, "sessionTimeoutMs"],
  ])("%s", async (_what, options, field) => {
    const failed = connect({ endpoints: "127.0.0.1:1", ...options });
    await expect(failed).rejects.toMatchObject({ ...badArguments, field });
    await failed.catch((error) => expect(inspect(error)).not.toContain("secret"));
  });

  test("of authorize, too", async () => {
    const { port } = await startServer();
    const { client } = await connectClient(`127.0.0.1:${port}`);
    expect(() => client.authorize(secret)).toThrowError(/^authorization must be/);
    // The one from before stays.
    await client.exists("/");
  });
});

describe("a function for the authorization", () => {
  test("is asked before every call and stream", async () => {
    const { port } = await startServer();
    let user = "ada";
    const authorization = () => `Basic ${Buffer.from(`${user}:x`).toString("base64")}`;
    const { client } = await connectClient(`127.0.0.1:${port}`, { authorization });
    const names = async () => (await client.whoAmI()).map(({ id }) => id.split(":")[0]);
    expect(await names()).toContain("ada");
    user = "bob";
    expect(await names()).toContain("bob");
  });

  test.each<[string, () => string]>([
    [
      "throws",
      () => {
        throw new Error("the file with the token is gone");
      },
    ],
    ["answers what metadata cannot carry", () => "Bearer secret\n"],
  ])("that %s fails calls and watches, and the session is tried again", async (_what, fault) => {
    const { port } = await startServer();
    let isFaulty = true;
    const authorization = () => (isFaulty ? fault() : undefined);
    // Time enough for the connection, also on a busy machine: the fault shows only on one.
    const failed = connect({ endpoints: `127.0.0.1:${port}`, authorization, timeoutMs: 3_000 });
    await expect(failed).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED", cause: badArguments });
    isFaulty = false;
    const { client } = await connectClient(`127.0.0.1:${port}`, { authorization, pipelineFrom: 0 });
    isFaulty = true;
    const calls = [() => client.exists("/"), () => client.create("/a"), () => client.watch("/a").next()];
    for (const call of calls) {
      const error = await call().then(
        () => undefined,
        (caught) => caught,
      );
      expect(error).toMatchObject(badArguments);
      expect(inspect(error)).not.toContain("secret");
    }
    isFaulty = false;
    await client.exists("/");
  });
});

test("what a listener throws, or rejects with, is a warning of the process, and the other listeners are told", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => warned.mockRestore());
  const { port } = await startServer();
  const { client } = await connectClient(`127.0.0.1:${port}`);
  const told: string[] = [];
  client.onState(() => {
    throw new Error("thrown");
  });
  client.onState((async () => {
    throw new Error("rejected");
  }) as () => void);
  client.onState((state) => told.push(state));
  await client.close();
  await settle(5);
  expect(told).toEqual(["closed"]);
  expect(warned.mock.calls.map(([warning]) => (warning as Error).message)).toEqual(["thrown", "rejected"]);
});

test("what onUnreachable throws does not keep the client from trying again", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => warned.mockRestore());
  let tries = 0;
  const onUnreachable = () => {
    tries++;
    throw new Error("thrown");
  };
  const failed = connect({ endpoints: "127.0.0.1:1", onUnreachable, timeoutMs: 3_000 });
  await expect(failed).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  expect(tries).toBeGreaterThan(1);
});

test("a session that is logged does not show its token", async () => {
  const { port, engine } = await startServer();
  const { client } = await connectClient(`127.0.0.1:${port}`);
  const { secret } = engine.tree.session(client.session!.id)!;
  const shown = inspect([client, client.session], { depth: Number.POSITIVE_INFINITY, showHidden: true });
  expect(shown).not.toContain(secret);
});

describe("a server whose answers make no sense", () => {
  type Duplex = ServerDuplexStream<Uint8Array, Uint8Array>;

  /** Grants sessions, and answers watches and calls as it is told. */
  async function foreign(answers: { readonly token?: string; readonly watch?: Uint8Array }): Promise<string> {
    const { exists, keepAlive, watch } = Coordination.method;
    const server = new Server();
    const garbage = () => {
      const metadata = new Metadata();
      metadata.set("grpc-status-details-bin", Buffer.from([0xff, 0xff, 0xff]));
      return { code: 5, details: "no", metadata };
    };
    server.addService(
      {
        exists: definitionOf(Coordination, exists),
        keepAlive: definitionOf(Coordination, keepAlive),
        watch: definitionOf(Coordination, watch),
      },
      {
        exists: (_call: unknown, respond: (error: object) => void) => respond(garbage()),
        keepAlive: (call: Duplex) => {
          const sessionToken = answers.token ?? "t";
          const granted = {
            event: KeepAliveEvent.OPENED,
            sessionId: 1n,
            timeoutMs: 6_000,
            expiresInMs: 6_000,
          };
          call.on("data", () => {
            const answer = create(KeepAliveResponseSchema, { ...granted, sessionToken });
            call.write(toBinary(KeepAliveResponseSchema, answer));
          });
          call.on("end", () => call.end());
        },
        watch: (call: Duplex) => {
          call.once("data", () =>
            answers.watch === undefined ? call.emit("error", garbage()) : call.write(answers.watch),
          );
        },
      },
    );
    const port = await new Promise<number>((resolve) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_error, bound) => resolve(bound));
    });
    onTestFinished(() => server.forceShutdown());
    return `127.0.0.1:${port}`;
  }

  test("fails its watches: an event without a Stat", async () => {
    const event = { watchIds: [1n], path: "/a", kind: 1, zxid: 7n };
    const message = create(WatchResponseSchema, { added: [{ watchId: 1n, zxid: 1n }], events: [event] });
    const { client } = await connectClient(await foreign({ watch: toBinary(WatchResponseSchema, message) }));
    const next = client.watch("/a").next();
    await expect(next).rejects.toMatchObject({
      reason: "UNKNOWN",
      message: expect.stringContaining("makes no sense"),
    });
  });

  test.each(["a call", "a watch"])("fails %s: details that are none", async (what) => {
    const { client } = await connectClient(await foreign({}));
    const failed = what === "a call" ? client.look("/a") : client.watch("/a").next();
    await expect(failed).rejects.toMatchObject({ reason: "UNKNOWN", code: "NOT_FOUND" });
  });

  test("fails writes, without quoting it: a token that metadata cannot carry", async () => {
    const { client } = await connectClient(await foreign({ token: "secret\n" }));
    const failed = client.create("/a");
    await expect(failed).rejects.toMatchObject({ ...badArguments, field: "corral-session" });
    await failed.catch((error) => expect(inspect(error)).not.toContain("secret"));
  });
});

test("options that only the transport can judge fail the connection, and end nothing", async () => {
  const credentials = {} as NonNullable<ConnectOptions["credentials"]>;
  const failed = connect({ endpoints: "127.0.0.1:1", credentials, timeoutMs: 100 });
  await expect(failed).rejects.toMatchObject(badArguments);
});
