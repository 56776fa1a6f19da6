import { expect, test } from "vitest";
import { renderJson, renderToml } from "../../src/config/render.ts";
import { namesOf, schema, settingNames } from "../../src/config/settings.ts";
import { complaint, load, tempFile } from "./load.ts";

test("the defaults", () => {
  expect(load([]).settings).toEqual({
    host: "127.0.0.1",
    port: 7181,
    healthPort: 0,
    httpPort: 7_180,
    httpHost: "127.0.0.1",
    tlsCertFile: "",
    tlsKeyFile: "",
    tlsClientCaFile: "",
    tlsClientAuth: "none",
    requireAuthentication: "none",
    superDigest: "",
    superDigestFile: "",
    jwtKeysFile: "",
    jwtIssuer: "",
    jwtAudience: "",
    bindSessionsToIdentity: false,
    dataDir: "/home/ada/.local/share/corral",
    tickMs: 2_000,
    minSessionTimeoutMs: 4_000,
    maxSessionTimeoutMs: 40_000,
    watchBookmarkIntervalMs: 5_000,
    historyMaxTransactions: 1_000_000,
    historyMaxBytes: 268_435_456,
    historyMaxAgeMs: 604_800_000,
    maxTransactionOperations: 1_000,
    maxConnections: 20_000,
    maxConnectionsPerAddress: 10_000,
    maxConnectionAgeMs: 0,
    maxSessionsPerAddress: 100_000,
    maxSessionsPerIdentity: 100_000,
    maxWatchesPerAddress: 2_000_000,
    maxWatchesPerIdentity: 2_000_000,
    clientMemoryMaxBytes: 1_073_741_824,
    enforceQuota: true,
    logLevel: "info",
    diskLowBytes: 268_435_456,
    slowFsyncMs: 500,
    slowRequestMs: 1_000,
    metricsCompat: "none",
    auditLog: "",
    acceptDataLoss: false,
  });
});

test("one rule makes the names of all sources", () => {
  expect(namesOf("maxConnectionsPerAddress")).toEqual({
    key: "max_connections_per_address",
    env: "CORRAL_MAX_CONNECTIONS_PER_ADDRESS",
    flag: "--max-connections-per-address",
  });
});

// Each row leaves out the source that won before it.
test.each([
  { flag: true, env: true, file: true, wins: { tickMs: 1_001, source: "--tick-ms" } },
  { flag: false, env: true, file: true, wins: { tickMs: 1_002, source: "CORRAL_TICK_MS" } },
  { flag: false, env: false, file: true, wins: { tickMs: 1_003, source: "tick_ms" } },
  { flag: false, env: false, file: false, wins: { tickMs: 2_000, source: "default" } },
  { flag: true, env: false, file: true, wins: { tickMs: 1_001, source: "--tick-ms" } },
])("flag $flag, variable $env, file $file: $wins.source wins", ({ flag, env, file, wins }) => {
  const path = tempFile("corral.toml", "tick_ms = 1003");
  const { settings, sources } = load(
    [...(flag ? ["--tick-ms", "1001"] : []), ...(file ? ["--config", path] : [])],
    env ? { CORRAL_TICK_MS: "1002" } : {},
  );
  expect(settings.tickMs).toBe(wins.tickMs);
  expect(sources.tickMs).toBe(wins.source === "tick_ms" ? `${path}, tick_ms` : wins.source);
  expect(settings.maxSessionTimeoutMs).toBe(20 * wins.tickMs);
});

test("CORRAL_CONFIG names the file, and --config comes before it", () => {
  const one = tempFile("one.toml", "port = 1");
  const two = tempFile("two.toml", "port = 2");
  expect(load([], { CORRAL_CONFIG: one }).settings.port).toBe(1);
  expect(load(["--config", two], { CORRAL_CONFIG: one }).settings.port).toBe(2);
});

