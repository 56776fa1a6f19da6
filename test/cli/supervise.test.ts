import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Running, startProgram } from "./run-command.ts";

const program = fileURLToPath(new URL("supervised.ts", import.meta.url));
const start = (behaviour: string): Running => startProgram(program, [behaviour]);

/** The last line of a log: none may be lost, whatever ends the process. */
function lastLine(stdout: string) {
  return JSON.parse(stdout.split("\n").at(-1)!);
}

test.each(["SIGINT", "SIGTERM"] as const)("%s stops the server gracefully: exit 0", async (signal) => {
  const server = start("well");
  expect(JSON.parse(await server.line("listening"))).toMatchObject({ level: "info", address: "127.0.0.1:1" });
  server.child.kill(signal);
  const { code, stdout, stderr } = await server.finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(lastLine(stdout).msg).toBe("stopped");
});

test.each(["stops for ever", "starts for ever"])(
  "a server that %s ends at a signal some time after the first: 130",
  async (how) => {
    const server = start(how);
    if (how === "stops for ever") await server.line("listening");
    // Before its handlers are in place, the first signal would end any program.
    else await server.line("starting");
    server.child.kill("SIGTERM");
    await server.line("stopping");
    // Until it counts.
    const insisting = setInterval(() => server.child.kill("SIGINT"), 100);
    const { code, stdout } = await server.finished;
    clearInterval(insisting);
    expect(code).toBe(130);
    expect(lastLine(stdout)).toMatchObject({ level: "fatal", signal: "SIGINT" });
  },
);

test("a server that is told to stop while it starts stops as soon as it can, and says not that it listens", async () => {
  const server = start("starts once it is told to stop");
  await server.line("starting");
  server.child.kill("SIGTERM");
  const { code, stdout } = await server.finished;
  expect(code).toBe(0);
  expect(lastLine(stdout).msg).toBe("stopped");
  expect(stdout).not.toContain("listening");
});

test("a failure at start that the user can mend is one line: exit 1", async () => {
  const { code, stdout, stderr } = await start("journal unusable").finished;
  expect({ code, stderr }).toEqual({ code: 1, stderr: "corral: the database is newer than this program\n" });
  expect(stdout).not.toContain("fatal");
});

test("any other failure at start is one line too, and its stack is logged: exit 1", async () => {
  const { code, stdout, stderr } = await start("fault at start").finished;
  expect({ code, stderr }).toEqual({ code: 1, stderr: "corral: x is not a function\n" });
  expect(lastLine(stdout)).toMatchObject({ level: "fatal", err: { type: "TypeError" } });
  expect(lastLine(stdout).err.stack).toContain("supervised.ts");
});

test.each([
  ["fails", "outcome unknown"],
  ["throws", "nobody catches this"],
  ["rejects", "nobody handles this"],
])("a server that %s logs it and exits with 1", async (behaviour, message) => {
  const { code, stdout } = await start(behaviour).finished;
  expect(code).toBe(1);
  expect(lastLine(stdout)).toMatchObject({ level: "fatal", err: { message } });
});

test.each([
  ["cannot stop", "no goodbye"],
  ["fails while it stops", "disk gone"],
])("a server that %s exits with 1, although it was asked to stop", async (behaviour, message) => {
  const server = start(behaviour);
  await server.line("listening");
  server.child.kill("SIGTERM");
  const { code, stdout } = await server.finished;
  expect(code).toBe(1);
  expect(lastLine(stdout)).toMatchObject({ level: "fatal", err: { message } });
});
