import { shown, UsageError } from "../../config/usage-error.ts";
import { version } from "../../version.ts";
import { bridged } from "../bridges.ts";
import { basic } from "../credentials.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Completes } from "../verb.ts";
import { verbs } from "../verbs.ts";
import type { Shell } from "./shell.ts";

/** A word that only the shell knows. */
interface Builtin {
  readonly usage: string;
  readonly completes: Completes;
  run(shell: Shell, args: readonly string[]): Promise<void> | void;
}

/** What the shell does itself. */
export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ["cd", { usage: "cd [PATH|-]: go to a node", completes: "path", run: changePlace }],
  [
    "pwd",
    { usage: "pwd: print where you are", completes: [], run: (shell) => shell.out.line(shell.place.path) },
  ],
  [
    "addauth",
    {
      usage: "addauth digest NAME:PASSWORD, or addauth bearer TOKEN: say who you are",
      completes: ["digest", "bearer"],
      run: authorize,
    },
  ],
  [
    "history",
    {
      usage: "history: print the lines of before; with a PATH, what happened to that node",
      completes: [],
      run: printHistory,
    },
  ],
  ["help", { usage: "help [VERB]: tell more", completes: "verb", run: help }],
  [
    "version",
    {
      usage: "version: print the version of the command",
      completes: [],
      run: ({ out }) => out.line(`corral ${version()}`),
    },
  ],
  ["quit", { usage: "quit, exit or ctrl-D: end the session", completes: [], run: (shell) => shell.quit() }],
  ["exit", { usage: "exit: as quit", completes: [], run: (shell) => shell.quit() }],
]);

async function changePlace(shell: Shell, [word]: readonly string[]): Promise<void> {
  const path = shell.place.target(word);
  if ((await shell.client.exists(path, { timeoutMs: shell.timeoutMs })) === undefined)
    throw new Failure(`no node: there is no node at ${path}`, exitCodes.notFound);
  shell.place.go(path);
}

function authorize({ client }: Shell, [scheme, secret]: readonly string[]): void {
  if (secret === undefined) throw new UsageError("addauth digest NAME:PASSWORD, or addauth bearer TOKEN");
  if (scheme === "digest") client.authorize(basic(secret));
  else if (scheme === "bearer") client.authorize(`Bearer ${secret}`);
  else throw new UsageError(`addauth takes digest or bearer, not ${shown(scheme)}`);
}

function printHistory({ out, history }: Shell): void {
  for (const line of [...history].reverse()) out.line(line);
}

async function help({ out }: Shell, [word]: readonly string[]): Promise<void> {
  if (word !== undefined) {
    const [own = word] = bridged([word]);
    const builtin = builtins.get(own)?.usage;
    const usage = builtin ?? (await verbs.get(own)?.load())?.usage();
    if (usage === undefined) throw new UsageError(`there is no verb ${shown(word)}; \`help\` lists them`);
    out.line(usage);
    return;
  }
  const names = [...verbs].filter(([name]) => !notInShell.includes(name));
  for (const [name, { summary }] of names) out.line(`  ${name.padEnd(12)}${summary}`);
  for (const { usage } of builtins.values()) out.line(`  ${usage}`);
}

/** Verbs that make no sense within the shell. */
export const notInShell: readonly string[] = [
  "serve",
  "server",
  "config",
  "shell",
  "completion",
  "restore",
  "fsck",
  "run",
  "lock",
];