test("of a repeated flag the last one counts; a switch needs no value", () => {
  const { settings } = load(["--port=1", "--port", "2", "--accept-data-loss"]);
  expect(settings).toMatchObject({ port: 2, acceptDataLoss: true });
  expect(
    load(["--accept-data-loss=false"], { CORRAL_ACCEPT_DATA_LOSS: "true" }).settings.acceptDataLoss,
  ).toBe(false);
});

test.each([
  [["--prot", "1"], "unknown flag --prot (did you mean --port?)"],
  [["--tick_ms=5"], "unknown flag --tick_ms (did you mean --tick-ms?)"],
  [["-p"], "unknown flag -p"],
  [["--xyzzy-frotz"], "unknown flag --xyzzy-frotz"],
  [["7181"], 'unexpected argument "7181"'],
  [["--port"], "--port needs a value"],
  [["--data-dir", "--port", "1"], "--data-dir needs a value"],
  [["--config"], "--config needs a value"],
  [["--config="], "--config must be the path of a file"],
])("flags %j: %s", (args, message) => {
  expect(complaint(args)).toBe(message);
});

test.each([
  [{ CORRAL_TIK_MS: "1" }, "unknown environment variable CORRAL_TIK_MS (did you mean CORRAL_TICK_MS?)"],
  [{ CORRAL_CONFG: "x" }, "unknown environment variable CORRAL_CONFG (did you mean CORRAL_CONFIG?)"],
  [{ CORRAL_CONFIG: "" }, "CORRAL_CONFIG must be the path of a file"],
])("environment %j: %s", (env, message) => {
  expect(complaint([], env)).toBe(message);
});

test("the variables that Kubernetes makes for a service named corral are none of ours", () => {
  const { settings } = load([], {
    CORRAL_SERVICE_HOST: "10.0.0.1",
    CORRAL_SERVICE_PORT: "7181",
    CORRAL_SERVICE_PORT_GRPC: "7181",
    CORRAL_PORT: "tcp://10.0.0.1:7181",
    CORRAL_PORT_7181_TCP: "tcp://10.0.0.1:7181",
    CORRAL_PORT_7181_TCP_PROTO: "tcp",
    CORRAL_PORT_7181_TCP_PORT: "7181",
    CORRAL_PORT_7181_TCP_ADDR: "10.0.0.1",
  });
  expect(settings).toEqual(load([]).settings);
  expect(load([], { CORRAL_PORT: "1" }).settings.port).toBe(1);
});

test.each([
  ["tik_ms = 1", 'unknown key "tik_ms" (did you mean tick_ms?)'],
  ["tickTime = 1", 'unknown key "tickTime" (in a .toml file it is tick_ms)'],
  ["[server]\nport = 1", 'unknown key "server"'],
  ["constructor = 1", 'unknown key "constructor"'],
])("file %j: %s", (content, message) => {
  const path = tempFile("corral.toml", content);
  expect(complaint(["--config", path])).toBe(`${path}: ${message}`);
});

test("a file that is not TOML is told with the place, on one line", () => {
  const path = tempFile("corral.toml", "port = 1\nhost = 127.0.0.1\n");
  const message = complaint(["--config", path]);
  expect(message).toMatch(/corral\.toml line 2 column \d+: \S/);
  expect(message).not.toContain("\n");
});

test("a file that cannot be read says why", () => {
  expect(complaint(["--config", "/no/such.toml"])).toBe(
    "configuration file /no/such.toml cannot be read: it does not exist",
  );
  expect(complaint(["--config", "/"])).toBe("configuration file / cannot be read: it is a directory");
});

