import { type Identity, masked } from "./identity.ts";
import { type IpRange, isInRange, parseIpRange } from "./ip-range.ts";
import { sameSecret } from "./session.ts";

/** What an entry allows, as bits: ZooDefs.Perms. Create and delete are about children, the rest about the node. */
export const permissions = { read: 1, write: 2, create: 4, delete: 8, admin: 16 } as const;

export type Permission = keyof typeof permissions;

export const allPermissions = 31;

/** Who may do what. */
export interface AclEntry extends Identity {
  readonly permissions: number;
}

/** An access control list: it allows what any of its entries does, and nothing else. There is no inheritance. */
export interface Acl {
  readonly entries: readonly AclEntry[];
  /** The list as stored: an entry a line; empty for the open one. Two lists are the same if their texts are. */
  readonly text: string;
}

/** ZooDefs.Ids.OPEN_ACL_UNSAFE: anybody may do anything. What most nodes have, so it is one object. */
export const openAcl: Acl = {
  entries: [{ scheme: "world", id: "anyone", permissions: allPermissions }],
  text: "",
};

/** The list with these entries, which were checked before. */
export function aclOf(entries: readonly AclEntry[]): Acl {
  const text = entries.map(entryToText).join("\n");
  return text === openText ? openAcl : { entries, text };
}

/** A list from its stored text. @throws RangeError */
export function parseAcl(text: string): Acl {
  return text === "" ? openAcl : { text, entries: text.split("\n").map(entryFromText) };
}

/** `scheme:id:cdrwa`, as ZooKeeper's command line writes it. */
export function entryToText({ scheme, id, permissions: bits }: AclEntry): string {
  const letters = letterOrder.filter(([permission]) => bits & permissions[permission]);
  return `${scheme}:${id}:${letters.map(([, letter]) => letter).join("")}`;
}

const letterOrder = [
  ["create", "c"],
  ["delete", "d"],
  ["read", "r"],
  ["write", "w"],
  ["admin", "a"],
] as const satisfies readonly (readonly [Permission, string])[];

const openText = openAcl.entries.map(entryToText).join("\n");

/** The scheme ends at the first colon, the permissions begin after the last. @throws RangeError */
function entryFromText(text: string): AclEntry {
  const [, scheme, id, letters] = /^([^:]+):(.*):([cdrwa]+)$/s.exec(text) ?? [];
  if (scheme === undefined || id === undefined || letters === undefined) {
    throw new RangeError("not an entry of an access control list");
  }
  const bits = letterOrder.map(([permission, letter]) =>
    letters.includes(letter) ? permissions[permission] : 0,
  );
  return { scheme, id, permissions: bits.reduce<number>((all, bit) => all | bit, 0) };
}

/**
 * Decides for one caller what lists allow. What it decided last it knows: nodes that are looked at together mostly
 * share a list.
 */
export class Decider {
  /** Entries of lists that were looked at: what the decisions cost. */
  lookedAt = 0;
  readonly #identities: readonly Identity[] | undefined;
  readonly #permission: Permission;
  #acl: Acl = openAcl;
  #allowed = true;

  constructor(identities: readonly Identity[] | undefined, permission: Permission) {
    this.#identities = identities;
    this.#permission = permission;
  }

  permits(acl: Acl): boolean {
    if (acl === this.#acl) return this.#allowed;
    this.lookedAt += acl.entries.length;
    this.#acl = acl;
    this.#allowed = permits(acl, this.#identities, this.#permission);
    return this.#allowed;
  }
}

/** Whether the list allows one of these identities what is asked for: ZooKeeperServer.checkACL. */
export function permits(
  acl: Acl,
  identities: readonly Identity[] | undefined,
  permission: Permission,
): boolean {
  if (acl === openAcl) return true;
  const bit = permissions[permission];
  const rules = rulesOf(acl);
  if (rules.identities !== identities) {
    rules.identities = identities;
    rules.known = 0;
    rules.allowed = 0;
  }
  if ((rules.known & bit) === 0) {
    rules.known |= bit;
    if (allows(acl, identities ?? [], bit)) rules.allowed |= bit;
  }
  return (rules.allowed & bit) !== 0;
}

/** What is worked out of a list once, and what it allowed whom it was asked for last: nodes share lists. */
interface Rules {
  /** The ranges of the `ip` entries, by the places of the entries. */
  readonly ranges: readonly (IpRange | undefined)[];
  identities: readonly Identity[] | undefined;
  /** The permissions that were decided for them, and those of them that they have. */
  known: number;
  allowed: number;
}

const rules = new WeakMap<Acl, Rules>();

function rulesOf(acl: Acl): Rules {
  let found = rules.get(acl);
  if (found === undefined) {
    const ranges = acl.entries.map(({ scheme, id }) => (scheme === "ip" ? parseIpRange(id) : undefined));
    found = { ranges, identities: undefined, known: 0, allowed: 0 };
    rules.set(acl, found);
  }
  return found;
}

function allows(acl: Acl, identities: readonly Identity[], bit: number): boolean {
  if (identities.some(({ scheme }) => scheme === "super")) return true;
  const addresses = identities.flatMap(({ scheme, id }) => (scheme === "ip" ? (parseIpRange(id) ?? []) : []));
  const { ranges } = rulesOf(acl);
  return acl.entries.some((entry, i) => {
    if ((entry.permissions & bit) === 0) return false;
    const range = ranges[i];
    if (range === undefined) return isMeant(entry, identities);
    return addresses.some((own) => isInRange(own, range));
  });
}

/** Of every scheme but `ip`. */
function isMeant({ scheme, id }: AclEntry, identities: readonly Identity[]): boolean {
  if (scheme === "world") return true;
  return identities.some(
    (identity) =>
      identity.scheme === scheme &&
      scheme !== "ip" &&
      // A part of a digest is the hash of a password: how far a guess goes right must not show.
      (scheme === "digest" ? sameSecret(id, identity.id) : id === identity.id),
  );
}

/** The list for somebody who may not change it: without the hashes of passwords. */
export function maskedEntries({ entries }: Acl): AclEntry[] {
  return entries.map((entry) => ({ ...entry, ...masked(entry) }));
}
