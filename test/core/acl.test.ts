import { describe, expect, test } from "vitest";
import {
  type AclEntry,
  aclOf,
  Decider,
  entryToText,
  maskedEntries,
  openAcl,
  type Permission,
  parseAcl,
  permissions,
  permits,
} from "../../src/core/acl.ts";
import { AclPool } from "../../src/core/acl-pool.ts";
import { fixAcl } from "../../src/core/acl-rules.ts";
import type { Identity } from "../../src/core/identity.ts";
import { aclBytesMax } from "../../src/limits.ts";

const hash = "user:D/InIHSb7yEEbrWz8b9l71RjZJU=";
const otherHash = "user:E/InIHSb7yEEbrWz8b9l71RjZJU=";

/** `scheme:id:cdrwa`; the same with all bits for `all`. */
function entry(scheme: string, id: string, bits: number = permissions.read): AclEntry {
  return { scheme, id, permissions: bits };
}

describe("an entry is meant for an identity", () => {
  const cases: [string, string, Identity | undefined, boolean][] = [
    ["world", "anyone", undefined, true],
    ["world", "anyone", { scheme: "ip", id: "10.0.0.1" }, true],
    ["digest", hash, { scheme: "digest", id: hash }, true],
    ["digest", hash, { scheme: "digest", id: otherHash }, false],
    ["digest", hash, { scheme: "jwt", id: hash }, false],
    ["digest", hash, { scheme: "super", id: "root" }, true],
    ["x509", "CN=a,O=b", { scheme: "x509", id: "CN=a,O=b" }, true],
    ["x509", "CN=a,O=b", { scheme: "x509", id: "CN=a" }, false],
    ["jwt", "ada", { scheme: "jwt", id: "ada" }, true],
    ["jwt", "ada", { scheme: "jwt", id: "Ada" }, false],
    ["ip", "10.0.0.1", { scheme: "ip", id: "10.0.0.1" }, true],
    ["ip", "10.0.0.1", { scheme: "ip", id: "10.0.0.2" }, false],
    ["ip", "10.0.0.0/8", { scheme: "ip", id: "10.255.3.4" }, true],
    ["ip", "10.0.0.0/8", { scheme: "ip", id: "11.0.0.0" }, false],
    ["ip", "10.1.2.3/30", { scheme: "ip", id: "10.1.2.0" }, true],
    ["ip", "10.1.2.3/30", { scheme: "ip", id: "10.1.2.4" }, false],
    ["ip", "0.0.0.0/0", { scheme: "ip", id: "203.0.113.9" }, true],
    ["ip", "0.0.0.0/0", { scheme: "ip", id: "2001:db8::1" }, false],
    ["ip", "2001:db8::/32", { scheme: "ip", id: "2001:db8:ffff::1" }, true],
    ["ip", "2001:db8::/32", { scheme: "ip", id: "2001:db9::1" }, false],
    ["ip", "2001:db8::/33", { scheme: "ip", id: "2001:db8:8000::1" }, false],
    ["ip", "::1", { scheme: "ip", id: "0:0:0:0:0:0:0:1" }, true],
    ["ip", "::ffff:10.0.0.1", { scheme: "ip", id: "10.0.0.1" }, true],
    ["ip", "10.0.0.1", { scheme: "ip", id: "" }, false],
  ];
  test.each(cases)("%s:%s, %j: %s", (scheme, id, identity, expected) => {
    const acl = aclOf([entry(scheme, id)]);
    expect(permits(acl, identity && [identity], "read")).toBe(expected);
    // A permission that it does not give it gives to nobody but the super user.
    expect(permits(acl, identity && [identity], "write")).toBe(identity?.scheme === "super");
  });

  test("each permission stands for itself; entries add up; nobody in particular is nobody", () => {
    const names = Object.keys(permissions) as Permission[];
    for (const name of names) {
      const acl = aclOf([entry("jwt", "ada", permissions[name]), entry("jwt", "bob", 31)]);
      expect(names.filter((one) => permits(acl, [{ scheme: "jwt", id: "ada" }], one))).toEqual([name]);
      expect(names.filter((one) => permits(acl, [{ scheme: "jwt", id: "bob" }], one))).toEqual(names);
      expect(names.filter((one) => permits(acl, undefined, one))).toEqual([]);
      expect(names.filter((one) => permits(openAcl, undefined, one))).toEqual(names);
    }
  });
});

