// A disk that fails under a real server: who waits for an answer hears that nobody knows.
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { startCommand } from "../cli/run-command.ts";
import { temporaryFolder } from "../story/programs.ts";
import { failureOf, RpcClient } from "../support/rpc-client.ts";
import { skipUnless } from "../support/tools.ts";
import { failSyncs } from "./failing-syncs.ts";

const rpc = Coordination.method;

skipUnless("strace")("a server whose disk fails", () => {
  test("tells OUTCOME_UNKNOWN to every call and pipeline that waits, and ends its streams, before it ends", async () => {
    const server = startCommand(["serve", "--port", "0", "--data-dir", join(temporaryFolder(), "data")]);
    const { port } = JSON.parse(await server.line("listening"));
    const clients = Array.from({ length: 4 }, () => new RpcClient(`127.0.0.1:${port}`));
    onTestFinished(() => {
      for (const client of clients) client.close();
    });
    await clients[0]!.unary(rpc.create, { path: "/a" });
    const life = clients[1]!.bidi(rpc.keepAlive);
    life.send({});
    await life.next();
    const pipeline = clients[2]!.bidi(rpc.pipeline);
    pipeline.send({ operations: [{ operation: { case: "get", value: { path: "/a" } } }] });
    await pipeline.next();
    await failSyncs(server.child.pid!);
    const paths = Array.from({ length: 60 }, (_, i) => `/n${i}`);
    const calls = paths.map((path, i) => failureOf(clients[i % clients.length]!.unary(rpc.create, { path })));
    const value = { path: "/p" };
    pipeline.send({ operations: [{ operation: { case: "create", value } }] });
    const answer = await pipeline.next();
    expect(answer?.results[0]?.result).toMatchObject({ case: "error" });
    const reasons = new Set((await Promise.all(calls)).map(({ reason }) => reason));
    expect([...reasons]).toEqual(["OUTCOME_UNKNOWN"]);
    expect(await life.status).toMatchObject({ reason: "SHUTTING_DOWN" });
    expect((await server.finished).code).not.toBe(0);
  }, 60_000);

  test("that is being stopped tells the same, and does not end as if it had stopped in order", async () => {
    const server = startCommand(["serve", "--port", "0", "--data-dir", join(temporaryFolder(), "data")]);
    const { port } = JSON.parse(await server.line("listening"));
    const client = new RpcClient(`127.0.0.1:${port}`);
    onTestFinished(() => client.close());
    const life = client.bidi(rpc.keepAlive);
    life.send({});
    await life.next();
    await failSyncs(server.child.pid!);
    const write = failureOf(client.unary(rpc.create, { path: "/a" }));
    // Answered after the write was taken.
    await client.unary(rpc.get, { path: "/" });
    server.child.kill("SIGTERM");
    expect(await life.status).toMatchObject({ reason: "SHUTTING_DOWN" });
    expect(await write).toMatchObject({ reason: "OUTCOME_UNKNOWN" });
    const { code, stdout } = await server.finished;
    expect(code).not.toBe(0);
    expect(stdout.split("\n").at(-1)).toContain("the server failed and ends");
  }, 60_000);
});
