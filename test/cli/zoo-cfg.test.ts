import { expect, test } from "vitest";
import { parseProperties } from "../../src/config/properties.ts";
import { complaint, load, tempFile } from "./load.ts";

const readZoo = (content: string) => load(["--config", tempFile("zoo.cfg", content)]);
const refusalOf = (content: string) =>
  complaint(["--config", tempFile("zoo.cfg", content)]).replace(/^.*zoo\.cfg/, "zoo.cfg");

test("the sample that ZooKeeper ships is accepted as it is, with a warning for what has no meaning here", () => {
  const { settings, warnings, sources } = readZoo(
    [
      "# Length of a tick",
      "tickTime=2000",
      "# Ticks that joining may take",
      "initLimit=10",
      "syncLimit=5",
      "# Not under the temporary directory in earnest",
      "dataDir=/srv/zookeeper",
      "clientPort=2181",
      "#maxClientCnxns=60",
      "#autopurge.snapRetainCount=3",
      "#metricsProvider.httpPort=7000",
    ].join("\n"),
  );
  expect(settings).toMatchObject({ tickMs: 2_000, dataDir: "/srv/zookeeper", port: 2_181 });
  expect(sources.port).toMatch(/zoo\.cfg line 8, clientPort$/);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/zoo\.cfg: initLimit, syncLimit ignored: a single server has no ensemble/);
});

test("every name that Corral has as well", () => {
  const { settings, warnings } = readZoo(`
    tickTime=1000
    dataDir=/data
    clientPort=2182
    clientPortAddress=0.0.0.0
    minSessionTimeout=3000
    maxSessionTimeout=60000
    maxClientCnxns=60
    maxCnxns=500
    DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=
    enforceQuota=false
  `);
  expect(settings).toMatchObject({
    tickMs: 1_000,
    dataDir: "/data",
    port: 2_182,
    host: "0.0.0.0",
    minSessionTimeoutMs: 3_000,
    maxSessionTimeoutMs: 60_000,
    maxConnectionsPerAddress: 60,
    maxConnections: 500,
    superDigest: "super:D/InIHSb7yEEbrWz8b9l71RjZJU=",
    enforceQuota: false,
  });
  expect(warnings).toEqual([]);
});

test("-1 is ZooKeeper's word for the default session timeouts; an absent tickTime is Corral's, not 3000", () => {
  const { settings, sources } = readZoo("minSessionTimeout=-1\nmaxSessionTimeout=-1");
  expect(settings).toMatchObject({ tickMs: 2_000, minSessionTimeoutMs: 4_000, maxSessionTimeoutMs: 40_000 });
  expect(sources.minSessionTimeoutMs).toBe("default");
});

test.each([
  "initLimit=10",
  "syncLimit=5",
  "autopurge.purgeInterval=1",
  "snapCount=100000",
  "preAllocSize=65536",
  "admin.enableServer=false",
  "admin.serverPort=8080",
  "4lw.commands.whitelist=*",
  "metricsProvider.className=org.example.Provider",
  "dataLogDir=/log",
  "standaloneEnabled=false",
  "forceSync=yes",
  "peerType=participant",
  "skipACL=no",
  "audit.enable=false",
  "zookeeper.snapCount=10",
  "server.1=zoo1:2888:3888",
])("%s is accepted, and the warning names it", (line) => {
  const { warnings } = readZoo(line);
  const key = line.slice(0, line.indexOf("=")).replace("zookeeper.", "");
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(`zoo.cfg: ${key} ignored: `);
});

test.each([
  ["forceSync=no", "Corral syncs every write"],
  ["secureClientPort=2281", "TLS"],
  ["ssl.keyStore.location=/key", "TLS"],
  ["sslQuorum=true", "single server"],
  ["quorum.auth.enableSasl=true", "single server"],
  ["dynamicConfigFile=/x", "single server"],
  ["group.1=1:2:3", "single server"],
  ["peerType=observer", "single server"],
  ["authProvider.1=org.example.Sasl", "let in"],
  ["enforce.auth.enabled=true", "let in"],
  ["DigestAuthenticationProvider.digestAlg=SHA-256", "let in"],
  ["skipACL=yes", "ACLs"],
  ["audit.enable=true", "audit"],
  ["jute.maxbuffer=4194304", "1 MiB"],
  ["zookeeper.jute.maxbuffer=1", "1 MiB"],
  ["datadir.autocreate=false", "data directory"],
])("%s is refused, since ignoring it would weaken what the file asks for", (line, why) => {
  const message = refusalOf(`tickTime=2000\n${line}`);
  expect(message).toMatch(/^zoo\.cfg line 2: .* is refused: /);
  expect(message).toContain(why);
});

