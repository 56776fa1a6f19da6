// Signals to stop: what is one request comes more than once, from a terminal and from npm, say.
import { expect, onTestFinished, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { interruption } from "../../src/cli/interruption.ts";
import { signalEchoMs } from "../../src/cli/limits.ts";
import { stopSignals } from "../../src/cli/stop-signals.ts";
import type { Io, StopSignal } from "../../src/cli/verb.ts";
import { root } from "../story/server-process.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { emptySettings, http2Preface, RawConnection } from "../support/raw-connection.ts";
import { RpcClient } from "../support/rpc-client.ts";
import { skipUnless } from "../support/tools.ts";
import { tempDir } from "./load.ts";
import { AtTerminal } from "./pseudo-terminal.ts";
import { main } from "./run-command.ts";

test("signals after the first are its echo for a moment, and after that somebody insists", () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const taken = stopSignals(
    {
      first: (signal) => told.push(`first ${signal}`),
      echo: (signal) => told.push(`echo ${signal}`),
      again: (signal) => told.push(`again ${signal}`),
    },
    clock,
  );
  taken("SIGINT");
  taken("SIGINT");
  clock.advance(signalEchoMs - 1);
  taken("SIGTERM");
  // Echoes do not make the moment longer.
  clock.advance(1);
  taken("SIGTERM");
  expect(told).toEqual(["first SIGINT", "echo SIGINT", "echo SIGTERM", "again SIGTERM"]);
});

test("a verb that is interrupted twice in a moment says goodbye all the same", () => {
  const handlers = new Map<StopSignal, () => void>();
  const exits: number[] = [];
  const io = {
    onSignal: (signal: StopSignal, fn: () => void) => handlers.set(signal, fn),
    complain: () => {},
    exit: (code: number) => exits.push(code),
  } as unknown as Io;
  const { signal } = interruption(io);
  for (const name of ["SIGINT", "SIGINT", "SIGTERM"] as const) handlers.get(name)!();
  expect(signal.aborted).toBe(true);
  expect(exits).toEqual([]);
});

const serve = [process.execPath, main, "serve"];
const npmStart = ["npm", "start", "--"];
const underTimeout = ["timeout", "3600"];

skipUnless("script")("at a pseudo-terminal, with a watcher connected", () => {
  test.each<[string, readonly string[], "ctrl-C" | StopSignal, boolean]>([
    ["npm start", npmStart, "ctrl-C", true],
    ["npm start", npmStart, "SIGINT", false],
    ["npm start", npmStart, "SIGTERM", false],
    ["corral serve", serve, "ctrl-C", false],
    ["corral serve", serve, "SIGTERM", false],
    ["timeout npm start", [...underTimeout, ...npmStart], "SIGTERM", true],
    ["timeout corral serve", [...underTimeout, ...serve], "SIGTERM", true],
  ])("%s is stopped in order by one $2", { timeout: 60_000 }, async (_, command, end, comesTwice) => {
    const flags = ["--port", "0", "--http-port", "0", "--data-dir", tempDir()];
    const ownPid = ["sh", "-c", 'echo "process $$"; exec "$@"', "sh"];
    const terminal = new AtTerminal([...ownPid, ...command, ...flags], {}, { cwd: root });
    const [, pid] = (await terminal.printed(/^process (\d+)\n/m))!;
    const [, address] = (await terminal.printed(/listening on (\S+:\d+)\s/))!;
    const client = new RpcClient(address!);
    onTestFinished(() => client.close());
    const watch = client.bidi(Coordination.method.watch);
    watch.send({ add: [{ path: "/" }] });
    await watch.next();
    // A client that does not go when it is asked to: so the stop still goes on when the echo comes.
    const slow = await RawConnection.open(Number(address!.split(":")[1]));
    onTestFinished(() => void slow.socket.destroy());
    slow.send(http2Preface, emptySettings);
    if (end === "ctrl-C") terminal.interrupt();
    else process.kill(Number(pid), end);
    if (comesTwice) await terminal.printed(/stopping already/);
    slow.socket.destroy();
    const code = await terminal.ended;
    expect(await watch.status).toMatchObject({ reason: "SHUTTING_DOWN" });
    expect(terminal.output).not.toContain("a second signal");
    expect(terminal.output).toMatch(/ stopped$/m);
    expect(code).toBe(0);
  });
});
