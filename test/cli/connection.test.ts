// Which server, as whom: by flags, variables and contexts; what is told when there is none; TLS.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { openTls } from "../../src/auth/tls-keys.ts";
import { targetOf } from "../../src/cli/target.ts";
import { whyUnreachable } from "../../src/cli/unreachable.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { Authority } from "../support/certificates.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { startServer } from "../support/start-server.ts";
import { skipUnless } from "../support/tools.ts";
import { startCorral } from "./corral.ts";
import { load, tempDir } from "./load.ts";

/** The variables of somebody who has contexts. */
function withContexts(toml: string): Record<string, string> {
  const dir = tempDir();
  mkdirSync(join(dir, "corral"));
  writeFileSync(join(dir, "corral", "contexts.toml"), toml);
  return { XDG_CONFIG_HOME: dir };
}

const contexts = `current = "near"
[contexts.near]
endpoint = "near:1"
[contexts.far]
endpoint = "far:1,[::1]:2"
timeout = 700
output = "json"
user = "ada:secret"
`;

describe("the target", () => {
  test("is the server of this machine, for nobody in particular, by default", async () => {
    expect(await targetOf({}, { XDG_CONFIG_HOME: tempDir() })).toEqual({
      endpoints: ["127.0.0.1:7181"],
      timeoutMs: 5_000,
      format: "table",
      authorization: undefined,
      tls: undefined,
    });
  });

  test("comes from the current context, another one, a variable, or a flag, which counts most", async () => {
    const env = withContexts(contexts);
    expect((await targetOf({}, env)).endpoints).toEqual(["near:1"]);
    const authorization = `Basic ${Buffer.from("ada:secret").toString("base64")}`;
    const far = { endpoints: ["far:1", "[::1]:2"], timeoutMs: 700, format: "json", authorization };
    expect(await targetOf({ context: "far" }, env)).toMatchObject(far);
    const set = { ...env, CORRAL_CONTEXT: "far", CORRAL_TOKEN: "abc", CORRAL_TIMEOUT: "2m" };
    const byEnv = { ...far, authorization: "Bearer abc", timeoutMs: 120_000 };
    expect(await targetOf({}, set)).toMatchObject(byEnv);
    expect(await targetOf({ timeout: 9, token: "xyz" }, set)).toMatchObject({
      authorization: "Bearer xyz",
      timeoutMs: 9,
    });
  });

  test.each([
    ["[contexts.a]\nendpont = 1", "a", /unknown key "endpont" in contexts.a \(did you mean endpoint\?\)$/],
    ["curent = 'a'", undefined, /unknown key "curent" \(did you mean current\?\)$/],
    ["[contexts.abc]", "abd", /has no context "abd" \(did you mean abc\?\)$/],
    ["contexts = 1", "a", /contexts must be a table, not 1$/],
    ["[contexts.a]\ntoken = []", "a", /token in contexts.a must be text, not \[\]$/],
    ["[contexts.a]\ntls = 'yes'", "a", /^tls must be true or false, not "yes"$/],
    ["[contexts", "a", /contexts.toml line 1 column \d+: /],
  ])("is not taken from a wrong file: %j", async (toml, context, message) => {
    const flags = context === undefined ? {} : { context };
    await expect(targetOf(flags, withContexts(toml))).rejects.toThrow(message);
  });

  test("of a context that is named must be there", async () => {
    const env = { XDG_CONFIG_HOME: tempDir() };
    await expect(targetOf({ context: "a" }, env)).rejects.toThrow(/no context "a": .* does not exist$/);
  });

  test("is nothing that a server minds in its environment", () => {
    expect(() =>
      load([], { CORRAL_ENDPOINT: "a:1", CORRAL_CONTEXT: "b", CORRAL_CA_FILE: "c" }),
    ).not.toThrow();
    expect(() => load([], { CORRAL_ENDPONT: "a:1" })).toThrow(/unknown environment variable/);
  });
});