describe("a list", () => {
  /** Entries that match nobody, and count how often they are looked at. */
  function counted(count: number) {
    const looks = { ids: 0, entries: 0 };
    const entries = Array.from({ length: count }, (_, i) => ({
      scheme: "ip",
      get id() {
        looks.ids++;
        return `10.0.${i >> 8}.${i & 255}`;
      },
      get permissions() {
        looks.entries++;
        return permissions.read;
      },
    }));
    return { looks, acl: { entries, text: "counted" } };
  }

  test("is parsed once, whoever asks", () => {
    const { looks, acl } = counted(10);
    for (let i = 0; i < 5; i++)
      expect(permits(acl, [{ scheme: "ip", id: `10.1.0.${i}` }], "read")).toBe(false);
    expect(permits(acl, [{ scheme: "ip", id: "10.0.0.9" }], "read")).toBe(true);
    expect(looks.ids).toBe(10);
  });

  test("is looked at once for the same caller and permission, and anew for others", () => {
    const { looks, acl } = counted(10);
    const [one, other] = [[{ scheme: "ip", id: "10.1.0.1" }], [{ scheme: "ip", id: "10.0.0.1" }]];
    for (let i = 0; i < 5; i++) expect(permits(acl, one, "read")).toBe(false);
    expect(looks.entries).toBe(10);
    for (let i = 0; i < 5; i++) expect(permits(acl, other, "read")).toBe(true);
    expect(permits(acl, other, "write")).toBe(false);
    expect(permits(acl, other, "read")).toBe(true);
    expect(permits(acl, one, "read")).toBe(false);
    expect(permits(acl, undefined, "read")).toBe(false);
    expect(permits(acl, other, "read")).toBe(true);
  });

  test("that one caller is asked about again and again is decided once, whoever is asked about in between", () => {
    const { looks, acl } = counted(10);
    const deciders = [1, 2].map((i) => new Decider([{ scheme: "ip", id: `10.1.0.${i}` }], "read"));
    for (let i = 0; i < 5; i++) for (const decider of deciders) expect(decider.permits(acl)).toBe(false);
    expect([looks.entries, ...deciders.map(({ lookedAt }) => lookedAt)]).toEqual([20, 10, 10]);
    expect(deciders[0]!.permits(openAcl)).toBe(true);
  });
});

