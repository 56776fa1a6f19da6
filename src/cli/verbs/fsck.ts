import { exitCodes, Failure } from "../failure.ts";
import { localVerb } from "../local-verb.ts";
import { amount } from "../transfer/report.ts";

/** Something is wrong. */
const brokenCode = 1;

/** Looks for all that is wrong in a data directory. */
export const fsck = localVerb({
  name: "fsck",
  args: [{ name: "DIR" }],
  flags: {},
  about: [
    "Checks the data directory of a server that does not run: the pages of the database, every row, that nodes have",
    "parents and ephemeral nodes sessions, that the history can be read and has no gap, and that nothing acknowledged is",
    "missing. It prints a line for each problem, and exits with 1 if there is any. Nothing is changed or repaired.",
  ].join("\n"),
  example: "corral fsck ./data",
  async run({ words: [dataDir = ""], out }) {
    const { dataDirectory } = await import("../../data-directory.ts");
    try {
      if (dataDirectory.isInUse(dataDir))
        throw new Failure(`a server uses ${dataDir}: stop it first`, exitCodes.conflict);
      const { problems, ...counts } = dataDirectory.check(dataDir);
      out.one({ dataDir, problems, ...counts }, () => {
        if (problems.length > 0) return problems.join("\n");
        const { zxid, nodes, sessions, transactions } = counts;
        const what = `${amount(nodes, "node")}, ${amount(sessions, "session")}`;
        return `all is well: ${what} at zxid ${zxid}, and a history of ${amount(transactions, "change")}`;
      });
      return problems.length === 0 ? 0 : brokenCode;
    } catch (error) {
      if (error instanceof Error && error.name === "JournalUnusable")
        throw new Failure(error.message, brokenCode);
      throw error;
    }
  },
});
