import { expect, test } from "vitest";
import { parseProperties } from "../../src/config/properties.ts";
import { complaint, load, tempFile } from "./load.ts";

const readZoo = (content: string) => load(["--config", tempFile("zoo.cfg", content)]);
const refusalOf = (content: string) =>
  complaint(["--config", tempFile("zoo.cfg", content)]).replaceAll(/\/\S*\/zoo\.cfg/g, "zoo.cfg");

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

test("a reason says why what is refused cannot be ignored", () => {
  const why = [
    ["forceSync=no", "Corral syncs every write"],
    ["secureClientPort=2281", "TLS"],
    ["dynamicConfigFile=/x", "single server"],
    ["authProvider.1=org.example.Sasl", "let in"],
    ["skipACL=yes", "ACLs"],
    ["audit.enable=true", "audit"],
    ["zookeeper.jute.maxbuffer=1", "1 MiB"],
    ["datadir.autocreate=false", "data directory"],
  ] as const;
  for (const [line, reason] of why) expect(refusalOf(line)).toContain(reason);
});

test("an ensemble is refused, and its members are named", () => {
  const servers = "server.1=zoo1:2888:3888\nserver.2=zoo2:2888:3888\nserver.3=zoo3:2888:3888";
  expect(refusalOf(`clientPort=2181\ninitLimit=5\n${servers}`)).toBe(
    "zoo.cfg line 4: server.1, server.2, server.3 are refused: " +
      "they form an ensemble, and Corral is a single server",
  );
  expect(refusalOf("server.1=zoo1:2888:3888:observer;2181")).toContain("an observer follows an ensemble");
  expect(readZoo("server.1=zoo1:2888:3888:participant").settings.port).toBe(7_181);
});

test.each([
  ["server.1=localhost:2888:3888;2182", 2_182, "127.0.0.1"],
  ["server.1=localhost:2888:3888:participant; 2182", 2_182, "127.0.0.1"],
  ["server.7=localhost:2888:3888;0.0.0.0:2182", 2_182, "0.0.0.0"],
  ["server.1=[::1]:2888:3888;[::]:2182", 2_182, "::"],
  ["server.1=a:2888:3888|b:2888:3888;2182", 2_182, "127.0.0.1"],
  ["server.1=localhost:2888:3888;2182\nclientPort=2182", 2_182, "127.0.0.1"],
  ["clientPort=2182\nclientPortAddress=::1\nserver.1=localhost:2888:3888;2182", 2_182, "::1"],
])("the client port of the only server is used: %s", (content, port, host) => {
  const { settings, sources, warnings } = readZoo(content);
  expect(settings).toMatchObject({ port, host });
  expect(sources.port).toMatch(/zoo\.cfg line \d, (server\.\d|clientPort)$/);
  expect(warnings).toEqual([
    expect.stringMatching(/server\.\d before its ";" ignored: a single server has no peers/),
  ]);
});

test.each([
  [
    "clientPort=2181\nserver.1=h:2888:3888;2182",
    /^zoo\.cfg line 2, server\.1: 2182 contradicts clientPort=2181 \(.*zoo\.cfg line 1, clientPort\); keep one of them$/,
  ],
  ["clientPortAddress=::1\nserver.1=h:2888:3888;[::]:2182", /:: contradicts clientPortAddress=::1/],
  ["server.1=h:2888:3888;1:2:3", /after the ";" comes a client port/],
  ["server.1=h:2888:3888;2181;2182", /after the ";" comes a client port/],
  ["server.1=h:2888:3888;x", /^port must be a whole number .*zoo\.cfg line 1, server\.1\)$/],
  ["server.1=h:2888:3888;", /^port must be a whole number/],
  ["server.one=h:2888:3888", /unknown key "server.one": after "server\." comes a server's number/],
])("a client address that cannot be meant is refused: %s", (content, message) => {
  expect(refusalOf(content)).toMatch(message);
});

test("TRUE and False are truth values, as ZooKeeper reads them", () => {
  expect(readZoo("enforceQuota=FALSE").settings.enforceQuota).toBe(false);
  expect(readZoo("enforceQuota=True").settings.enforceQuota).toBe(true);
  expect(refusalOf("enforceQuota=yes")).toContain("enforce_quota must be true or false");
});

test.each([
  ["dataDir=C:\\users", "\\u must be followed by four hexadecimal digits; write \\\\ for a backslash"],
  ["dataDir=C:\\data", 'the backslash before "d" is lost in this format, which leaves dataDir=C:data'],
  [
    "dataDir=C:\\temp",
    'data_dir must be the path of a directory without ~, variables or a drive letter, not "C:\\temp"',
  ],
  ["dataDir=C:/data", 'not "C:/data"'],
  ["dataDir=D:\\\\data", 'not "D:\\\\data"'],
  [`dataDir=\${ZOO_DATA_DIR}`, `not "\${ZOO_DATA_DIR}"`],
  [`dataDir=/srv/\${user.name}/data`, `not "/srv/\${user.name}/data"`],
  ["dataDir=$HOME/data", 'not "$HOME/data"'],
  ["dataDir=%APPDATA%/zk", 'not "%APPDATA%/zk"'],
  ["dataDir=~/zk", 'not "~/zk"'],
])("%s is an error, not the name of a directory", (line, message) => {
  expect(refusalOf(`tickTime=2000\n${line}`)).toContain(message);
  expect(refusalOf(`tickTime=2000\n${line}`)).toContain("zoo.cfg line 2");
});

test("a path may hold any letter, a dollar sign, a percent sign or a backslash that is written twice", () => {
  expect(readZoo("dataDir=/srv/a$b/100%/c\\\\d e/é").settings.dataDir).toBe("/srv/a$b/100%/c\\d e/é");
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
  expect(parseProperties(content, "zoo.cfg").map(({ key, value }) => [key, value])).toEqual(entries);
});

test("properties carry the number of their first line", () => {
  expect(parseProperties("\n# c\na=1\\\n2\nb=3", "zoo.cfg").map(({ line }) => line)).toEqual([3, 5]);
});
