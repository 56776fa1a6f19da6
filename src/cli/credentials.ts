import { readFileSync } from "node:fs";
import { systemClock } from "../client/clock.ts";
import type { Authorization } from "../client/index.ts";
import type { ClientKey } from "../config/client-keys.ts";
import { UsageError } from "../config/usage-error.ts";
import { fileFailure } from "./file-failure.ts";
import { tokenFileReadMs } from "./limits.ts";

/** Asks whoever types for a secret; undefined where nobody does. */
export type AskSecret = (prompt: string) => Promise<string | undefined>;

export const credentialKeys = ["user", "password", "password_file", "token", "token_file"] as const;

export type Credentials = Partial<Record<(typeof credentialKeys)[number] & ClientKey, string>>;

/** Who acts, from what was given of it in one place: a token, or a user with a password. @throws UsageError */
export async function authorizationFrom(
  given: Credentials,
  ask: AskSecret,
): Promise<Authorization | undefined> {
  if (given.token !== undefined) return `Bearer ${given.token}`;
  if (given.token_file !== undefined) return tokenIn(given.token_file);
  const { user } = given;
  if (user === undefined) return undefined;
  if (user.includes(":")) return basic(user);
  if (user === "") throw new UsageError("--user must be a name");
  const file = given.password_file;
  const password =
    given.password ?? (file === undefined ? await ask(`password of ${user}: `) : firstLine(file));
  if (password === undefined)
    throw new UsageError(`the password of ${user} is missing: give --password-file or CORRAL_PASSWORD`);
  return basic(`${user}:${password}`);
}

/** What `name:password` becomes in metadata. */
export function basic(user: string): string {
  if (!user.includes(":")) throw new UsageError("--user must be name:password");
  return `Basic ${Buffer.from(user).toString("base64")}`;
}

/** The token in a file that somebody else keeps up to date, as of the moment at which it is asked for. */
function tokenIn(file: string): Authorization {
  let token = read(file).trim();
  if (!/^[!-~]+$/.test(token)) throw new UsageError(`${file} holds no token`);
  let readMs = systemClock.monotonicMs();
  return () => {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - readMs < tokenFileReadMs) return `Bearer ${token}`;
    readMs = nowMs;
    try {
      token = readFileSync(file, "utf8").trim() || token;
    } catch {
      // It is just being replaced, or gone: the server says when the one from before no longer holds.
    }
    return `Bearer ${token}`;
  };
}

/** A password ends where its line does, as editors write it. */
function firstLine(file: string): string {
  return read(file).replace(/\r?\n[\s\S]*$/, "");
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw fileFailure(file, "read", error);
  }
}
