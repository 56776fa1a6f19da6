import { nameOf } from "../../client/node.ts";
import { clientVerb } from "../client-verb.ts";
import { patternOf } from "../pattern.ts";

/** Finds nodes by name. */
export const find = clientVerb({
  name: "find",
  args: [{ name: "PATH", kind: "path" }, { name: "PATTERN" }],
  flags: {
    ignoreCase: { kind: "switch", short: "i", help: "Capital and small letters are the same." },
    regex: {
      kind: "switch",
      short: "E",
      help: "PATTERN is a regular expression, found anywhere in the path.",
    },
  },
  about:
    "Prints the paths at and below PATH whose name matches: * is any text, ? any letter. A pattern with a / in\nit is for the whole path.",
  example: "corral find / 's*'",
  grpcurl: `-plaintext -d '{"path":"/"}' localhost:7181 corral.v1.Coordination/Scan`,
  async run({ flags, words: [path = "", pattern = ""], client, out, timeoutMs, signal }) {
    const matcher = patternOf(pattern, { ...flags, glob: !flags.regex });
    const isWhole = flags.regex || pattern.includes("/");
    const found = (async function* () {
      for await (const node of client.scan(path, { timeoutMs, signal }))
        if (matcher.test(isWhole ? node.path : nameOf(node.path))) yield { path: node.path };
    })();
    await out.many(found, (node) => out.part(node.path));
    return 0;
  },
});
