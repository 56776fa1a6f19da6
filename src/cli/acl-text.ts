import type { AclEntry, Permission } from "../client/index.ts";
import { shown, UsageError } from "../config/usage-error.ts";

const letters: Readonly<Record<string, Permission>> = {
  c: "create",
  d: "delete",
  r: "read",
  w: "write",
  a: "admin",
};

/** An entry as ZooKeeper writes it: `scheme:id:cdrwa`. */
export function aclEntryText({ scheme, id, permissions }: AclEntry): string {
  return `${scheme}:${id}:${permissions.map((one) => one[0]).join("")}`;
}

/**
 * A list of these with commas between them. An id may have colons and commas in it: what follows the last colon are
 * the permissions, and only there an entry ends. @throws UsageError
 */
export function parseAcl(text: string): AclEntry[] {
  const entries = [...text.matchAll(/([^:,]+):(.*?):([a-z]+)(?:,(?=[^:,]+:)|$)/gy)];
  if (entries.length === 0 || entries.map(([all]) => all).join("") !== text) {
    throw new UsageError(
      `${shown(text)} is no access control list: write scheme:id:cdrwa, such as world:anyone:r, with commas`,
    );
  }
  return entries.map(([, scheme = "", id = "", given = ""]) => ({
    scheme,
    id,
    permissions: [...given].map((letter) => {
      const permission = letters[letter];
      if (permission === undefined)
        throw new UsageError(`there is no permission ${shown(letter)}: c, d, r, w and a are some`);
      return permission;
    }),
  }));
}
