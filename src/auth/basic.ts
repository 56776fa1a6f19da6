import { isUtf8 } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import type { Identity } from "../core/identity.ts";

/** A user and a password, as `authorization: Basic` carries them. */
export interface UserAndPassword {
  readonly user: string;
  readonly password: string;
}

/**
 * RFC 7617, in UTF-8 and without control characters; undefined for what is no such thing. Bytes that are not UTF-8 would
 * all become the same character, and two passwords one.
 */
export function parseBasic(encoded: string): UserAndPassword | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, "base64");
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString();
  const colon = text.indexOf(":");
  return colon <= 0 || /\p{Cc}/u.test(text)
    ? undefined
    : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** ZooKeeper's DigestAuthenticationProvider.generateDigest: what ACLs name a user by, the password's hash included. */
export function digestOf({ user, password }: UserAndPassword): string {
  return `${user}:${createHash("sha1").update(`${user}:${password}`).digest("base64")}`;
}

/**
 * Who a user with a password is. Nobody checks the password: it is part of the identity, and an ACL decides what
 * that one may do. Only the super user's is compared; undefined when it is wrong.
 */
export function digestIdentities(
  basic: UserAndPassword,
  superDigest: string | undefined,
): Identity[] | undefined {
  const digest = digestOf(basic);
  const identity = { scheme: "digest", id: digest };
  if (superDigest === undefined || !superDigest.startsWith(`${basic.user}:`)) return [identity];
  return sameText(digest, superDigest) ? [{ scheme: "super", id: basic.user }, identity] : undefined;
}

/** Compares in a time that does not depend on where two texts differ. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
