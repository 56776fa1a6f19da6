import { aclBytesMax } from "../limits.ts";
import { type Acl, type AclEntry, aclOf, allPermissions } from "./acl.ts";
import type { Identity } from "./identity.ts";
import { parseIpRange } from "./ip-range.ts";
import type { Refusal } from "./refusal.ts";

/**
 * The list that a caller asks for, made fit to be stored: PrepRequestProcessor.fixupACL. `auth` becomes everybody
 * that the caller has proven to be, an address apart, whatever its id says; what is there twice is there once.
 */
export function fixAcl(asked: readonly AclEntry[], identities: readonly Identity[] = []): Acl | Refusal {
  if (asked.length === 0) return invalidAcl("an access control list has at least one entry");
  const entries = new Map<string, AclEntry>();
  let bytes = 0;
  for (const entry of asked) {
    // Before a pattern looks at it.
    if (entry.id.length > aclBytesMax) return tooLong(entry.id.length);
    const expanded = entry.scheme === "auth" ? expand(entry, identities) : [entry];
    if (expanded.length === 0) return invalidAcl('"auth" means the caller, who has proven no identity');
    // Those of the caller as well: a name that a certificate has need not be one that a list can have.
    const fault = expanded.map(faultOf).find((one) => one !== undefined);
    if (fault !== undefined) return invalidAcl(fault);
    for (const { scheme, id, permissions } of expanded) {
      entries.set(`${scheme}:${id}:${permissions}`, { scheme, id, permissions });
      bytes += Buffer.byteLength(id) + entryBytes;
    }
    if (bytes > aclBytesMax) return tooLong(bytes);
  }
  return aclOf([...entries.values()]);
}

/** What an entry takes beside its id. */
const entryBytes = 16;

function expand({ permissions }: AclEntry, identities: readonly Identity[]): AclEntry[] {
  return identities
    .filter(({ scheme }) => scheme !== "ip" && scheme !== "super")
    .map((identity) => ({ ...identity, permissions }));
}

/** What is wrong with an entry; ZooKeeper's isValid of each scheme. */
function faultOf({ scheme, id, permissions }: AclEntry): string | undefined {
  if (!(permissions > 0 && permissions <= allPermissions)) return "an entry allows at least one permission";
  const rule = rules.get(scheme);
  if (rule === undefined) return `there is no scheme ${JSON.stringify(scheme)}`;
  // Entries are stored a line each.
  if (/\p{Cc}/u.test(id) || !id.isWellFormed()) return "an id has no control characters";
  return rule.accepts(id) ? undefined : `an id of scheme ${scheme} is ${rule.demand}`;
}

interface Rule {
  readonly demand: string;
  readonly accepts: (id: string) => boolean;
}

const rules: ReadonlyMap<string, Rule> = new Map([
  ["world", { demand: '"anyone"', accepts: (id) => id === "anyone" }],
  // ZooKeeper takes anything after the colon; a password in clear, say, which then matches nobody.
  [
    "digest",
    {
      demand: "user:base64(SHA1(user:password))",
      accepts: (id) => /^[^:]+:[A-Za-z0-9+/]{27}=$/.test(id),
    },
  ],
  ["ip", { demand: "an address, or address/bits", accepts: (id) => parseIpRange(id) !== undefined }],
  ["x509", { demand: "a distinguished name such as CN=provider,O=Acme", accepts: isDistinguishedName }],
  ["jwt", { demand: "the subject of a token", accepts: (id) => id !== "" }],
]);

/** RFC 2253, loosely: names and values with what separates them escaped. */
function isDistinguishedName(id: string): boolean {
  return /^[A-Za-z0-9.-]+=(?:[^,+\\"<>;]|\\.)*(?:[,+] ?[A-Za-z0-9.-]+=(?:[^,+\\"<>;]|\\.)*)*$/.test(id);
}

function invalidAcl(fault: string): Refusal {
  return { reason: "INVALID_ACL", message: `invalid access control list: ${fault}`, field: "acl" };
}

function tooLong(actual: number): Refusal {
  const message = `the access control list takes ${actual} bytes or more; at most ${aclBytesMax} are allowed`;
  return { reason: "INVALID_ACL", message, facts: { limit: aclBytesMax, actual }, field: "acl" };
}
