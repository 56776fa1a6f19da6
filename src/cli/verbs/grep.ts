import { clientVerb } from "../client-verb.ts";
import { patternOf } from "../pattern.ts";

/** Finds nodes by their data. */
export const grep = clientVerb({
  name: "grep",
  args: [{ name: "PATTERN" }, { name: "PATH", kind: "path", orHere: true }],
  flags: {
    ignoreCase: { kind: "switch", short: "i", help: "Capital and small letters are the same." },
    fixed: { kind: "switch", short: "F", help: "PATTERN is plain text." },
    paths: { kind: "switch", short: "l", help: "Print only the paths." },
  },
  about:
    "Prints the lines of data at and below PATH, / by default, that match a regular expression. Exits with 1 if\nthere are none.",
  example: "corral grep 30 /",
  grpcurl: `-plaintext -d '{"path":"/","with_data":true,"as_text":true}' localhost:7181 corral.v1.Coordination/Scan`,
  async run({ flags, words: [pattern = "", path = ""], client, out, timeoutMs, signal }) {
    const matcher = patternOf(pattern, flags);
    let count = 0;
    const found = (async function* () {
      for await (const node of client.scan(path, { withData: true, timeoutMs, signal })) {
        const lines = node.text
          .split("\n")
          .flatMap((text, at) => (matcher.test(text) ? [{ line: at + 1, text }] : []));
        if (lines.length === 0) continue;
        count++;
        if (flags.paths) yield { path: node.path };
        else for (const line of lines) yield { path: node.path, ...line };
      }
    })();
    await out.many<{ path: string; text?: string }>(found, (one) =>
      one.text === undefined
        ? out.part(one.path)
        : `${out.bright(out.part(one.path))}: ${out.part(one.text)}`,
    );
    return count === 0 ? 1 : 0;
  },
});