const tls = ["--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem"];
test.each([
  [tls.slice(0, 2), "tls_cert_file needs tls_key_file as well"],
  [tls.slice(2), "tls_key_file needs tls_cert_file as well"],
  [["--jwt-keys-file", "jwks.json", "--jwt-issuer", "me"], "jwt_keys_file needs jwt_audience as well"],
  [["--jwt-audience", "corral"], "jwt_audience needs jwt_keys_file as well"],
  [["--tls-client-ca-file", "ca.pem"], "tls_client_ca_file needs tls_cert_file as well"],
  [[...tls, "--tls-client-auth", "require"], "tls_client_auth = require needs tls_client_ca_file as well"],
  [
    [...tls, "--tls-client-ca-file", "ca"],
    "tls_client_ca_file needs tls_client_auth to be request or require",
  ],
])("half of a protection is refused: %j", (flags, message) => {
  expect(complaint(flags)).toBe(message);
});

const port = "a whole number from 0 to 65535";
const tick = "a whole number from 10 to 600000";
test.each([
  ["port", "65536", `port must be ${port}, not 65536`],
  ["port", "-1", `port must be ${port}, not -1`],
  ["port", "", `port must be ${port}, not ""`],
  ["port", "0x10", `port must be ${port}, not "0x10"`],
  ["port", "1e3", `port must be ${port}, not "1e3"`],
  ["tickMs", "9", `tick_ms must be ${tick}, not 9`],
  ["tickMs", "600001", `tick_ms must be ${tick}, not 600001`],
  ["tickMs", "2s", `tick_ms must be ${tick}, not "2s"`],
  ["minSessionTimeoutMs", "9", "min_session_timeout_ms must be a whole number from 10 to 86400000, not 9"],
  [
    "maxSessionTimeoutMs",
    "86400001",
    "max_session_timeout_ms must be a whole number from 10 to 86400000, not 86400001",
  ],
  ["maxConnections", "1000001", "max_connections must be a whole number from 0 to 1000000, not 1000001"],
  [
    "maxConnectionsPerAddress",
    "-1",
    "max_connections_per_address must be a whole number from 0 to 1000000, not -1",
  ],
  ["logLevel", "INFO", 'log_level must be one of error, warn, info, debug, not "INFO"'],
  ["acceptDataLoss", "yes", 'accept_data_loss must be true or false, not "yes"'],
  ["host", "", 'host must be an IP address without brackets or port, or a host name, not ""'],
  ["host", "[::1]", 'host must be an IP address without brackets or port, or a host name, not "[::1]"'],
  [
    "host",
    "1.2.3.4:80",
    'host must be an IP address without brackets or port, or a host name, not "1.2.3.4:80"',
  ],
  ["dataDir", "", 'data_dir must be the path of a directory without ~, variables or a drive letter, not ""'],
  [
    "dataDir",
    `\${HOME}/corral`,
    `data_dir must be the path of a directory without ~, variables or a drive letter, not "\${HOME}/corral"`,
  ],
  [
    "tlsKeyFile",
    "C:\\keys\\server.pem",
    'tls_key_file must be the path of a file without ~, variables or a drive letter, or empty for none, not "C:\\\\keys\\\\server.pem"',
  ],
  [
    "dataDir",
    "~/corral",
    'data_dir must be the path of a directory without ~, variables or a drive letter, not "~/corral"',
  ],
] as const)("%s=%j is refused wherever it stands", (name, text, message) => {
  const { flag, env } = namesOf(name);
  expect(complaint([`${flag}=${text}`])).toBe(`${message} (from ${flag})`);
  // Also where a flag takes precedence: a wrong value in the environment would come to light at a bad time.
  expect(complaint(["--port=1"], { [env]: text })).toBe(`${message} (from ${env})`);
});

test.each([
  ['port = "7181"', "port", 'not "7181"'],
  ["port = 7181.5", "port", "not 7181.5"],
  ["accept_data_loss = 1", "accept_data_loss", "not 1"],
  ["host = [1]", "host", "not [1]"],
  ["data_dir = 2026-01-01", "data_dir", "not "],
])("a file's value of the wrong type: %s", (content, key, shown) => {
  const message = complaint(["--config", tempFile("corral.toml", content)]);
  expect(message).toMatch(new RegExp(`^${key} must be .*corral\\.toml, ${key}\\)$`));
  expect(message).toContain(shown);
});

