import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bridges } from "../../src/cli/bridges.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { defaultText, namesOf, settingNames, settingOf } from "../../src/config/settings.ts";
import { ignoredKeys } from "../../src/config/zoo-cfg-ignored.ts";
import { zooKeeperNames } from "../../src/config/zoo-cfg-keys.ts";
import { refusedKeys } from "../../src/config/zoo-cfg-refused.ts";

const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");

/** The table whose header has these cells, as the page has it but for the padding of its cells. */
function tableIn(header: string): string {
  const compact = page.replaceAll(/ +\|/g, " |").replaceAll(/\| -+(?= )/g, "| ---");
  const from = compact.indexOf(header);
  expect(from, `the page has no table "${header}"`).not.toBe(-1);
  return compact.slice(from, compact.indexOf("\n\n", from));
}

/** The items of the first list after a text. */
function listAfter(text: string): string[] {
  const from = page.indexOf("\n- ", page.indexOf(text));
  return page.slice(from + 1, page.indexOf("\n\n", from)).split("\n");
}

function table(header: string, rows: readonly (readonly string[])[]): string {
  const rule = header.replaceAll(/[^|]+/g, " --- ");
  return [header, rule, ...rows.map((cells) => `| ${cells.join(" | ")} |`)].join("\n");
}

const code = (text: string) => `\`${text}\``;

test("the page lists every setting with its default, its bounds and its meaning, and no other", () => {
  const header = "| key | default | must be | what it does |";
  const rows = settingNames.map((name) => {
    const { unit, rule, help } = settingOf(name);
    const measure = rule.startsWith("a whole number") && unit !== "" ? `${rule} (${unit})` : rule;
    return [code(namesOf(name).key), defaultText(name), measure, help];
  });
  expect(tableIn(header)).toBe(table(header, rows));
});

test("the page lists what each name of ZooKeeper's becomes", () => {
  const header = "| zoo.cfg | Corral |";
  const rows = Object.entries(zooKeeperNames).map(([theirs, ours]) => [
    code(theirs),
    code(namesOf(ours).key),
  ]);
  expect(tableIn(header)).toBe(table(header, rows));
});

test("the page lists what is refused and what is ignored, and why", () => {
  const refused = refusedKeys.map(({ keys, harmless, reason }) => {
    const values = harmless && ` (any value but ${harmless.map(code).join(", ")})`;
    return `- ${keys.map(code).join(", ")}${values ?? ""}: ${reason}.`;
  });
  const ensemble =
    "- `server.*` (more than one, or an observer): Corral is a single server, not an ensemble.";
  expect(listAfter("are refused.")).toEqual([...refused, ensemble]);
  const ignored = ignoredKeys.map(({ keys, reason }) => `- ${keys.map(code).join(", ")}: ${reason}.`);
  expect(listAfter("a warning at start names them:")).toEqual(ignored);
});

test("the page on the command lists the words of other command lines that are Corral's verbs", () => {
  const cli = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
  const rows = [...cli.matchAll(/^\| (`[\w`, ]+`) +\| `([\w -]+)` +\|$/gm)].flatMap(([, words = "", own]) =>
    words.split(", ").map((word) => [word.replaceAll("`", ""), own]),
  );
  const known = [...bridges].flatMap(([word, bridge]) =>
    "as" in bridge ? [[word, bridge.as.join(" ")]] : [],
  );
  expect(rows.sort()).toEqual([...known, ["version", "--version"]].sort());
});

test("the page on the command lists every verb with its words and what it does", async () => {
  const cli = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
  const rows = [...cli.matchAll(/^\| `([a-z][\w-]*)(.*?)` +\| (.+?) +\|$/gim)].map(
    ([, name, words, summary]) => ({
      name: name!,
      words: words!.replaceAll("\\", ""),
      summary,
    }),
  );
  for (const [name, entry] of verbs) {
    const usage = (await entry.load()).usage();
    const [, words = ""] = /^Usage: corral [\w-]+(.*)$/m.exec(usage) ?? [];
    const plain = words.replace(/ \[--json\]/, "").replace(/ \[flags.*?\]/, "");
    expect(rows).toContainEqual({ name, words: plain, summary: entry.summary });
  }
});