test("an ensemble is refused, and its members are named", () => {
  const servers = "server.1=zoo1:2888:3888\nserver.2=zoo2:2888:3888\nserver.3=zoo3:2888:3888";
  expect(refusalOf(`clientPort=2181\ninitLimit=5\n${servers}`)).toBe(
    "zoo.cfg line 4: server.1, server.2, server.3 are refused: " +
      "they form an ensemble, and Corral is a single server",
  );
  expect(refusalOf("server.1=zoo1:2888:3888;2181")).toContain("write it as clientPort");
});

test.each([
  ["tickTme=2000", 'zoo.cfg line 1: unknown key "tickTme" (did you mean tickTime?)'],
  ["xyzzyFrotz=1", 'zoo.cfg line 1: unknown key "xyzzyFrotz"'],
  ["toString=1", 'zoo.cfg line 1: unknown key "toString"'],
  [
    "tick_ms=2000",
    "zoo.cfg line 1: tick_ms is Corral's own name, for files that end in .toml; here it is tickTime",
  ],
  [
    "log_level=info",
    "zoo.cfg line 1: log_level is Corral's own name, for files that end in .toml; " +
      "here it is not possible: use --log-level or CORRAL_LOG_LEVEL",
  ],
])("%s: %s", (line, message) => {
  expect(refusalOf(line)).toBe(message);
});

test("a wrong value names both names, the line and the rule", () => {
  const path = tempFile("zoo.cfg", "\ntickTime=fast");
  expect(complaint(["--config", path])).toBe(
    `tick_ms must be a whole number from 10 to 600000, not "fast" (from ${path} line 2, tickTime)`,
  );
});

test("of a repeated key the last one counts, with a warning", () => {
  const { settings, warnings } = readZoo("clientPort=1\nclientPort=2");
  expect(settings.port).toBe(2);
  expect(warnings).toEqual([expect.stringMatching(/line 2: clientPort is set again; the last one counts/)]);
  expect(readZoo("minSessionTimeout=9000\nminSessionTimeout=-1").settings.minSessionTimeoutMs).toBe(4_000);
});

test("any file not named .toml is read like zoo.cfg", () => {
  expect(load(["--config", tempFile("corral.properties", "clientPort: 7")]).settings.port).toBe(7);
  expect(load(["--config", tempFile("corral.conf", "clientPort 8")]).settings.port).toBe(8);
});

test.each([
  ["plain", "a=1", [["a", "1"]]],
  [
    "colon, white space and nothing separate",
    "a:1\nb 2\nc\t= 3\nd : 4\ne",
    [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
      ["d", "4"],
      ["e", ""],
    ],
  ],
  [
    "only the first separator counts",
    "a==1\nb=:2\nc = d = e",
    [
      ["a", "=1"],
      ["b", ":2"],
      ["c", "d = e"],
    ],
  ],
  ["comments", "# a=1\n  ! b=2\nc=3 # not a comment", [["c", "3 # not a comment"]]],
  ["ends of keys and values are trimmed", "  a  =  1  \t", [["a", "1"]]],
  [
    "continued lines",
    "a=1,\\\n   2,\\\n\t3\nb=4",
    [
      ["a", "1,2,3"],
      ["b", "4"],
    ],
  ],
  ["a continued line may look like a comment", "a=1\\\n#2", [["a", "1#2"]]],
  [
    "an even number of backslashes ends the line",
    "a=1\\\\\nb=2",
    [
      ["a", "1\\"],
      ["b", "2"],
    ],
  ],
  ["a comment is not continued", "# a\\\nb=2", [["b", "2"]]],
  ["escapes", "a\\=b=c\\u0041\\n\\q\\:", [["a=b", "cA\nq:"]]],
  [
    "every kind of line end",
    "a=1\r\nb=2\rc=3\n",
    [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ],
  ],
  ["a byte order mark", "\uFEFFa=1", [["a", "1"]]],
  ["the file may end within a continuation", "a=1\\", [["a", "1"]]],
  ["an empty file", "", []],
] as const)("properties: %s", (_, content, entries) => {
  expect(parseProperties(content).map(({ key, value }) => [key, value])).toEqual(entries);
});

test("properties carry the number of their first line", () => {
  expect(parseProperties("\n# c\na=1\\\n2\nb=3").map(({ line }) => line)).toEqual([3, 5]);
});
