import { homedir } from "node:os";
import { createInterface, type Interface } from "node:readline";
import { Readable } from "node:stream";
import type { Client } from "../../client/index.ts";
import { didYouMean } from "../../config/nearest.ts";
import { shown, UsageError } from "../../config/usage-error.ts";
import { childrenOf } from "../children.ts";
import { guarded, runIn, type Surrounding } from "../client-verb.ts";
import { completionsOf, isClientVerb } from "../completion.ts";
import { connectionFlags } from "../connection-flags.ts";
import { exitCodes } from "../failure.ts";
import { historyLinesMax } from "../limits.ts";
import { Output } from "../output.ts";
import type { Target } from "../target.ts";
import type { Io } from "../verb.ts";
import { verbs } from "../verbs.ts";
import { wordsIn } from "../words.ts";
import { builtins, notInShell } from "./builtins.ts";
import { historyFile, loadHistory, saveHistory } from "./history.ts";
import { Place } from "./place.ts";

/** A shell: lines are run one after the other, in one session and at one place of the tree. */
export class Shell {
  readonly client: Client;
  readonly place = new Place();
  readonly out: Output;
  readonly timeoutMs: number;
  readonly #target: Target;
  readonly #io: Io;
  /** Somebody types, and reads. */
  readonly #isInteractive: boolean;
  readonly #lines: Interface;
  readonly #historyFile: string;
  /** The last line first. */
  history: readonly string[];
  /** That of the last line that failed; a shell that somebody quits went well. */
  exitCode: number = exitCodes.ok;
  /** Aborted by ctrl-C; there while a line runs. */
  #running: AbortController | undefined;
  #ended = false;

  constructor(client: Client, target: Target, io: Io) {
    this.client = client;
    this.timeoutMs = target.timeoutMs;
    this.#isInteractive = io.isTerminal && io.stdin.isTTY === true;
    this.#target = target;
    this.#historyFile = historyFile(io.env, homedir());
    this.history = this.#isInteractive ? loadHistory(this.#historyFile) : [];
    this.#lines = createInterface({
      input: io.stdin,
      output: this.#isInteractive ? io.stdout : undefined,
      terminal: this.#isInteractive,
      history: [...this.history],
      historySize: historyLinesMax,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, found: [string[], string]) => void) =>
        void this.#complete(line).then((found) => done(null, found)),
    });
    this.#io = {
      ...io,
      // The lines are read from it: a verb must not take them away.
      stdin: Readable.from([]),
      out: (text) => this.#print(() => io.out(text)),
      complain: (line) => this.#print(() => io.complain(line)),
    };
    this.out = new Output(target.format, this.#io);
  }

  /** Runs lines until there are no more, or somebody quits. */
  async run(): Promise<void> {
    const { client } = this;
    client.onState((state) => {
      if (state === "lost") this.#io.complain("the session is lost, and its ephemeral nodes with it");
    });
    client.onEphemeralLost(({ path }) => this.#io.complain(`somebody deleted your ephemeral node ${path}`));
    this.#lines.on("SIGINT", () => this.#interrupt());
    this.#lines.on("history", (lines) => {
      this.history = lines;
    });
    this.#prompt();
    for await (const line of this.#lines) {
      await this.#runLine(line);
      if (this.#ended) break;
      this.#prompt();
    }
    this.#lines.close();
    if (this.#isInteractive) this.#saveHistory();
  }

  quit(): void {
    this.#ended = true;
    this.#running?.abort();
    this.#lines.close();
  }

  async #runLine(line: string): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const code = await guarded(this.#io, running.signal, async () => {
      try {
        return await this.#runWords(wordsIn(line), running.signal);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        this.#io.complain(error.message);
        return exitCodes.usage;
      }
    });
    this.#running = undefined;
    if (code !== exitCodes.ok && !this.#isInteractive) this.exitCode = code;
  }

  async #runWords([word, ...args]: readonly string[], signal: AbortSignal): Promise<number> {
    if (word === undefined) return exitCodes.ok;
    const builtin = builtins.get(word);
    if (builtin !== undefined) {
      await builtin.run(this, args);
      return exitCodes.ok;
    }
    const verb = notInShell.includes(word) ? undefined : await verbs.get(word)?.load();
    if (verb === undefined || !isClientVerb(verb)) {
      const known = [...builtins.keys(), ...verbs.keys()].filter((name) => !notInShell.includes(name));
      throw new UsageError(`unknown verb ${shown(word)}${didYouMean(word, known)}; \`help\` lists them`);
    }
    if (args.includes("--help") || args.includes("-h")) {
      this.out.line(verb.usage());
      return exitCodes.ok;
    }
    return await runIn(verb, args, this.#surrounding(word, signal));
  }

  #surrounding(verb: string, signal: AbortSignal): Surrounding {
    return {
      client: this.client,
      out: this.out,
      io: this.#io,
      signal,
      timeoutMs: this.timeoutMs,
      // A sequential node may be all number: create -s /a/
      absolute: (path) => `${this.place.absolute(path)}${verb === "create" && /.\/$/.test(path) ? "/" : ""}`,
      background: (work) => void guarded(this.#io, signal, () => work.then(() => exitCodes.ok)),
    };
  }

  async #complete(line: string): Promise<[string[], string]> {
    const words = line.trimStart().split(/\s+/);
    const found = await completionsOf(words, {
      verbs: new Map([...verbs].filter(([name]) => !notInShell.includes(name))),
      others: new Map([...builtins].map(([name, { completes }]) => [name, completes])),
      flags: { output: connectionFlags.output },
      absolute: (path) => this.place.absolute(path),
      children: (path) => childrenOf(this.client, path),
    });
    return [found, words.at(-1) ?? ""];
  }

  #interrupt(): void {
    if (this.#running !== undefined) {
      this.#running.abort();
      return;
    }
    // As shells do: the line is given up, and a new one begins.
    this.#lines.write(null, { ctrl: true, name: "e" });
    this.#lines.write(null, { ctrl: true, name: "u" });
    this.#io.out("");
  }

  #prompt(): void {
    if (!this.#isInteractive) return;
    const { path } = this.place;
    this.#lines.setPrompt(`${this.#target.endpoints[0]} ${this.out.bright(path)}> `);
    this.#lines.prompt();
  }

  /** What is printed while somebody types goes above the line, which is drawn again. */
  #print(write: () => void): void {
    const isTyping = this.#isInteractive && this.#running === undefined && !this.#ended;
    if (isTyping) this.#io.stdout.write("\r\u001b[K");
    write();
    if (isTyping) this.#lines.prompt(true);
  }

  #saveHistory(): void {
    try {
      saveHistory(this.#historyFile, this.history);
    } catch (error) {
      this.#io.complain(`the history is not kept: ${(error as Error).message}`);
    }
  }
}
