import type { Metadata } from "@grpc/grpc-js";
import { CorralError } from "./errors.ts";

/**
 * Who acts: the value of the `authorization` metadata, or a function that is asked for it before every call and
 * stream, for tokens that expire.
 */
export type Authorization = string | (() => string | undefined);

/** The value as of now. @throws CorralError BAD_ARGUMENTS, when the function throws */
export function authorizationOf(source: Authorization | undefined): string | undefined {
  if (typeof source !== "function") return source;
  try {
    return source();
  } catch (cause) {
    const details = { code: "INVALID_ARGUMENT", field: "authorization", cause } as const;
    throw new CorralError("BAD_ARGUMENTS", "the function for the authorization has thrown an error", details);
  }
}

/** @throws CorralError BAD_ARGUMENTS for a text that metadata cannot carry */
export function checkAuthorization(source: Authorization | undefined): void {
  if (source !== undefined && typeof source !== "function") checkValue("authorization", source);
}

/** @throws CorralError BAD_ARGUMENTS */
export function setMetadata(metadata: Metadata, key: string, value: string | undefined): void {
  if (value === undefined) return;
  checkValue(key, value);
  metadata.set(key, value);
}

/** grpc-js would quote the value, which may be a secret. */
function checkValue(key: string, value: unknown): void {
  if (typeof value === "string" && /^[ -~]*$/.test(value)) return;
  const message = `${key} must be printable ASCII, without a line break at its end either`;
  throw new CorralError("BAD_ARGUMENTS", message, { code: "INVALID_ARGUMENT", field: key });
}
