import { flagLines, guarded, usageLine, wordsOf } from "./client-verb.ts";
import { connectionFlags } from "./connection-flags.ts";
import { type FlagSpecs, type FlagValues, parseLine } from "./flags.ts";
import { interruption } from "./interruption.ts";
import { formatOf, Output } from "./output.ts";
import type { ArgSpec, Io, Verb } from "./verb.ts";

/** A verb that talks to no server. */
export interface LocalVerbSpec<F extends FlagSpecs> {
  readonly name: string;
  readonly args: readonly ArgSpec[];
  readonly flags: F;
  readonly about: string;
  readonly example: string;
  /** Does it, and answers the exit code. */
  run(call: LocalCall<F>): Promise<number>;
}

/** One use of a verb that talks to no server. */
export interface LocalCall<F extends FlagSpecs> {
  readonly flags: FlagValues<F>;
  readonly words: readonly string[];
  readonly out: Output;
  readonly io: Io;
  /** Aborted by ctrl-C. */
  readonly signal: AbortSignal;
}

/** Makes a verb of what there is to say about it. */
export function localVerb<F extends FlagSpecs>(typed: LocalVerbSpec<F>): Verb {
  // Flags are only ever read by the spec that declares them.
  const spec = typed as unknown as LocalVerbSpec<FlagSpecs>;
  const specs = { ...spec.flags, output: connectionFlags.output };
  return {
    line: { args: spec.args, flags: specs },
    usage: () =>
      [
        usageLine(spec),
        "",
        spec.about,
        "",
        "Flags:",
        ...flagLines(specs),
        "",
        "Example:",
        `  ${spec.example}`,
      ].join("\n"),
    run: async (args, io) => {
      const { flags, words } = parseLine(args, specs, spec.args);
      const out = new Output(formatOf(`${flags.output ?? (io.env["CORRAL_OUTPUT"] || "table")}`), io);
      const { signal } = interruption(io);
      return await guarded(io, signal, () =>
        spec.run({ flags, words: wordsOf(spec, { flags, words }, ""), out, io, signal }),
      );
    },
  };
}
