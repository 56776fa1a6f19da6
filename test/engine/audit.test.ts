import { expect, test } from "vitest";
import { digestOf } from "../../src/auth/basic.ts";
import type { Caller, CreateMode } from "../../src/core/operation.ts";
import type { AuditEntry } from "../../src/engine/audit.ts";
import { settle, TestEngine, tickMs } from "../support/engine.ts";
import { MemoryJournal } from "../support/memory-journal.ts";

const ada: Caller = {
  address: "10.0.0.7",
  identities: [
    { scheme: "ip", id: "10.0.0.7" },
    { scheme: "digest", id: digestOf({ user: "ada", password: "secret" }) },
    { scheme: "x509", id: "CN=ada" },
  ],
};
const nobody: Caller = { address: "10.0.0.8", identities: [{ scheme: "ip", id: "10.0.0.8" }] };

async function start() {
  const entries: AuditEntry[] = [];
  const audit = { write: (entry: AuditEntry) => void entries.push(entry), serverUser: "corral" };
  const started = await TestEngine.start(new MemoryJournal(), undefined, { audit });
  const create = (path: string, caller: Caller, mode: CreateMode = "persistent") =>
    started.engine.submit({ op: "create", path, data: Buffer.from("secret data"), mode }, caller);
  return { ...started, engine: started.engine, clock: started.clock, entries, create };
}

test("every change is told of, with who did it and never with what it says", async () => {
  const { engine, entries, create } = await start();
  await create("/a", ada);
  await create("/c", nobody, "container");
  await engine.submit({ op: "set", path: "/a", data: Buffer.from("secret data"), version: -1 }, nobody);
  await engine.submit({ op: "delete", path: "/a", version: -1 }, ada);
  const by = { user: "ada,CN=ada", ip: "10.0.0.7" };
  const acl = "world:anyone:cdrwa";
  expect(entries).toEqual([
    { ...by, operation: "create", znode: "/a", znode_type: "persistent", acl, result: "success" },
    {
      user: "10.0.0.8",
      ip: "10.0.0.8",
      operation: "create",
      znode: "/c",
      znode_type: "container",
      acl,
      result: "success",
    },
    {
      user: "10.0.0.8",
      ip: "10.0.0.8",
      operation: "setData",
      znode: "/a",
      znode_type: "persistent",
      result: "success",
    },
    { ...by, operation: "delete", znode: "/a", znode_type: "persistent", result: "success" },
  ]);
  expect(JSON.stringify(entries)).not.toMatch(/secret|=[^a]/);
});

test("what was refused is told of, and why", async () => {
  const { engine, entries, create } = await start();
  await create("/no/parent", nobody);
  await engine.submit({ op: "sync" }, nobody);
  await engine.submit(
    {
      op: "transact",
      conditions: [],
      operations: [{ op: "delete", path: "/x", version: -1 }],
      elseOperations: [],
    },
    nobody,
  );
  const by = { user: "10.0.0.8", ip: "10.0.0.8", result: "failure", reason: "NO_NODE" };
  expect(entries).toEqual([
    { ...by, operation: "create", znode: "/no/parent" },
    { ...by, operation: "multiOperation" },
  ]);
});

test("what goes with a session, and what the server reaps, it has done itself", async () => {
  const { engine, clock, entries, create } = await start();
  const { session } = await engine.openSession(4_000);
  const caller = { ...ada, sessionId: session.id };
  await create("/e", caller, "ephemeral");
  expect(entries.at(-1)).toMatchObject({ session: session.id, znode_type: "ephemeral" });
  await create("/c", ada, "container");
  await create("/c/x", ada);
  await engine.submit({ op: "delete", path: "/c/x", version: -1 }, ada);
  entries.length = 0;
  for (let i = 0; i < 4; i++) {
    clock.advance(tickMs);
    await settle();
  }
  expect(entries.sort((a, b) => a.operation.localeCompare(b.operation))).toEqual([
    { user: "corral", operation: "delete", znode: "/c", znode_type: "container", result: "success" },
    {
      session: session.id,
      user: "corral",
      operation: "ephemeralZNodeDeletionOnSessionCloseOrExpire",
      znode: "/e",
      znode_type: "ephemeral",
      result: "success",
    },
  ]);
});
