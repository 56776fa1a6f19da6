import { X509Certificate } from "node:crypto";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { CorralError } from "./errors.ts";

/** Keys for TLS, all in PEM. */
export interface TlsOptions {
  /** The authorities to trust; those that the system trusts by default. */
  readonly ca?: Buffer | undefined;
  /** This client's certificate, with those of its issuers; none by default. */
  readonly cert?: Buffer | undefined;
  /** The key of the certificate. */
  readonly key?: Buffer | undefined;
}

/** @throws CorralError BAD_ARGUMENTS for keys that cannot be used */
export function tlsCredentials({ ca, cert, key }: TlsOptions): ChannelCredentials {
  try {
    // Node takes a text without any certificate for an empty list, and then trusts nobody without saying why.
    if (ca !== undefined) new X509Certificate(ca);
    return credentials.createSsl(ca ?? null, key ?? null, cert ?? null);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const details = { code: "INVALID_ARGUMENT", field: "tls", cause } as const;
    throw new CorralError("BAD_ARGUMENTS", `the keys for TLS cannot be used: ${why}`, details);
  }
}