describe("a list that is asked for", () => {
  const ada: Identity[] = [
    { scheme: "ip", id: "10.0.0.1" },
    { scheme: "super", id: "root" },
    { scheme: "digest", id: hash },
    { scheme: "jwt", id: "ada" },
  ];
  test.each<[string, AclEntry[], string[]]>([
    ["the open one", [entry("world", "anyone", 31)], ["world:anyone:cdrwa"]],
    ["duplicates", [entry("jwt", "a"), entry("jwt", "a"), entry("jwt", "a", 3)], ["jwt:a:r", "jwt:a:rw"]],
    ["auth", [entry("auth", "", 31)], [`digest:${hash}:cdrwa`, "jwt:ada:cdrwa"]],
    ["auth with an id", [entry("auth", "whoever", 1)], [`digest:${hash}:r`, "jwt:ada:r"]],
    ["auth and the same again", [entry("auth", ""), entry("jwt", "ada")], [`digest:${hash}:r`, "jwt:ada:r"]],
    ["ip", [entry("ip", "10.0.0.0/8", 2), entry("ip", "::/0")], ["ip:10.0.0.0/8:w", "ip:::/0:r"]],
    ["x509", [entry("x509", "CN=a\\, b,O=c+OU=d, C=DE")], ["x509:CN=a\\, b,O=c+OU=d, C=DE:r"]],
  ])("%s", (_what, asked, expected) => {
    const fixed = fixAcl(asked, ada);
    if ("reason" in fixed) throw new Error(fixed.message);
    expect(fixed.entries.map(entryToText)).toEqual(expected);
    expect(parseAcl(fixed.text)).toEqual(fixed);
    expect(parseAcl(fixed.text) === openAcl).toBe(fixed === openAcl);
  });

  test.each<[string, AclEntry[], RegExp]>([
    ["nothing", [], /at least one entry/],
    ["an unknown scheme", [entry("sasl", "ada")], /there is no scheme "sasl"/],
    ["an inherited name", [entry("constructor", "ada")], /there is no scheme/],
    ["the super user", [entry("super", "root")], /there is no scheme "super"/],
    ["no scheme", [entry("", "ada")], /there is no scheme ""/],
    ["somebody of the world", [entry("world", "ada")], /world is "anyone"/],
    ["no permissions", [entry("jwt", "ada", 0)], /at least one permission/],
    ["more permissions than there are", [entry("jwt", "ada", 32)], /at least one permission/],
    ["a password in clear", [entry("digest", "ada:secret")], /digest is user:base64/],
    ["a digest without a user", [entry("digest", hash.slice(4))], /digest is user:base64/],
    ["a digest of two colons", [entry("digest", `a:${hash}`)], /digest is user:base64/],
    ["no address", [entry("ip", "localhost")], /ip is an address/],
    ["too many bits", [entry("ip", "10.0.0.0/33")], /ip is an address/],
    ["too many bits of IPv6", [entry("ip", "::/129")], /ip is an address/],
    ["half an address", [entry("ip", "10.0.0")], /ip is an address/],
    ["an octet too large", [entry("ip", "10.0.0.256")], /ip is an address/],
    ["two gaps", [entry("ip", "1::2::3")], /ip is an address/],
    ["nine groups", [entry("ip", "1:2:3:4:5:6:7:8:9")], /ip is an address/],
    ["a name that is none", [entry("x509", "provider")], /x509 is a distinguished name/],
    ["an empty name", [entry("x509", "")], /x509 is a distinguished name/],
    ["an empty subject", [entry("jwt", "")], /jwt is the subject/],
    ["half a character", [entry("jwt", "a\ud800")], /no control characters/],
    ["a line break", [entry("jwt", "a\nworld:anyone:cdrwa")], /no control characters/],
    ["one good and one bad", [entry("jwt", "a"), entry("jwt", "")], /jwt is the subject/],
  ])("is refused: %s", (_what, asked, message) => {
    const fixed = fixAcl(asked, ada);
    expect(fixed).toMatchObject({
      reason: "INVALID_ACL",
      field: "acl",
      message: expect.stringMatching(message),
    });
  });

  test("auth is refused to whom nothing but an address is known of", () => {
    expect(fixAcl([entry("auth", "")], [{ scheme: "ip", id: "10.0.0.1" }])).toMatchObject({
      reason: "INVALID_ACL",
    });
    expect(fixAcl([entry("auth", "")])).toMatchObject({ reason: "INVALID_ACL" });
  });

  test("auth does not smuggle in what no list may have", () => {
    const forged = { scheme: "x509", id: "CN=a\nworld:anyone:cdrwa" };
    expect(fixAcl([entry("auth", "")], [forged])).toMatchObject({ reason: "INVALID_ACL" });
  });

  test("what looks like a line break is none", () => {
    const fixed = fixAcl([entry("jwt", "a\u2028b")]);
    if ("reason" in fixed) throw new Error(fixed.message);
    expect(parseAcl(fixed.text)).toEqual(fixed);
  });

  test("its length is bounded", () => {
    const many = Array.from({ length: aclBytesMax / 16 }, (_, i) => entry("jwt", `${i}`));
    expect(fixAcl(many)).toMatchObject({ reason: "INVALID_ACL", facts: { limit: aclBytesMax } });
    expect(fixAcl([entry("jwt", "a".repeat(aclBytesMax - 16))])).toHaveProperty("entries");
  });
});

test("texts that are no list are told", () => {
  for (const text of ["jwt:ada", "jwt:ada:", "jwt:ada:x", "\n", "::"])
    expect(() => parseAcl(text)).toThrow(RangeError);
});

test("hashes are masked, and nothing else", () => {
  const acl = aclOf([entry("digest", hash, 31), entry("jwt", "ada")]);
  expect(maskedEntries(acl)).toEqual([entry("digest", "user:x", 31), entry("jwt", "ada")]);
});

test("the pool keeps each list once, as long as a node has it", () => {
  const pool = new AclPool();
  const list = () => aclOf([entry("jwt", "ada")]);
  const first = pool.use(list());
  expect([pool.use(openAcl), first, pool.use(list()), pool.size]).toEqual([0, 1, 1, 1]);
  const other = pool.use(aclOf([entry("jwt", "bob")]));
  pool.release(first);
  expect(pool.get(first).text).toBe("jwt:ada:r");
  pool.release(first);
  expect(pool.size).toBe(1);
  expect(pool.use(aclOf([entry("jwt", "eve")]))).toBe(first);
  expect([pool.get(other).text, pool.get(first).text, pool.get(0)]).toEqual([
    "jwt:bob:r",
    "jwt:eve:r",
    openAcl,
  ]);
});
