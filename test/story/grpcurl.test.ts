import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { skipUnless, toolPath } from "../support/tools.ts";
import { finish, startProgram, temporaryFolder } from "./programs.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

// grpcurl exits with 64 plus the gRPC code.
const code = { INVALID_ARGUMENT: 67, NOT_FOUND: 69, FAILED_PRECONDITION: 73, ABORTED: 74 };

skipUnless("grpcurl")("the story with grpcurl, which learns the contract by reflection", () => {
  test("lists the services and describes a request", async () => {
    const { address } = await start(temporaryFolder());
    const services = await finish(grpcurl(["-plaintext", address, "list"]));
    expect(services.stdout.split("\n")).toContain("corral.v1.Coordination");
    const message = await finish(grpcurl(["-plaintext", address, "describe", "corral.v1.CreateRequest"]));
    expect(message.stdout).toContain("string path = 1;");
  });

  test("is told in plain text, and is still true after a restart", async () => {
    const dataDir = temporaryFolder();
    const first = await start(dataDir);
    const { children } = await answer(first, "List", { path: "/" });
    expect(children).toEqual([{ name: "zookeeper" }]);
    await answer(first, "Create", { path: "/sl", text: "20" });
    expect(await answer(first, "Get", { path: "/sl", asText: true })).toMatchObject({ text: "20" });
    await answer(first, "Set", { path: "/sl", text: "30" });
    const before = await answer(first, "Get", { path: "/sl", asText: true });
    expect(before).toMatchObject({ text: "30", stat: { version: 1 } });
    expect(await first.stop()).toBe(0);

    const second = await start(dataDir);
    const after = await answer(second, "Get", { path: "/sl", asText: true });
    expect(after).toMatchObject({ text: "30", stat: before.stat });
    expect(await second.stop()).toBe(0);
  });

  test("shows why a call was refused", async () => {
    const server = await start(temporaryFolder());
    await answer(server, "Create", { path: "/sl", text: "20" });
    await answer(server, "Create", { path: "/sl/child" });
    expect(await refusal(server, "Create", { path: "/sl/sl2/sl3" })).toMatchObject({
      exit: code.NOT_FOUND,
      reason: "NO_NODE",
      domain: "corral",
      metadata: { path: "/sl/sl2" },
    });
    expect(await refusal(server, "Create", { path: "sl" })).toMatchObject({
      exit: code.INVALID_ARGUMENT,
      reason: "BAD_ARGUMENTS",
      domain: "corral",
      fields: ["path"],
    });
    expect(await refusal(server, "Delete", { path: "/sl" })).toMatchObject({
      exit: code.FAILED_PRECONDITION,
      reason: "NOT_EMPTY",
      metadata: { path: "/sl" },
    });
    expect(await refusal(server, "Set", { path: "/sl", text: "40", version: 7 })).toMatchObject({
      exit: code.ABORTED,
      reason: "BAD_VERSION",
      metadata: { path: "/sl", expected: "7", actual: "0" },
    });
  });

  test("opens, holds and closes a session on one KeepAlive call", async () => {
    const server = await start(temporaryFolder());
    const life = call(server, "KeepAlive", "@");
    const answers = jsonDocuments(life.stdout!);
    const next = async () => {
      const { value } = await answers.next();
      if (value === undefined) throw new Error("the stream ended");
      return value as Answer;
    };
    const say = (message: object) => life.stdin!.write(`${JSON.stringify(message)}\n`);

    say({ timeoutMs: 10_000 });
    const opened = await next();
    expect(opened).toMatchObject({ event: "KEEP_ALIVE_EVENT_OPENED", timeoutMs: 10_000 });
    const session = `corral-session: ${opened.sessionToken}`;
    const node = { path: "/here", text: "I am", mode: "CREATE_MODE_EPHEMERAL" };
    const created = await answer(server, "Create", node, "-H", session);
    expect(created).toMatchObject({ stat: { ephemeralOwner: opened.sessionId } });
    for (let beat = 0; beat < 3; beat++) {
      say({});
      expect(await next()).toMatchObject({ event: "KEEP_ALIVE_EVENT_ALIVE" });
    }
    say({ close: true });
    expect(await next()).toMatchObject({ event: "KEEP_ALIVE_EVENT_CLOSED" });
    const ended = finish(life);
    life.stdin!.end();
    expect(await ended).toMatchObject({ code: 0 });
    expect(await answer(server, "Exists", { path: "/here" })).not.toHaveProperty("stat");
  });

  test("shows changes as they happen, though it half-closes its stream at once", async () => {
    const server = await start(temporaryFolder());
    const add = { path: "/sl", withData: true, withPreviousData: true, asText: true };
    const answers = jsonDocuments(call(server, "Watch", JSON.stringify({ add: [add] })).stdout!);
    const next = async () => (await answers.next()).value;
    expect(await next()).toEqual({ added: [{}] });
    await answer(server, "Create", { path: "/sl", text: "20" });
    const created = { kind: "WATCH_EVENT_KIND_NODE_CREATED", path: "/sl", zxid: "1", text: "20" };
    expect(await next()).toMatchObject({ events: [created] });
    await answer(server, "Set", { path: "/sl", text: "30" });
    const changed = { kind: "WATCH_EVENT_KIND_NODE_DATA_CHANGED", text: "30", previousText: "20" };
    expect(await next()).toMatchObject({ events: [changed] });
    await answer(server, "Delete", { path: "/sl" });
    const deleted = { kind: "WATCH_EVENT_KIND_NODE_DELETED", zxid: "3", previousText: "30" };
    expect(await next()).toMatchObject({ events: [deleted] });
  });

  test("ends with the one event of a watch, be it past or still to come", async () => {
    const server = await start(temporaryFolder());
    await answer(server, "Create", { path: "/sl", text: "20" });
    await answer(server, "Set", { path: "/sl", text: "30" });
    const watch = (add: object) => call(server, "Watch", JSON.stringify({ add: [{ path: "/sl", ...add }] }));
    const past = await finish(watch({ kind: "WATCH_KIND_DATA", afterZxid: "1" }));
    expect(past).toMatchObject({ code: 0, stderr: "" });
    expect(past.stdout).toMatch(/"kind": "WATCH_EVENT_KIND_NODE_DATA_CHANGED"/);

    const live = watch({ kind: "WATCH_KIND_CHILDREN" });
    const ended = once(live, "close");
    const answers = jsonDocuments(live.stdout!);
    expect((await answers.next()).value).toEqual({ added: [{ zxid: "2" }] });
    await answer(server, "Create", { path: "/sl/child" });
    const event = { kind: "WATCH_EVENT_KIND_NODE_CHILDREN_CHANGED", path: "/sl", zxid: "3" };
    expect((await answers.next()).value).toMatchObject({ events: [event] });
    expect(await ended).toEqual([0, null]);
  });

  test("says why a watch was refused, and who watches", async () => {
    const server = await start(temporaryFolder());
    const refused = await answer(server, "Watch", { add: [{ path: "/sl", kind: "WATCH_KIND_DATA" }] });
    const [{ status }] = refused.canceled!;
    expect(status).toMatchObject({ code: 5, details: [{ reason: "NO_NODE", metadata: { path: "/sl" } }] });

    const add = { watchId: 7, path: "/sl", kind: "WATCH_KIND_SUBTREE", depth: 1 };
    const answers = jsonDocuments(call(server, "Watch", JSON.stringify({ add: [add] })).stdout!);
    await answers.next();
    const ask = ["-plaintext", "-d", '{"path":"/sl/child"}', server.address, "corral.v1.Admin/ListWatchers"];
    const { stdout } = await finish(grpcurl(ask));
    const watcher = { path: "/sl", kind: "WATCH_KIND_SUBTREE", depth: 1, watchId: "7" };
    expect(JSON.parse(stdout).watchers).toEqual([{ ...watcher, peer: expect.any(String) }]);
  });

  test("opens and closes a session with two calls", async () => {
    const server = await start(temporaryFolder());
    const { sessionToken } = await answer(server, "OpenSession", {});
    await answer(server, "CloseSession", { sessionToken });
    expect(await refusal(server, "CloseSession", { sessionToken })).toMatchObject({
      exit: code.FAILED_PRECONDITION,
      reason: "SESSION_EXPIRED",
    });
  });
});

