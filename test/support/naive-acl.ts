// Access control lists as plainly as possible, for the models of the tests: it shares nothing with the code under test.

/** Who may do what; an identity is one without permissions. */
export interface NaiveEntry {
  readonly scheme: string;
  readonly id: string;
  readonly permissions: number;
}

export type NaiveIdentity = Pick<NaiveEntry, "scheme" | "id">;

const bits = { read: 1, write: 2, create: 4, delete: 8, admin: 16 };

export type NaivePermission = keyof typeof bits;

export const openList: readonly NaiveEntry[] = [{ scheme: "world", id: "anyone", permissions: 31 }];

/** May do anything, and cannot be named in a list. */
export const superUser: NaiveIdentity = { scheme: "super", id: "root" };
export const ada: NaiveIdentity = { scheme: "jwt", id: "ada" };
export const bob: NaiveIdentity = { scheme: "digest", id: "bob:D/InIHSb7yEEbrWz8b9l71RjZJU=" };

export function allows(
  list: readonly NaiveEntry[],
  identities: readonly NaiveIdentity[],
  permission: NaivePermission,
): boolean {
  if (identities.some(({ scheme }) => scheme === "super")) return true;
  return list.some((entry) => {
    const isMeant = identities.some(({ scheme, id }) => scheme === entry.scheme && id === entry.id);
    return (entry.scheme === "world" || isMeant) && (entry.permissions & bits[permission]) !== 0;
  });
}

/** The list that is stored for one that is asked for; undefined if that is not valid. */
export function storedList(
  asked: readonly NaiveEntry[],
  identities: readonly NaiveIdentity[],
): readonly NaiveEntry[] | undefined {
  const proven = identities.filter(({ scheme }) => scheme === "jwt" || scheme === "digest");
  const stored: NaiveEntry[] = [];
  for (const { scheme, id, permissions } of asked) {
    if (permissions === 0) return undefined;
    if (scheme === "world" ? id !== "anyone" : !["jwt", "digest", "auth"].includes(scheme)) return undefined;
    if (scheme === "auth" && proven.length === 0) return undefined;
    for (const one of scheme === "auth" ? proven : [{ scheme, id }]) {
      const isThere = stored.some(
        (entry) => entry.scheme === one.scheme && entry.id === one.id && entry.permissions === permissions,
      );
      if (!isThere) stored.push({ ...one, permissions });
    }
  }
  return stored.length === 0 ? undefined : stored;
}

/** The list as a text; for whom may not set it, without the hashes of passwords. */
export function toldOfList(list: readonly NaiveEntry[], whole: boolean): string {
  return list
    .map(({ scheme, id, permissions }) => {
      const shown = scheme === "digest" && !whole ? `${id.replace(/:.*/, "")}:x` : id;
      return `${scheme} ${shown} ${permissions}`;
    })
    .join(", ");
}
