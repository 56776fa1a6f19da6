// Corral's story, told with the generated TypeScript descriptors and @grpc/grpc-js. story.go and story.py tell the
// same; story.test.ts runs the three.
//   story.ts <address> before           tells the part before the restart; its last line is what it saw, as JSON
//   story.ts <address> after <JSON>     tells the part after it
import assert from "node:assert/strict";
import { on } from "node:events";
import { create, type JsonValue, toJson } from "@bufbuild/protobuf";
import { type ServiceError, status } from "@grpc/grpc-js";
import { call, connect, errorInfo, stream } from "../../examples/typescript/coordination.ts";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode, type Stat, StatSchema } from "../../gen/ts/corral/v1/node_pb.js";
import {
  KeepAliveEvent,
  type KeepAliveRequest,
  KeepAliveRequestSchema,
  type KeepAliveResponse,
} from "../../gen/ts/corral/v1/session_pb.js";
import {
  type WatchEvent,
  WatchEventKind,
  WatchRequestSchema,
  type WatchResponse,
} from "../../gen/ts/corral/v1/watch_pb.js";

interface Seen {
  readonly token: string;
  readonly sessionId: string;
  readonly sl: JsonValue;
  readonly ephemeral: JsonValue;
  /** The last change that a watch was told of. */
  readonly zxid: string;
}

const rpc = Coordination.method;
const [address = "", part = "", seen = ""] = process.argv.slice(2);
const client = connect(address);

async function before() {
  const top = await call(client, rpc.list, { path: "/" });
  assert(!top.children.some(({ name }) => name === "sl"));
  const watching = new Watching("/sl", top.zxid);

  const created = await call(client, rpc.create, { path: "/sl", text: "20" });
  assert.equal(created.path, "/sl");
  assert.equal(created.stat?.version, 0);
  assert.equal((await call(client, rpc.get, { path: "/sl", asText: true })).text, "20");

  const set = await call(client, rpc.set, { path: "/sl", data: Buffer.from("30"), version: 0 });
  assert.equal(set.stat?.version, 1);
  assert(set.zxid > created.zxid);
  const sl = await call(client, rpc.get, { path: "/sl" });
  assert.equal(Buffer.from(sl.data).toString(), "30");
  await watching.next(WatchEventKind.NODE_CREATED, { path: "/sl", zxid: created.zxid, text: "20" });
  const change = { path: "/sl", zxid: set.zxid, text: "30", previousText: "20" };
  await watching.next(WatchEventKind.NODE_DATA_CHANGED, change);

  await refused(call(client, rpc.create, { path: "/sl/sl2/sl3" }), "NOT_FOUND", "NO_NODE", {
    path: "/sl/sl2",
  });
  await refused(call(client, rpc.create, { path: "sl" }), "INVALID_ARGUMENT", "BAD_ARGUMENTS");
  await call(client, rpc.create, { path: "/sl/child", text: "a child" });
  await refused(call(client, rpc.delete, { path: "/sl" }), "FAILED_PRECONDITION", "NOT_EMPTY", {
    path: "/sl",
  });
  await refused(call(client, rpc.set, { path: "/sl", text: "40", version: 0 }), "ABORTED", "BAD_VERSION", {
    path: "/sl",
    expected: "0",
    actual: "1",
  });
  await watching.next(WatchEventKind.NODE_CREATED, { path: "/sl/child", text: "a child" });
  const removed = await call(client, rpc.delete, { path: "/sl/child" });
  await watching.next(WatchEventKind.NODE_DELETED, { zxid: removed.zxid, previousText: "a child" });
  await watching.end();

  const node = { path: "/sl/here", text: "I am", mode: CreateMode.EPHEMERAL };
  await refused(call(client, rpc.create, node), "FAILED_PRECONDITION", "SESSION_REQUIRED");
  const life = new Life({ timeoutMs: 20_000 });
  const opened = await life.next(KeepAliveEvent.OPENED);
  const { stat } = await call(client, rpc.create, node, opened.sessionToken);
  assert.equal(stat?.ephemeralOwner, opened.sessionId);
  life.send({});
  await life.next(KeepAliveEvent.ALIVE);
  // The stream ends, and the session lives on.
  life.halfClose();

  const last = await call(client, rpc.exists, { path: "/sl" });
  const told: Seen = {
    token: opened.sessionToken,
    sessionId: String(opened.sessionId),
    sl: statJson(last.stat),
    ephemeral: statJson(stat),
    zxid: String(removed.zxid),
  };
  console.log(JSON.stringify(told));
}

