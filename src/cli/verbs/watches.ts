import { clientVerb } from "../client-verb.ts";

/** Tells who watches. */
export const watches = clientVerb({
  name: "watches",
  args: [{ name: "PATH", kind: "path", optional: true }],
  flags: {
    count: {
      kind: "number",
      short: "n",
      formerly: "--limit",
      min: 1,
      max: 10_000,
      help: "How many to print at most, 1 to 10,000; 1,000 by default.",
    },
  },
  about: "Counts the watches by kind; of a PATH, prints who watches it.",
  example: "corral watches",
  grpcurl: "-plaintext localhost:7181 corral.v1.Admin/CountWatches",
  async run({ flags, words: [path], client, out, io, timeoutMs, signal }) {
    const bounds = { timeoutMs, signal };
    if (path === undefined) {
      const { counts, ...others } = await client.admin.countWatches(bounds);
      const lines = [...counts.map(({ kind, count }) => `${kind} ${count}`), `streams ${others.streams}`];
      out.one({ counts: Object.fromEntries(counts.map(({ kind, count }) => [kind, count])), ...others }, () =>
        lines.join("\n"),
      );
      return 0;
    }
    const { watchers, more } = await client.admin.watchersOf(path, { ...bounds, limit: flags.count ?? 0 });
    await out.table(watchers, [
      { title: "peer", of: ({ peer }) => peer },
      { title: "session", of: ({ sessionId }) => sessionId },
      { title: "kind", of: ({ kind }) => kind },
      { title: "sent", of: ({ sentZxid }) => sentZxid },
      { title: "waiting", of: ({ waitingEvents }) => waitingEvents },
      { title: "path", of: (watcher) => watcher.path },
    ]);
    if (more) io.complain("there are more; --count asks for them");
    return 0;
  },
});
