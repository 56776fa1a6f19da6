import { once } from "node:events";
import { connect } from "node:net";
import { expect, test, vi } from "vitest";
import { OpsPort } from "../support/ops.ts";
import { startServer } from "../support/start-server.ts";

// Shorter: the real ones take longer than a test should.
vi.mock("../../src/limits.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../src/limits.ts")>()),
  opsRequestTimeoutMs: 200,
  opsIdleMaxMs: 1_000,
}));

/** What a connection is told until it is closed. */
async function toldOn(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let told = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    told += chunk;
  });
  socket.write(text);
  await once(socket, "close");
  return told;
}

test("a request that does not end is given up", async () => {
  const { port } = await OpsPort.open((await startServer()).vitals);
  expect(await toldOn(port, "GET /status HTTP/1.1\r\nHost: x\r\n")).toMatch(/^HTTP\/1\.1 408 /);
});

test("a connection that is idle is closed", async () => {
  const { port } = await OpsPort.open((await startServer()).vitals);
  expect(await toldOn(port, "")).not.toMatch(/200/);
  expect(await toldOn(port, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
});
