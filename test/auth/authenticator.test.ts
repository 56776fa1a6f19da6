import { writeFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { Authenticator, type AuthenticatorOptions } from "../../src/auth/authenticator.ts";
import { digestOf, parseBasic } from "../../src/auth/basic.ts";
import { Connection } from "../../src/auth/connection.ts";
import { Tokens } from "../../src/auth/tokens.ts";
import { Refused } from "../../src/core/refusal.ts";
import {
  authBackoffMaxMs,
  authBackoffMs,
  authFailuresFree,
  authFailuresKept,
  authorizationCharsMax,
  keyFilesIntervalMs,
  newUserIntervalMs,
  newUsersFree,
  tokenClockSkewMs,
  tokensKept,
} from "../../src/limits.ts";
import { tempFile } from "../cli/load.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { audience, issuer, keySet, TokenIssuer } from "../support/tokens.ts";

const superDigest = digestOf({ user: "super", password: "test" });
const authority = new TokenIssuer();

async function start(options: Partial<AuthenticatorOptions> = {}) {
  const clock = new ManualClock(Date.now());
  const keysFile = tempFile("jwks.json", keySet(authority));
  const log = { info: () => {}, warn: () => {} };
  const tokens = await Tokens.open({ keysFile, issuer, audience }, { clock, log });
  onTestFinished(() => tokens.keys.stop());
  const failed = vi.fn();
  const authenticator = new Authenticator({ clock, demand: "none", superDigest, tokens, failed, ...options });
  return { authenticator, clock, keysFile, tokens, failed };
}

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

/** The identities as `scheme:id`, or the reason of the refusal. */
async function who(
  { authenticator }: { authenticator: Authenticator },
  authorization?: string,
  connection = new Connection("10.0.0.1"),
) {
  try {
    const identities = await authenticator.identify(connection, authorization);
    return identities.map(({ scheme, id }) => `${scheme}:${id}`);
  } catch (error) {
    if (error instanceof Refused) return error.refusal.reason;
    throw error;
  }
}

/** How long the refusal of an attempt tells to wait. */
function waitTold({ authenticator }: { authenticator: Authenticator }): number {
  try {
    void authenticator.identify(new Connection("10.0.0.1"), basic("super", "x"));
  } catch (error) {
    if (error instanceof Refused) return Number(error.refusal.facts?.["retry_after_ms"]);
    throw error;
  }
  throw new Error("it was not refused");
}

test("ZooKeeper's digests", () => {
  expect(digestOf({ user: "super", password: "test" })).toBe("super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
  expect(parseBasic(Buffer.from("a:b:c\u00e9").toString("base64"))).toEqual({
    user: "a",
    password: "b:c\u00e9",
  });
  // Bytes that are not UTF-8 would all be one character, and passwords that differ in them one password.
  for (const bytes of [[0xff], [0xfe], [0xc3], [0xed, 0xa0, 0x80]]) {
    expect(parseBasic(Buffer.from([0x61, 0x3a, ...bytes]).toString("base64"))).toBeUndefined();
  }
  for (const wrong of ["", "!!", "YQ==", Buffer.from(":x").toString("base64")])
    expect(parseBasic(wrong)).toBeUndefined();
});

test.each([
  ["nothing", undefined, ["ip:10.0.0.1"]],
  ["a user", basic("ada", "x"), ["ip:10.0.0.1", `digest:${digestOf({ user: "ada", password: "x" })}`]],
  ["the super user", basic("super", "test"), ["ip:10.0.0.1", "super:super", `digest:${superDigest}`]],
  ["the super user with a wrong password", basic("super", "Test"), "AUTH_FAILED"],
  ["a token", `Bearer ${authority.token()}`, ["ip:10.0.0.1", "jwt:ada"]],
  ["a token, spelled otherwise", `bearer  ${authority.token()}`, ["ip:10.0.0.1", "jwt:ada"]],
  ["a wrong token", `Bearer ${new TokenIssuer().token()}`, "AUTH_FAILED"],
  ["another scheme", "Digest username=ada", "AUTH_FAILED"],
  ["half of it", "Basic", "AUTH_FAILED"],
  ["noise", "\u0001", "AUTH_FAILED"],
  ["too much", `Bearer ${"a".repeat(authorizationCharsMax)}`, "AUTH_FAILED"],
])("credentials: %s", async (_what, authorization, expected) => {
  expect(await who(await start(), authorization)).toEqual(expected);
});

test("without keys no token holds, without a digest there is no super user", async () => {
  const bare = await start({ tokens: undefined, superDigest: undefined });
  expect(await who(bare, `Bearer ${authority.token()}`)).toBe("AUTH_FAILED");
  expect(await who(bare, basic("super", "test"))).toEqual(["ip:10.0.0.1", `digest:${superDigest}`]);
});

test.each([
  ["none", { nobody: true, basic: true, token: true, certificate: true, super: true }],
  ["any", { nobody: false, basic: true, token: true, certificate: true, super: true }],
  ["verified", { nobody: false, basic: false, token: true, certificate: true, super: true }],
] as const)("require_authentication %s", async (demand, admitted) => {
  const server = await start({ demand });
  const withCertificate = new Connection("10.0.0.1", "CN=provider");
  const outcomes = {
    nobody: await who(server),
    basic: await who(server, basic("ada", "x")),
    token: await who(server, `Bearer ${authority.token()}`),
    certificate: await who(server, undefined, withCertificate),
    super: await who(server, basic("super", "test")),
  };
  const refused = Object.entries(outcomes).filter(([, outcome]) => outcome === "AUTHENTICATION_REQUIRED");
  expect(refused.map(([name]) => name)).toEqual(
    Object.entries(admitted).flatMap(([name, ok]) => (ok ? [] : [name])),
  );
});

test("credentials are examined once a connection, and a token once", async () => {
  const server = await start();
  const verify = vi.spyOn(server.tokens, "verify");
  const connection = new Connection("10.0.0.1");
  const authorization = `Bearer ${authority.token()}`;
  const first = await server.authenticator.identify(connection, authorization);
  expect(server.authenticator.identify(connection, authorization)).toBe(first);
  expect(await who(server, authorization)).toEqual(["ip:10.0.0.1", "jwt:ada"]);
  expect(verify).toHaveBeenCalledOnce();
});

test("what was found good ends with the token, and with the issuer's keys", async () => {
  const server = await start();
  const connection = new Connection("10.0.0.1");
  const exp = Math.floor(server.clock.wallMs() / 1_000) + 60;
  const authorization = `Bearer ${authority.token({ exp })}`;
  await server.authenticator.identify(connection, authorization);
  server.clock.setWall(exp * 1_000 + tokenClockSkewMs - 1);
  expect(await who(server, authorization, connection)).toContain("jwt:ada");
  server.clock.setWall(exp * 1_000 + tokenClockSkewMs);
  expect(await who(server, authorization, connection)).toBe("AUTH_FAILED");

  server.clock.setWall(Date.now());
  const long = `Bearer ${authority.token()}`;
  expect(await who(server, long, connection)).toContain("jwt:ada");
  writeFileSync(server.keysFile, keySet(new TokenIssuer()));
  await vi.waitFor(async () => {
    server.clock.advance(keyFilesIntervalMs);
    server.clock.setWall(Date.now());
    expect(await who(server, long, connection)).toBe("AUTH_FAILED");
  });
});

test("ten thousand wrong guesses: an address waits ever longer, and hurts nobody else", async () => {
  const server = await start();
  const old = new Connection("10.0.0.1");
  const good = basic("super", "test");
  await server.authenticator.identify(old, good);
  for (let i = 0; i < 10_000; i++)
    expect(await who(server, basic("super", `guess ${i}`))).toBe("AUTH_FAILED");
  // The first few were looked at; nothing of the rest was.
  expect(server.failed).toHaveBeenCalledTimes(authFailuresFree + 1);
  expect(await who(server, good)).toBe("AUTH_FAILED");
  expect(await who(server, good, old)).toContain("super:super");
  expect(await who(server, basic("ada", "x"))).toHaveLength(2);
  expect(await who(server, good, new Connection("10.0.0.2"))).toContain("super:super");
  server.clock.advance(authBackoffMs);
  expect(await who(server, good)).toContain("super:super");
});

test("each failure doubles the wait, up to a bound; the refusal tells it, and time forgives", async () => {
  const server = await start();
  const guess = () => who(server, basic("super", "x"));
  for (let i = 0; i < authFailuresFree; i++) await guess();
  const waits: number[] = [];
  for (let i = 0; i < 10; i++) {
    await guess();
    const waitMs = waitTold(server);
    waits.push(waitMs);
    server.clock.advance(waitMs);
  }
  expect(waits.slice(0, 3)).toEqual([authBackoffMs, 2 * authBackoffMs, 4 * authBackoffMs]);
  expect(Math.max(...waits)).toBe(authBackoffMaxMs);
  server.clock.advance(11 * authBackoffMaxMs);
  expect(await who(server, basic("super", "x"))).toBe("AUTH_FAILED");
  expect(await who(server, basic("super", "test"))).toContain("super:super");
});

test("addresses and tokens that are remembered are bounded", async () => {
  const server = await start();
  const guess = (address: string) => who(server, basic("super", "x"), new Connection(address));
  for (let i = 0; i <= authFailuresFree; i++) await guess("10.0.0.1");
  expect(await who(server, basic("super", "test"))).toBe("AUTH_FAILED");
  for (let i = 0; i < authFailuresKept; i++) await guess(`address ${i}`);
  expect(await who(server, basic("super", "test"))).toContain("super:super");

  const expiresMs = Number.POSITIVE_INFINITY;
  const verify = vi.spyOn(server.tokens, "verify").mockResolvedValue({ identities: [], expiresMs });
  for (let i = 0; i <= tokensKept; i++) await who(server, `Bearer ${i}`);
  verify.mockClear();
  await who(server, `Bearer ${tokensKept}`);
  expect(verify).not.toHaveBeenCalled();
  await who(server, "Bearer 0");
  expect(verify).toHaveBeenCalledOnce();
});

test("a network that shows one new user after the other has to wait; known users and other networks do not", async () => {
  const server = await start();
  const from = (address: string, password: string) =>
    who(server, basic("ada", password), new Connection(address));
  for (let guess = 0; guess < newUsersFree; guess++) {
    expect(await from(`2001:db8::${guess.toString(16)}`, `guess ${guess}`)).not.toBe("AUTH_FAILED");
  }
  expect(await from("2001:db8:0:0:ffff::1", "one more")).toBe("AUTH_FAILED");
  expect(() =>
    server.authenticator.identify(new Connection("2001:db8::1"), basic("ada", "one more")),
  ).toThrow(`try again in ${newUserIntervalMs} ms`);
  expect(await from("2001:db8::1", "guess 7")).not.toBe("AUTH_FAILED");
  expect(await from("2001:db8:0:1::1", "another")).not.toBe("AUTH_FAILED");
  expect(await from("10.0.0.1", "a third")).not.toBe("AUTH_FAILED");
  server.clock.advance(newUserIntervalMs);
  expect(await from("2001:db8::1", "one more")).not.toBe("AUTH_FAILED");
  expect(await from("2001:db8::1", "and another")).toBe("AUTH_FAILED");
  for (let i = 0; i <= authFailuresKept; i++) await from(`10.1.${i >> 8}.${i & 255}`, `network ${i}`);
  expect(await from("2001:db8::1", "and another")).not.toBe("AUTH_FAILED");
});

test("an IPv6 /64 waits as one address for its wrong credentials", async () => {
  const server = await start();
  for (let i = 0; i <= authFailuresFree; i++) {
    await who(server, basic("super", "x"), new Connection(`2001:db8::${i.toString(16)}`));
  }
  const attempt = (address: string) => () =>
    server.authenticator.identify(new Connection(address), basic("super", "test"));
  expect(attempt("2001:db8::ffff")).toThrow("too many wrong credentials");
  expect(attempt("2001:db8:0:1::ffff")).not.toThrow();
});
