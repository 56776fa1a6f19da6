import type { Client } from "../client/index.ts";
import { UsageError } from "../config/usage-error.ts";
import { connectionFlags } from "./connection-flags.ts";
import { exitCodes, failureOf } from "./failure.ts";
import { type FlagSpecs, type FlagValues, flagOf, parseLine } from "./flags.ts";
import { formatOf, type Output } from "./output.ts";
import type { ArgSpec, Io, LineSpec, Verb } from "./verb.ts";

/** A verb that talks to a server: everything that there is to say about it. */
export interface VerbSpec<F extends FlagSpecs> {
  readonly name: string;
  readonly args: readonly ArgSpec[];
  readonly flags: F;
  /** What it does, in a few sentences. */
  readonly about: string;
  /** A command line that works on a server with the nodes of the README. */
  readonly example: string;
  /** The arguments of the grpcurl call that does what the example does. */
  readonly grpcurl: string;
  /** Whether it needs a session of its own; by default it does not. */
  session?(flags: FlagValues<F>): boolean;
  /** It goes on over restarts of the server, and so waits for one that is not there yet; by default it does not. */
  readonly patient?: true;
  /** Does it, and answers the exit code. */
  run(call: Call<F>): Promise<number>;
}

export type SignalTaker = (signal: "SIGINT" | "SIGTERM") => void;

/** One use of a verb. */
export interface Call<F extends FlagSpecs> {
  readonly flags: FlagValues<F>;
  /** The words, paths made absolute in the shell; those that are optional may be missing. */
  readonly words: readonly string[];
  readonly client: Client;
  readonly out: Output;
  readonly io: Io;
  /** Aborted by ctrl-C: what runs for ever ends well then. */
  readonly signal: AbortSignal;
  /** From now on signals end nothing by themselves, and are told to whom is given. The shell has none to give. */
  readonly takeSignals?: (taker: SignalTaker) => void;
  /** The time for each call, in milliseconds. */
  readonly timeoutMs: number;
  /** A path that is found elsewhere than among the words, made absolute in the shell. */
  readonly absolute: (path: string) => string;
  /** What goes on in the shell while other verbs run; undefined for a process of its own, which waits for it. */
  readonly background?: ((work: Promise<void>) => void) | undefined;
}

/** Where a verb runs: a process of its own, or the shell. */
export type Surrounding = Omit<Call<FlagSpecs>, "flags" | "words">;

/** A verb of a client, for the command line and for the shell. */
export interface ClientVerb extends Verb {
  readonly spec: VerbSpec<FlagSpecs>;
  readonly line: LineSpec;
}

export function isClientVerb(verb: Verb): verb is ClientVerb {
  return "spec" in verb;
}

/** Makes a verb of what there is to say about it. */
export function clientVerb<F extends FlagSpecs>(typed: VerbSpec<F>): ClientVerb {
  // Flags are only ever read by the spec that declares them.
  const spec = typed as unknown as VerbSpec<FlagSpecs>;
  const line = { args: spec.args, flags: { ...connectionFlags, ...spec.flags } };
  return {
    spec,
    line,
    usage: () => usageOf(spec),
    run: async (args, io) => {
      const { flags, words } = parseLine(args, line.flags, spec.args);
      const given = wordsOf(spec, { flags, words }, "/");
      const { runWithClient } = await import("./one-shot.ts");
      return await runWithClient(flags, io, {
        session: spec.session?.(flags) ?? false,
        patient: spec.patient ?? flags["retry"] === true,
        run: (surrounding) => spec.run({ ...surrounding, flags, words: given }),
      });
    },
  };
}

/** Runs a verb where there is a client already. @throws UsageError and whatever its calls throw */
export async function runIn(
  { spec }: ClientVerb,
  args: readonly string[],
  surrounding: Surrounding,
): Promise<number> {
  const { flags, words } = parseLine(args, { ...spec.flags, output: connectionFlags.output }, spec.args);
  const given = wordsOf(spec, { flags, words }, ".").map((word, at) =>
    argAt(spec.args, at)?.kind === "path" ? surrounding.absolute(word) : word,
  );
  const out = flags.output === undefined ? surrounding.out : surrounding.out.as(formatOf(`${flags.output}`));
  return await spec.run({ ...surrounding, out, flags, words: given });
}

/** The word of this place: the last one may stand for all that follow. */
export function argAt(args: readonly ArgSpec[], at: number): ArgSpec | undefined {
  const last = args.at(-1);
  return args[at] ?? (last?.rest ? last : undefined);
}

/** Runs something, and turns what it throws into one line and an exit code. */
export async function guarded(io: Io, signal: AbortSignal, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted && error === signal.reason) return exitCodes.interrupted;
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    io.complain(failure.line);
    return failure.code;
  }
}

/** The words that were given, and `here` for a path that was not. @throws UsageError */
export function wordsOf(
  { name, args }: Pick<VerbSpec<FlagSpecs>, "name" | "args">,
  { flags, words }: { readonly flags: FlagValues<FlagSpecs>; readonly words: readonly string[] },
  here: string,
): readonly string[] {
  const missing = args[words.length];
  if (missing?.unless !== undefined && flags[missing.unless] !== undefined) return words;
  if (missing?.orHere) return [...words, here];
  if (missing !== undefined && !missing.optional)
    throw new UsageError(`${name}: ${missing.name} is missing; \`corral help ${name}\` shows an example`);
  if (words.length > args.length && !args.at(-1)?.rest) {
    const extra = words[args.length];
    throw new UsageError(`${name}: unexpected argument ${JSON.stringify(extra)}; quote what has spaces`);
  }
  return words;
}

/** The first line of a verb's help. */
export function usageLine({ name, args }: Pick<VerbSpec<FlagSpecs>, "name" | "args">): string {
  const words = args.map(({ name: word, optional, orHere, rest }) => {
    const text = rest ? `${word}...` : word;
    return optional || orHere ? `[${text}]` : text;
  });
  return `Usage: corral ${[name, "[flags]", ...words].join(" ")}`;
}

function usageOf(spec: VerbSpec<FlagSpecs>): string {
  const { flags, about, example, grpcurl } = spec;
  const own = flagLines(flags);
  return [
    usageLine(spec),
    "",
    about,
    "",
    ...(own.length === 0 ? [] : ["Flags:", ...own, ""]),
    "Example:",
    `  ${example}`,
    "The same with grpcurl:",
    `  grpcurl ${grpcurl}`,
    "",
    "Which server, as whom, and how to print:",
    ...flagLines(connectionFlags),
    "",
    "Each of these can also come from a variable, CORRAL_ENDPOINT for --endpoint, or from a context.",
  ].join("\n");
}

/** What help says of flags. */
export function flagLines(specs: FlagSpecs): string[] {
  const heads = Object.entries(specs).map(([key, { short, value, kind }]) => {
    const named = kind === "switch" ? "" : ` ${value ?? (kind === "number" ? "N" : "TIME")}`;
    return `  ${short === undefined ? "    " : `-${short}, `}${flagOf(key)}${named}`;
  });
  return Object.values(specs).map(({ help }, at) => {
    const head = heads[at]!;
    return head.length > 30 ? `${head}\n${" ".repeat(32)}${help}` : `${head.padEnd(32)}${help}`;
  });
}