async function after(told: Seen) {
  const sl = await call(client, rpc.get, { path: "/sl", asText: true });
  assert.equal(sl.text, "30");
  assert.deepEqual(statJson(sl.stat), told.sl);
  const ephemeral = await call(client, rpc.get, { path: "/sl/here", asText: true });
  assert.equal(ephemeral.text, "I am");
  assert.deepEqual(statJson(ephemeral.stat), told.ephemeral);

  // What happened after the last event it was told of, also before the restart, and then what happens now.
  const watching = new Watching("/sl", BigInt(told.zxid));
  assert(ephemeral.stat);
  const missed = { path: "/sl/here", zxid: ephemeral.stat.czxid, text: "I am" };
  await watching.next(WatchEventKind.NODE_CREATED, missed);

  const life = new Life({ sessionToken: told.token });
  assert.equal(String((await life.next(KeepAliveEvent.ATTACHED)).sessionId), told.sessionId);
  life.send({ close: true });
  const { zxid } = await life.next(KeepAliveEvent.CLOSED);
  await watching.next(WatchEventKind.NODE_DELETED, { path: "/sl/here", zxid, previousText: "I am" });
  await watching.end();
  await life.end();
  assert.equal((await call(client, rpc.exists, { path: "/sl/here" })).stat, undefined);
  assert.equal((await call(client, rpc.exists, { path: "/sl" })).stat?.version, 1);
  await refused(new Life({ sessionToken: told.token }).end(), "FAILED_PRECONDITION", "SESSION_EXPIRED");
}

/** A KeepAlive stream, read one answer at a time. */
class Life {
  readonly #stream = stream(client, rpc.keepAlive);
  readonly #answers = on(this.#stream, "data", { close: ["end"] });

  constructor(first: Partial<KeepAliveRequest>) {
    this.send(first);
  }

  send(message: Partial<KeepAliveRequest>) {
    const { timeoutMs = 0, sessionToken = "", close = false } = message;
    this.#stream.write(create(KeepAliveRequestSchema, { timeoutMs, sessionToken, close }));
  }

  halfClose() {
    this.#stream.end();
  }

  async next(event: KeepAliveEvent): Promise<KeepAliveResponse> {
    const { value, done } = await this.#answers.next();
    assert(!done, "the stream ended");
    const [answer] = value as [KeepAliveResponse];
    assert.equal(answer.event, event);
    return answer;
  }

  async end() {
    assert((await this.#answers.next()).done, "the stream goes on");
  }
}

/** One watch of a node and all below it, with data, read one event at a time. */
class Watching {
  readonly #stream = stream(client, rpc.watch);
  readonly #events: AsyncIterator<WatchEvent>;

  constructor(path: string, afterZxid: bigint) {
    const add = [{ path, afterZxid, withData: true, withPreviousData: true, asText: true }];
    this.#stream.write(create(WatchRequestSchema, { add }));
    const answers = on(this.#stream, "data", { close: ["end"] });
    this.#events = eventsOf(answers as AsyncIterable<[WatchResponse]>);
  }

  /** The next event, which must be of the kind and have these fields. */
  async next(kind: WatchEventKind, fields: Partial<WatchEvent>) {
    const { value, done } = await this.#events.next();
    assert(!done, "the stream ended");
    assert.partialDeepStrictEqual(value, { kind, ...fields });
  }

  async end() {
    this.#stream.write(create(WatchRequestSchema, { cancel: [0n] }));
    this.#stream.end();
    assert((await this.#events.next()).done, "the stream goes on");
  }
}

async function* eventsOf(answers: AsyncIterable<[WatchResponse]>): AsyncGenerator<WatchEvent, void> {
  for await (const [{ events, canceled }] of answers) {
    assert(canceled.every(({ status }) => status === undefined));
    yield* events;
  }
}

async function refused(
  promise: Promise<unknown>,
  code: keyof typeof status,
  reason: string,
  facts: Record<string, string> = {},
) {
  const error = await promise.then(
    () => assert.fail(`was not refused with ${reason}`),
    (error: ServiceError) => error,
  );
  assert.equal(error.code, status[code], error.message);
  const info = errorInfo(error);
  assert.equal(info?.reason, reason);
  assert.equal(info?.domain, "corral");
  for (const [name, value] of Object.entries(facts)) assert.equal(info?.metadata[name], value, name);
}

function statJson(stat: Stat | undefined): JsonValue {
  assert(stat);
  return toJson(StatSchema, stat);
}

// Last, since a class is there only once the program has run past it.
if (part === "before") await before();
else await after(JSON.parse(seen) as Seen);
client.close();