describe("a server that cannot be reached", () => {
  const short = ["--timeout", "300ms"];

  test("is told with what to do", async () => {
    const corral = await startCorral();
    const at = (endpoint: string) => corral.run(["ls", "--endpoint", endpoint, ...short]);
    expect(await at("127.0.0.1:1")).toEqual({
      code: 5,
      stdout: "",
      stderr:
        "corral: unavailable: 127.0.0.1:1 refuses connections; is the server running? `corral serve` starts one\n",
    });
    const { code, stderr } = await at(await listening((socket) => socket.end("SSH-2.0-OpenSSH_9.2p1\r\n")));
    expect([code, stderr]).toEqual([5, expect.stringMatching(/does not speak gRPC in clear; try --tls\n$/)]);
  });

  test("is not said to be another program's when it is stopped, or the time is too short", async () => {
    const corral = await startCorral();
    const mute = await corral.run(["ls", "--endpoint", await listening(() => {}), ...short]);
    expect([mute.code, mute.stderr]).toEqual([
      5,
      expect.stringMatching(
        /accepts connections and says nothing: it is stopped or overloaded, or no Corral\n$/,
      ),
    ]);
    expect(await whyUnreachable(await targetOf({ timeout: 1 }, corral.env))).toBe(
      `${corral.server.address} is there, and too slow for a time of 1 ms: --timeout`,
    );
  });

  test("is told at once when it refuses connections, however long it might take", async () => {
    const corral = await startCorral();
    for (const verb of [["ls"], ["create", "-e", "/e", "--hold"], ["shell"]]) {
      const { code, stderr } = await corral.run([
        ...verb,
        "--endpoint",
        "127.0.0.1:1,localhost:2",
        "--timeout",
        "1h",
      ]);
      expect([code, stderr]).toEqual([
        5,
        expect.stringMatching(/127.0.0.1:1 refuses .*localhost:2 refuses /),
      ]);
    }
  });

  test("is waited for with --retry, and by verbs that go on over restarts", async () => {
    const corral = await startCorral();
    const wanted = await freePort();
    const at = ["--endpoint", `127.0.0.1:${wanted}`, "--timeout", "20s"];
    const listing = corral.start(["ls", "--retry", ...at]);
    const watching = corral.start(["watch", "/", "--after", "0", "--count", "1", ...at]);
    // Both are refused before there is a server.
    expect((await corral.run(["ls", ...at])).code).toBe(5);
    const { client } = await startServer({ port: wanted });
    expect(await listing.finished).toMatchObject({ code: 0, stdout: "zookeeper" });
    await client.unary(Coordination.method.create, { path: "/a" });
    expect(await watching.finished).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("nodeCreated"),
    });
  });

  test("is passed over for one that can", async () => {
    const corral = await startCorral();
    const both = `127.0.0.1:1,${corral.server.address}`;
    expect(await corral.ok("ls", "--endpoint", both)).toBe("zookeeper");
  });
});

test("wrong credentials are denied", async () => {
  const clock = new ManualClock();
  const corral = await startCorral({ clock, authenticator: new Authenticator({ clock, demand: "any" }) });
  const { code, stderr } = await corral.run(["ls"]);
  expect([code, stderr]).toEqual([
    6,
    expect.stringMatching(/^corral: authentication required: .*; say who you are with --user, --token/),
  ]);
  expect(await corral.ok("ls", "--user", "ada:secret")).toBe("zookeeper");
  expect((await corral.run(["ls", "--token", "abc"])).code).toBe(6);
});