test.each(["::1", "0.0.0.0", "localhost", "node-1.example"])("host %s is accepted", (host) => {
  expect(load(["--host", host]).settings.host).toBe(host);
});

test("the bounds themselves are accepted", () => {
  expect(load(["--port=65535", "--tick-ms=600000"]).settings).toMatchObject({
    port: 65_535,
    tickMs: 600_000,
  });
  expect(load(["--tick-ms=10", "--max-session-timeout-ms=86400000"]).settings).toMatchObject({
    minSessionTimeoutMs: 20,
    maxSessionTimeoutMs: 86_400_000,
  });
});

test("the shortest session timeout may equal the longest, but not exceed it; both sources are named", () => {
  load(["--min-session-timeout-ms=40000"]);
  expect(complaint(["--min-session-timeout-ms=40001"])).toBe(
    "min_session_timeout_ms (40001, from --min-session-timeout-ms) must not be above " +
      "max_session_timeout_ms (40000, from default)",
  );
  expect(complaint([], { CORRAL_MAX_SESSION_TIMEOUT_MS: "3999" })).toContain("CORRAL_MAX_SESSION_TIMEOUT_MS");
});

test.each([
  ["root", 0, {}, "/var/lib/corral"],
  ["a user", 1000, {}, "/home/ada/.local/share/corral"],
  ["a user where there are no numbers", undefined, {}, "/home/ada/.local/share/corral"],
  ["a user with XDG_DATA_HOME", 1000, { XDG_DATA_HOME: "/data" }, "/data/corral"],
  [
    "a user whose XDG_DATA_HOME is relative: invalid",
    1000,
    { XDG_DATA_HOME: "x" },
    "/home/ada/.local/share/corral",
  ],
])("the data directory of %s", (_, uid, env, dir) => {
  expect(load([], env, { uid }).settings.dataDir).toBe(dir);
});

test("data never goes to a place that the system clears, unless somebody says so", () => {
  for (const temporary of ["/tmp", "/tmp/xdg", "/var/tmp/x", "/scratch"]) {
    expect(complaint([], { XDG_DATA_HOME: temporary })).toBe(
      `data_dir must be set: its default would be ${temporary}/corral, a place the system may clear`,
    );
  }
  expect(load([], { XDG_DATA_HOME: "/tmpfs" }).settings.dataDir).toBe("/tmpfs/corral");
  expect(load(["--data-dir", "/tmp/try"], { XDG_DATA_HOME: "/tmp" }).settings.dataDir).toBe("/tmp/try");
});

test("a relative data directory starts at the working directory", () => {
  expect(load(["--data-dir", "data"]).settings.dataDir).toBe("/work-dir/data");
});

test("what config prints as TOML means the same when it is read back, whatever it holds", () => {
  const first = load(
    [
      "--data-dir",
      '/da"ta\\b # é',
      "--jwt-keys-file",
      "/keys",
      "--jwt-audience",
      "corral",
      "--jwt-issuer",
      'i"ss\\\nb\u0007 # é',
      "--host",
      "::1",
      "--tick-ms=100",
      "--accept-data-loss",
    ],
    { CORRAL_LOG_LEVEL: "debug" },
  );
  const toml = renderToml(first);
  const again = load(["--config", tempFile("odd\nname.toml", toml)]);
  expect(again.settings).toEqual(first.settings);
  for (const name of settingNames) expect(toml).toMatch(new RegExp(`^${namesOf(name).key} = `, "m"));
  // Once more, with the odd file name in its comments.
  expect(load(["--config", tempFile("x.toml", renderToml(again))]).settings).toEqual(first.settings);
});

test("config as JSON gives value and source of each setting", () => {
  const printed = JSON.parse(renderJson(load(["--port=0"])));
  expect(printed.port).toEqual({ value: 0, source: "--port" });
  expect(printed.tick_ms).toEqual({ value: 2_000, source: "default" });
  expect(Object.keys(printed)).toHaveLength(Object.keys(schema).length);
});
