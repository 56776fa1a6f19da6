// `corral run` as processes, against a server whose time only the test moves.
import { beforeEach, expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { startServer, type TestServer } from "../support/start-server.ts";
import { startCommand, untilOrphaned } from "./run-command.ts";

const path = "/svc/x";
const node = process.execPath;
const forever = [node, "-e", `console.log('ready'); ${untilOrphaned}`];
let server: TestServer;

beforeEach(async () => {
  server = await startServer();
});

function run(words: readonly string[], ...flags: string[]) {
  const all = [
    "run",
    "--endpoint",
    server.address,
    "--register",
    path,
    "--parents",
    ...flags,
    "--",
    ...words,
  ];
  return startCommand(all);
}

function registered(): string | undefined {
  const data = server.engine.tree.data(path);
  return data && Buffer.from(data).toString();
}

test("a node stands for the command while it runs, and the command's exit code is the verb's", async () => {
  const running = run(
    [node, "-e", `process.on('SIGTERM', () => process.exit(9)); console.log('ready'); ${untilOrphaned}`],
    "--data",
    "10.0.0.5:8000",
  );
  await running.line("ready");
  expect(registered()).toBe("10.0.0.5:8000");
  expect(server.engine.tree.node(path)?.ephemeralOwner).toBeGreaterThan(0);
  running.child.kill("SIGTERM");
  expect(await running.finished).toMatchObject({ code: 9, stderr: "" });
  expect(registered()).toBeUndefined();
});

test("the node comes again when somebody deletes it, and the command goes on", async () => {
  const running = run(forever);
  let told = "";
  running.child.stderr!.on("data", (chunk) => {
    told += chunk;
  });
  await running.line("ready");
  await server.client.unary(Coordination.method.delete, { path });
  await expect.poll(() => told).toBe(`corral: ${path} is gone\ncorral: ${path} is there again\n`);
  expect(registered()).toBe("");
  running.child.kill("SIGTERM");
  expect(await running.finished).toEqual({ code: 143, stdout: "ready", stderr: told });
});

test("the node comes again in another session when the first one is lost", async () => {
  const running = run(forever);
  await running.line("ready");
  const first = server.engine.tree.node(path)!.ephemeralOwner;
  server.clock.advance(30_000);
  const owner = () => server.engine.tree.node(path)?.ephemeralOwner ?? first;
  await expect.poll(owner).not.toBe(first);
  running.child.kill("SIGTERM");
  expect((await running.finished).code).toBe(143);
  expect(registered()).toBeUndefined();
});

test("a name that is another session's is waited for as long as --wait says: exit 4", async () => {
  const { sessionToken } = await server.client.unary(Coordination.method.openSession, {});
  await server.client.unary(Coordination.method.create, { path: "/svc" });
  await server.client.unary(
    Coordination.method.create,
    { path, mode: CreateMode.EPHEMERAL },
    { session: sessionToken },
  );
  expect(await run(forever, "--wait", "200ms").finished).toEqual({
    code: 4,
    stdout: "",
    stderr: `corral: ${path} is another session's, and was for 200 ms\n`,
  });
  const patient = run(forever);
  await server.client.unary(Coordination.method.closeSession, { sessionToken });
  await patient.line("ready");
  patient.child.kill("SIGTERM");
  await patient.finished;
});

test("what cannot be registered is not run", async () => {
  await server.client.unary(Coordination.method.create, { path: "/svc" });
  await server.client.unary(Coordination.method.create, { path });
  expect(await run(forever).finished).toMatchObject({ code: 4, stdout: "" });
  expect(await startCommand(["run", "--endpoint", server.address, "--", "true"]).finished).toEqual({
    code: 2,
    stdout: "",
    stderr: "corral: run: --register PATH is missing: the node to create\n",
  });
});