/** What the tests look at in grpcurl's answers, which are JSON as protobuf prescribes it. */
interface Answer {
  readonly event?: string;
  readonly sessionId?: string;
  readonly sessionToken?: string;
  readonly stat?: object;
  readonly children?: object[];
  readonly canceled?: [{ readonly status: object }];
}

interface Refusal {
  readonly exit: number | null;
  readonly fields?: (string | undefined)[];
}

interface Detail {
  readonly "@type": string;
  readonly fieldViolations?: { readonly field?: string }[];
}

async function start(dataDir: string): Promise<ServerProcess> {
  const server = await startServerProcess(dataDir);
  onTestFinished(server.kill);
  return server;
}

function grpcurl(args: readonly string[]) {
  return startProgram([toolPath("grpcurl")], ...args);
}

function call({ address }: ServerProcess, method: string, data: string, ...flags: string[]) {
  const fixed = ["-plaintext", "-format-error", ...flags, "-d", data];
  return grpcurl([...fixed, address, `corral.v1.Coordination/${method}`]);
}

async function answer(
  server: ServerProcess,
  method: string,
  request: object,
  ...flags: string[]
): Promise<Answer> {
  const { code, stdout, stderr } = await finish(call(server, method, JSON.stringify(request), ...flags));
  if (code !== 0) throw new Error(`${method} failed with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** The exit code, the ErrorInfo and the faulty fields of a refused call. */
async function refusal(server: ServerProcess, method: string, request: object): Promise<Refusal> {
  const { code, stderr } = await finish(call(server, method, JSON.stringify(request)));
  const { details } = JSON.parse(stderr) as { details: Detail[] };
  const detail = (name: string) =>
    details.find((each) => each["@type"] === `type.googleapis.com/google.rpc.${name}`);
  const fields = detail("BadRequest")?.fieldViolations?.map(({ field }) => field) ?? [];
  return { exit: code, ...detail("ErrorInfo"), fields };
}

/** The documents in a stream of JSON that is indented as grpcurl does it: each one ends with a line of "}". */
async function* jsonDocuments(input: NodeJS.ReadableStream): AsyncGenerator<Answer> {
  let text = "";
  for await (const line of createInterface({ input })) {
    text += line;
    if (line !== "}" && line !== "{}") continue;
    yield JSON.parse(text);
    text = "";
  }
}
