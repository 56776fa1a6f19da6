#!/usr/bin/env node
import module from "node:module";
import { withoutSecrets } from "./secret-flags.ts";
import type { Io } from "./verb.ts";

// At once: what was typed is what every user of this machine sees in the list of processes.
const shownArgs = withoutSecrets(process.argv.slice(2));
if (shownArgs !== undefined) {
  process.title = [process.argv0, ...process.execArgv, process.argv[1], ...shownArgs].join(" ");
}
// Deprecations are for those who write programs: a user of this one cannot mend them.
process.noDeprecation = true;
if (module.enableCompileCache === undefined) {
  console.error(`corral: this is Node.js ${process.version}; 22.18 or later is needed`);
  process.exit(1);
}
// What was compiled once is read from the disk after that: it saves a short verb a good part of its time.
module.enableCompileCache();
const { runCommand } = await import("./command.ts");
const { printersOf } = await import("./terminal.ts");
const { visibleLines } = await import("../visible.ts");

const io: Io = {
  env: process.env,
  // Only whoever reads it opens it.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  ...printersOf(process.stdout, process.stderr, process.env),
  onSignal: (signal, fn) => void process.on(signal, fn),
  // Rejections that nobody handles arrive here as well.
  onUncaught: (fn) => void process.on("uncaughtException", fn),
  exit: (code) => process.exit(code),
};

process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  // Whoever reads has seen enough, as in `corral ls / | head -1`.
  if (code === "EPIPE") process.exit(0);
  io.complain(`the output cannot be written: ${message}`);
  process.exit(1);
});

const code = await runCommand(process.argv.slice(2), io).catch((error: unknown) => {
  // A fault of Corral's: all that is known of it, for a report, but nothing that a terminal would obey.
  process.stderr.write(`${visibleLines(error instanceof Error ? `${error.stack}` : String(error))}\n`);
  return 1;
});
// What was printed has arrived, or its failure is told above.
await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
// Not process.exitCode: whatever else still runs, a verb that is done ends the process.
process.exit(code);
