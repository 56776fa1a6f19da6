// SIGTERM to a real server, whose stop takes longer than the timeout of the sessions that it has.
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { CreateMode } from "../../gen/ts/corral/v1/node_pb.js";
import { startCommand } from "../cli/run-command.ts";
import { temporaryFolder } from "../story/programs.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { RpcClient } from "../support/rpc-client.ts";

const rpc = Coordination.method;

test("an orderly stop costs no session whose client was alive, however long it takes", async () => {
  const flags = ["--port", "0", "--tick-ms", "200", "--data-dir", join(temporaryFolder(), "data")];
  const server = startCommand(["serve", ...flags]);
  const { port } = JSON.parse(await server.line("listening"));
  const client = new RpcClient(`127.0.0.1:${port}`);
  onTestFinished(() => client.close());
  // One that has said nothing yet does not go when it is asked to, so the stop waits for all of its grace.
  const silent = await RawConnection.open(port);
  onTestFinished(() => void silent.socket.destroy());
  const life = client.bidi(rpc.keepAlive);
  life.send({ timeoutMs: 1_500 });
  const { sessionToken: session } = (await life.next())!;
  const beats = setInterval(() => life.send({}), 100);
  onTestFinished(() => clearInterval(beats));
  await client.unary(rpc.create, { path: "/e", mode: CreateMode.EPHEMERAL }, { session });
  server.child.kill("SIGTERM");
  expect(await life.status).toMatchObject({ reason: "SHUTTING_DOWN" });
  expect((await server.finished).code).toBe(0);
  const heir = startCommand(["serve", ...flags]);
  expect(JSON.parse(await heir.line("loaded"))).toMatchObject({ sessions: 1 });
  heir.child.kill("SIGTERM");
  await heir.finished;
});
