import { homedir } from "node:os";
import { createInterface, type Interface } from "node:readline";
import { addAbortSignal, Readable } from "node:stream";
import type { Client } from "../../client/index.ts";
import { didYouMean } from "../../config/nearest.ts";
import { shown, UsageError } from "../../config/usage-error.ts";
import { visible } from "../../visible.ts";
import { bridged } from "../bridges.ts";
import { guarded, isClientVerb, runIn, type Surrounding } from "../client-verb.ts";
import { exitCodes } from "../failure.ts";
import { asksForHelp } from "../flags.ts";
import { historyLinesMax } from "../limits.ts";
import { linesIn, textOf } from "../lines.ts";
import { Output } from "../output.ts";
import type { Target } from "../target.ts";
import { obeys } from "../terminal.ts";
import type { Io } from "../verb.ts";
import { verbs } from "../verbs.ts";
import { wordsIn } from "../words.ts";
import { builtins, notInShell } from "./builtins.ts";
import { completionsIn } from "./completions.ts";
import { historyFile, loadHistory, saveHistory } from "./history.ts";
import { Place } from "./place.ts";
import { TypedKeys, withoutSeparators, withSeparators } from "./typed.ts";

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
  /** What edits the lines that somebody types; undefined for lines from a file. */
  readonly #editor: Interface | undefined;
  readonly #stdin: Io["stdin"];
  readonly #historyFile: string;
  /** The last line first. */
  history: readonly string[];
  /** That of the last line that failed; a shell that somebody quits went well. */
  exitCode: number = exitCodes.ok;
  /** Aborted by ctrl-C; there while a line runs. */
  #running: AbortController | undefined;
  #ended = false;
  readonly #quitting = new AbortController();

  constructor(client: Client, target: Target, io: Io) {
    this.client = client;
    this.timeoutMs = target.timeoutMs;
    this.#isInteractive = io.isTerminal && io.stdin.isTTY === true;
    this.#target = target;
    this.#historyFile = historyFile(io.env, homedir());
    this.history = this.#isInteractive ? loadHistory(this.#historyFile) : [];
    this.#stdin = io.stdin;
    this.#editor = this.#isInteractive ? this.#edit(io) : undefined;
    this.#io = {
      ...io,
      get stdin() {
        return stdinOfVerbs();
      },
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
    this.#prompt();
    try {
      for await (const line of this.#lines()) {
        await this.#runLine(line);
        if (this.#ended) break;
        this.#prompt();
      }
    } catch (error) {
      // Nobody waits for the rest of the lines.
      if (!this.#ended) throw error;
    }
    this.#editor?.close();
    if (this.#isInteractive) this.#saveHistory();
  }

  quit(): void {
    this.#ended = true;
    this.#running?.abort();
    this.#editor?.close();
    this.#quitting.abort();
  }

  #edit(io: Io): Interface {
    const editor = createInterface({
      input: new TypedKeys(io.stdin),
      output: io.stdout,
      terminal: true,
      history: this.history.map(withoutSeparators),
      historySize: historyLinesMax,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, found: [string[], string]) => void) =>
        void this.#complete(line).then((found) => done(null, found)),
    });
    editor.on("SIGINT", () => this.#interrupt());
    editor.on("history", (lines) => {
      this.history = lines.map(withSeparators);
    });
    return editor;
  }

  async *#lines(): AsyncGenerator<string | Buffer, void> {
    if (this.#editor === undefined) yield* linesIn(addAbortSignal(this.#quitting.signal, this.#stdin));
    else for await (const line of this.#editor) yield withSeparators(line);
  }

  async #runLine(line: string | Buffer): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const code = await guarded(this.#io, running.signal, async () => {
      try {
        return await this.#runWords(
          wordsIn(typeof line === "string" ? line : textOf(line, "this line")),
          running.signal,
        );
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        this.#io.complain(error.message);
        return exitCodes.usage;
      }
    });
    this.#running = undefined;
    if (code !== exitCodes.ok && !this.#isInteractive) this.exitCode = code;
  }

  async #runWords(line: readonly string[], signal: AbortSignal): Promise<number> {
    const [word, ...args] = bridged(line);
    if (word === undefined) return exitCodes.ok;
    const builtin = builtins.get(word);
    // `history` alone is the shell's, and with a path the verb.
    if (builtin !== undefined && (args.length === 0 || !verbs.has(word))) {
      await builtin.run(this, args);
      return exitCodes.ok;
    }
    if (notInShell.includes(word))
      throw new UsageError(`${word} is no verb of the shell: run \`corral ${word}\` outside it`);
    const verb = await verbs.get(word)?.load();
    if (verb === undefined || !isClientVerb(verb)) {
      const known = [...builtins.keys(), ...verbs.keys()].filter((name) => !notInShell.includes(name));
      throw new UsageError(`unknown verb ${shown(word)}${didYouMean(word, known)}; \`help\` lists them`);
    }
    if (asksForHelp(args, verb.line)) {
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
    const { found, typed } = await completionsIn(withSeparators(line), this);
    return [found.map(withoutSeparators), withoutSeparators(typed)];
  }

  #interrupt(): void {
    if (this.#running !== undefined) {
      this.#running.abort();
      return;
    }
    // As shells do: the line is given up, and a new one begins.
    this.#editor?.write(null, { ctrl: true, name: "e" });
    this.#editor?.write(null, { ctrl: true, name: "u" });
    this.#io.out("");
  }

  #prompt(): void {
    if (!this.#isInteractive) return;
    const { path } = this.place;
    this.#editor?.setPrompt(`${this.#target.endpoints[0]} ${this.out.bright(visible(path))}> `);
    this.#editor?.prompt();
  }

  /** What is printed while somebody types goes above the line, which is drawn again. */
  #print(write: () => void): void {
    const isTyping = this.#isInteractive && this.#running === undefined && !this.#ended;
    if (isTyping && obeys(this.#io.env)) this.#io.stdout.write("\r\u001b[K");
    write();
    if (isTyping) this.#editor?.prompt(true);
  }

  #saveHistory(): void {
    try {
      saveHistory(this.#historyFile, this.history);
    } catch (error) {
      this.#io.complain(`the history is not kept: ${(error as Error).message}`);
    }
  }
}

/** The lines of the shell are read from standard input: a verb must not take them away, nor find nothing and write that. */
function stdinOfVerbs(): Readable {
  return new Readable({
    read() {
      this.destroy(new UsageError("standard input is the shell's own: name a file instead of -"));
    },
  });
}
