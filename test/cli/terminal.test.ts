// Every verb as a process of its own at a pseudo-terminal: what it prints there, and its exit code.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { verbs } from "../../src/cli/verbs.ts";
import { skipUnless } from "../support/tools.ts";
import { type Corral, startCorral } from "./corral.ts";
import { tempDir } from "./load.ts";
import { AtTerminal } from "./pseudo-terminal.ts";
import { main } from "./run-command.ts";

interface Scene {
  readonly args: readonly string[];
  readonly prints: RegExp;
  readonly code?: number;
  /** It goes on until ctrl-C, which is typed once it has printed what it must. */
  readonly interrupted?: boolean;
}

/** A few nodes, a quota, and files for the verbs that read some; the folder of these. */
async function plant(corral: Corral): Promise<string> {
  await corral.ok("create", "-p", "/app/a", "20");
  await corral.ok("setquota", "-n", "100", "/app");
  await corral.ok("create", "/old");
  const files = tempDir();
  writeFileSync(join(files, "transaction"), "create /new\nset /app/a 30\n");
  await corral.ok("export", "/app", join(files, "app.jsonl"));
  return files;
}

const scenes: Record<string, (files: string) => Scene> = {
  serve: () => ({ args: ["--port", "none"], prints: /port/, code: 2 }),
  server: (files) => ({ args: ["status", "--data-dir", files], prints: /no server runs/, code: 3 }),
  config: () => ({ args: ["--port", "7"], prints: /^port = 7$/m }),
  shell: () => ({ args: ["too", "many"], prints: /^corral: shell: unexpected argument "too"$/m, code: 2 }),
  completion: () => ({ args: ["bash"], prints: /^complete .*corral/m }),
  ls: () => ({ args: ["-R", "/app"], prints: /^\/app\/a$/m }),
  tree: () => ({ args: ["/"], prints: /^├── app$/m }),
  get: () => ({ args: ["/app/a"], prints: /^20$/m }),
  stat: () => ({ args: ["/app"], prints: /^numChildren +1$/m }),
  create: () => ({ args: ["/app"], prints: /^corral: node exists: .*\/app/m, code: 4 }),
  set: () => ({ args: ["-v", "7", "/app/a", "x"], prints: /^corral: bad version: /m, code: 4 }),
  delete: () => ({ args: ["/no"], prints: /^corral: no node: /m, code: 3 }),
  deleteall: () => ({ args: ["/old"], prints: /^deleted \/old$/m }),
  watch: () => ({ args: ["/app", "--after", "0"], prints: /nodeCreated +\/app\/a$/m, interrupted: true }),
  find: () => ({ args: ["/", "a*"], prints: /^\/app\/a$/m }),
  grep: () => ({ args: ["30"], prints: /^$/, code: 1 }),
  transact: (files) => ({ args: [join(files, "transaction")], prints: /^create +\/new$/m }),
  sync: () => ({ args: [], prints: /^zxid \d+$/m }),
  getAcl: () => ({ args: ["/app"], prints: /world:anyone:/ }),
  setAcl: () => ({ args: ["/app", "nobody"], prints: /^corral: .*nobody/m, code: 2 }),
  whoami: () => ({ args: [], prints: /^ip:127\.0\.0\.1$/m }),
  sessions: () => ({ args: [], prints: /^session +state +expires/m }),
  expire: () => ({ args: ["999"], prints: /^corral: no session: no session 999 is open/m, code: 3 }),
  drain: () => ({ args: ["--wait"], prints: /^drained: no session is left$/m }),
  "log-level": () => ({ args: ["debug"], prints: /^debug, was info$/m }),
  ephemerals: () => ({ args: [], prints: /^session +path$/m }),
  info: () => ({ args: [], prints: /^nodes +\d+$/m }),
  watches: () => ({ args: [], prints: /^streams 0$/m }),
  setquota: () => ({ args: ["-b", "1000", "/app"], prints: /1000/ }),
  listquota: () => ({ args: ["/app"], prints: /100/ }),
  delquota: () => ({ args: ["/app"], prints: /^no quota$/m }),
  export: () => ({ args: ["/app", "-"], prints: /"path":/ }),
  import: (files) => ({ args: [join(files, "app.jsonl"), "/app"], prints: /there already: \/app/, code: 4 }),
  cp: () => ({ args: ["/app", "/copy"], prints: /2 nodes/ }),
  diff: () => ({ args: ["/app", "/old"], prints: /\ba\b/, code: 1 }),
  history: () => ({ args: ["/app/a"], prints: /^1 .* nodeCreated .* version 0 +2 bytes +\/app\/a$/m }),
  backup: (files) => ({ args: [join(files, "backup")], prints: /nodes and 0 sessions as of zxid \d+ in / }),
  restore: (files) => ({
    args: [join(files, "app.jsonl"), join(files, "restored")],
    prints: /^corral: .*app\.jsonl cannot be used: it is not a backup of Corral$/m,
    code: 2,
  }),
  fsck: (files) => ({ args: [files], prints: /^corral: there is no database in /m, code: 1 }),
  run: () => ({
    args: ["--register", "/app/e", "--", "sh", "-c", "echo ran; exit 9"],
    prints: /^ran$/m,
    code: 9,
  }),
  lock: () => ({
    args: ["/lock", "--", "sh", "-c", "echo $CORRAL_LOCK_TOKEN; exit 9"],
    prints: /^\d+$/m,
    code: 9,
  }),
};

skipUnless("script")("at a pseudo-terminal", () => {
  test.each([...verbs.keys()])("%s", async (name) => {
    const corral = await startCorral();
    const { args, prints, code = 0, interrupted = false } = scenes[name]!(await plant(corral));
    const ended = await atTerminal(corral, [name, ...args], interrupted ? prints : undefined);
    expect(ended).toEqual({ output: expect.stringMatching(prints), code });
  });
});

/** @param untilPrinted after which ctrl-C is typed. */
async function atTerminal(corral: Corral, args: readonly string[], untilPrinted?: RegExp) {
  const terminal = new AtTerminal([process.execPath, main, ...args], corral.env);
  if (untilPrinted !== undefined && (await terminal.printed(untilPrinted)) !== undefined)
    terminal.interrupt();
  const code = await terminal.ended;
  return { output: terminal.output, code };
}