skipUnless("openssl")("over TLS", () => {
  test("the server and the client know each other by certificate", async () => {
    const authority = new Authority();
    const log = { error: () => {}, warn: () => {}, info: () => {} };
    const keys = { ...authority.issue(), clientCaFile: authority.certFile, clientAuth: "request" as const };
    // After the certificate was made, which is valid from that second on.
    const clock = new ManualClock(Date.now());
    const tls = await openTls(keys, { clock, log });
    const corral = await startCorral({ tls, clock, credentials: authority.channel() });
    // Before the server is checked: what is registered last runs first.
    onTestFinished(() => tls.keys.stop());
    const ada = authority.issue("/O=Acme/CN=ada");
    const at = ["--endpoint", corral.server.address.replace("127.0.0.1", "localhost")];
    const trusting = [...at, "--ca-file", authority.certFile];
    expect(await corral.ok("whoami", ...trusting)).toBe("ip:127.0.0.1");
    const known = ["--cert-file", ada.certFile, "--key-file", ada.keyFile];
    expect(await corral.ok("whoami", ...trusting, ...known)).toBe("ip:127.0.0.1\nx509:CN=ada,O=Acme");
    const short = ["--timeout", "500ms"];
    const strange = await corral.run(["ls", ...at, "--tls", ...short]);
    expect([strange.code, strange.stderr]).toEqual([
      5,
      expect.stringMatching(/has a certificate that is not trusted \(.*\); check --ca-file\n$/),
    ]);
    const clear = await corral.run(["ls", ...at, ...short]);
    expect([clear.code, clear.stderr]).toEqual([5, expect.stringContaining("try --tls")]);
    // The certificate is for localhost and 127.0.0.1, and no other name.
    const toName = (one: string) => ["ls", "--endpoint", one, "--ca-file", authority.certFile, ...short];
    const { port: otherPort } = await startServer({ host: "127.0.0.2", tls });
    const other = `127.0.0.2:${otherPort}`;
    const wrong = await corral.run(toName(other));
    expect([wrong.code, wrong.stderr]).toEqual([
      5,
      expect.stringMatching(/has a certificate for another name \(.*\); check --endpoint\n$/),
    ]);
    const plain = await listening((socket) => socket.once("data", () => socket.destroy()));
    const inClear = await corral.run(toName(plain));
    expect([inClear.code, inClear.stderr]).toEqual([
      5,
      expect.stringContaining("does not speak TLS; try without --tls"),
    ]);
    const missing = await corral.run(["ls", "--ca-file", "/no/such.pem"]);
    expect(missing).toMatchObject({
      code: 2,
      stderr: "corral: /no/such.pem cannot be read: it does not exist\n",
    });
    const broken = join(authority.dir, "broken.pem");
    writeFileSync(broken, "no key");
    const cut = await corral.run(["ls", ...trusting, "--cert-file", broken, "--key-file", broken]);
    expect([cut.code, cut.stderr]).toEqual([2, expect.stringContaining("cannot be used")]);
  });
});

test("a verb of a client loads nothing of the server: neither its database, nor its settings, nor its log", () => {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, to = ""] of text.matchAll(
      /^(?:import|export)\s+(?!type\s)(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm,
    )) {
      if (to.startsWith(".")) visit(join(dirname(file), to));
      else packages.add(to.startsWith("@") ? to.split("/", 2).join("/") : to);
    }
  };
  const own = [...verbs.keys()].filter((name) => !["serve", "server", "config"].includes(name));
  const table = readFileSync(join(root, "src/cli/verbs.ts"), "utf8");
  const files = [...table.matchAll(/import\("(\.\/[^"]+)"\)/g)].map(([, to = ""]) => join("src/cli", to));
  const theirs = files.filter((file) => !/\/(serve|server|config)\.ts$/.test(file));
  expect(theirs.length).toBeGreaterThanOrEqual(own.length);
  for (const file of [
    "src/cli/main.ts",
    "src/cli/command.ts",
    "src/cli/one-shot.ts",
    "src/cli/shell/shell.ts",
    ...theirs,
  ])
    visit(join(root, file));
  expect([...packages].filter((name) => !name.startsWith("node:")).sort()).toEqual([
    "@bufbuild/protobuf",
    "@grpc/grpc-js",
  ]);
  const parts = [...seen].map((file) => relative(root, file).split("/").slice(0, 2).join("/"));
  expect([...new Set(parts)].sort()).toEqual([
    "gen/ts",
    "src/cli",
    "src/client",
    "src/config",
    "src/version.ts",
    "src/visible.ts",
  ]);
});

/** Where somebody listens who is no Corral. */
async function listening(connected: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    connected(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
