import { writeFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { Tokens } from "../../src/auth/tokens.ts";
import { keyFilesIntervalMs, tokenClockSkewMs } from "../../src/limits.ts";
import { tempFile } from "../cli/load.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { audience, issuer, keySet, TokenIssuer } from "../support/tokens.ts";

const log = { info: () => {}, warn: () => {} };

async function open(keysFile: string, clock = new ManualClock(Date.now())): Promise<Tokens> {
  const tokens = await Tokens.open({ keysFile, issuer, audience }, { clock, log });
  onTestFinished(() => tokens.keys.stop());
  return tokens;
}

const authority = new TokenIssuer();
const stranger = new TokenIssuer();
const seconds = (ms: number) => Math.floor((Date.now() + ms) / 1_000);
const skew = tokenClockSkewMs;

test.each([
  ["as it should be", authority.token(), true],
  ["for several audiences", authority.token({ aud: ["other", audience] }), true],
  ["that has just expired, within the skew", authority.token({ exp: seconds(-skew / 2) }), true],
  ["that has expired", authority.token({ exp: seconds(-skew - 2_000) }), false],
  ["without an end", authority.token({ exp: undefined }), false],
  ["not valid yet, within the skew", authority.token({ nbf: seconds(skew / 2) }), true],
  ["not valid yet", authority.token({ nbf: seconds(skew + 2_000) }), false],
  ["of another issuer", authority.token({ iss: "https://other.example" }), false],
  ["for another audience", authority.token({ aud: "other" }), false],
  ["for nobody", authority.token({ aud: undefined }), false],
  ["without a subject", authority.token({ sub: undefined }), false],
  ["with an empty subject", authority.token({ sub: "" }), false],
  ["with a line break in its subject", authority.token({ sub: "a\nb" }), false],
  ["with half a character in its subject", authority.token({ sub: "\ud800" }), false],
  ["with a subject that is not UTF-8", authority.tokenOf(notUtf8(authority.token({ sub: "?" }))), false],
  ["with a subject that is no text", authority.token({ sub: 7 }), false],
  ["signed by somebody else under the same key id", stranger.token(), false],
  ["with an unknown key id", authority.token({}, { kid: "key-2" }), false],
  ["of no algorithm", authority.token({}, { alg: "none" }), false],
  ["signed with the public key as a secret", authority.token({}, { alg: "HS256" }), false],
  ["with an extension that must be understood", authority.token({}, { crit: ["exp2"], exp2: 1 }), false],
  ["with its key in the header", stranger.token({}, { jwk: stranger.jwk }), false],
  ["with a changed signature", authority.token().replace(/.{8}$/, "AAAAAAAA"), false],
  [
    "with changed claims",
    authority.token().replace(/\.[^.]+\./, `.${stranger.token({ sub: "root" }).split(".")[1]}.`),
    false,
  ],
  ["cut short", authority.token().slice(0, -20), false],
  ["of nothing", "", false],
  ["of noise", "a.b.c", false],
])("a token %s", async (_what, token, holds) => {
  const tokens = await open(tempFile("jwks.json", keySet(authority)));
  const principal = await tokens.verify(token);
  if (holds) expect(principal?.identities).toEqual([{ scheme: "jwt", id: "ada" }]);
  else expect(principal).toBeUndefined();
});

test("it holds until it expires, and for the skew of clocks after that", async () => {
  const tokens = await open(tempFile("jwks.json", keySet(authority)));
  const exp = seconds(60_000);
  expect((await tokens.verify(authority.token({ exp })))?.expiresMs).toBe(exp * 1_000 + skew);
});

test("a key in PEM does as well, and needs no key id", async () => {
  const tokens = await open(tempFile("key.pem", authority.pem));
  expect(await tokens.verify(authority.token({}, { kid: undefined }))).toBeDefined();
  expect(await tokens.verify(stranger.token({}, { kid: undefined }))).toBeUndefined();
});

test("keys that are replaced count from then on", async () => {
  const file = tempFile("jwks.json", keySet(authority));
  const clock = new ManualClock(Date.now());
  const tokens = await open(file, clock);
  const next = new TokenIssuer("key-2");
  writeFileSync(file, keySet(next));
  await vi.waitFor(async () => {
    clock.advance(keyFilesIntervalMs);
    expect(await tokens.verify(next.token())).toBeDefined();
  });
  expect(await tokens.verify(authority.token())).toBeUndefined();
});

test.each([
  ["{", /is not valid JSON/],
  ["{}", /it has no list of keys/],
  ['{"keys":[]}', /holds no key$/],
  ['{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}', /holds a private key or a shared secret/],
  ['{"keys":[{"kty":"EC"}]}', /a key in .* is no public key/],
  [authority.privatePem, /holds a private key; give public keys alone/],
  [authority.pem + stranger.pem, /holds several keys in PEM/],
  ["hello", /holds neither a JSON Web Key Set nor a public key in PEM/],
])("keys that cannot be used are told: %#", async (content, message) => {
  await expect(open(tempFile("keys", content))).rejects.toMatchObject({
    name: "KeyFileError",
    message: expect.stringMatching(message),
  });
});

/** The inside of a token whose question marks have become a byte that is no character. */
function notUtf8(token: string): Buffer {
  return Buffer.from(token.split(".")[1]!, "base64url").map((byte) =>
    byte === 0x3f ? 0xff : byte,
  ) as Buffer;
}
