// A program for supervise.test.ts: supervises a server that behaves as its argument says.
import { supervise } from "../../src/cli/supervise.ts";
import { createLogger } from "../../src/ops/logger.ts";
import type { RunningServer } from "../../src/server.ts";

class JournalUnusable extends Error {
  override readonly name = "JournalUnusable";
}

const never = new Promise<never>(() => {});
const keepAlive = setInterval(() => {}, 60_000);
const server: RunningServer = {
  address: "127.0.0.1:1",
  port: 1,
  stop: async () => clearInterval(keepAlive),
  failed: never,
};
const later = (fn: () => void) => setTimeout(fn, 1);

const behaviours: Record<string, () => Promise<RunningServer>> = {
  well: async () => server,
  "stops for ever": async () => ({ ...server, stop: () => never }),
  "cannot stop": async () => ({ ...server, stop: () => Promise.reject(new Error("no goodbye")) }),
  "starts for ever": () => never,
  "starts once it is told to stop": () =>
    new Promise((resolve) => process.once("SIGTERM", () => resolve(server))),
  "journal unusable": () => Promise.reject(new JournalUnusable("the database is newer than this program")),
  "fault at start": () => Promise.reject(new TypeError("x is not a function")),
  fails: async () => ({
    ...server,
    failed: new Promise((_, reject) => later(() => reject(new Error("outcome unknown")))),
  }),
  "fails while it stops": async () => {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const stop = () => {
      reject(new Error("disk gone"));
      return never;
    };
    return { ...server, failed, stop };
  },
  throws: async () => {
    later(() => {
      throw new Error("nobody catches this");
    });
    return server;
  },
  rejects: async () => {
    later(() => void Promise.reject(new Error("nobody handles this")));
    return server;
  },
};

const code = await supervise(behaviours[process.argv[2]!]!, createLogger({ level: "info" }), {
  env: {},
  stdin: process.stdin,
  stdout: process.stdout,
  isTerminal: false,
  out: () => {},
  complain: (line) => void process.stderr.write(`corral: ${line}\n`),
  progress: () => {},
  onSignal: (signal, fn) => void process.on(signal, fn),
  onUncaught: (fn) => void process.on("uncaughtException", fn),
  exit: (exitCode) => process.exit(exitCode),
});
process.exit(code);
