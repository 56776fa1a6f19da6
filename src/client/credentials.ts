import { type ChannelCredentials, credentials } from "@grpc/grpc-js";

/** Keys for TLS, all in PEM. */
export interface TlsOptions {
  /** The authorities to trust; those that the system trusts by default. */
  readonly ca?: Buffer | undefined;
  /** This client's certificate, with those of its issuers; none by default. */
  readonly cert?: Buffer | undefined;
  /** The key of the certificate. */
  readonly key?: Buffer | undefined;
}

/** @throws Error for PEM that cannot be read */
export function tlsCredentials({ ca, cert, key }: TlsOptions): ChannelCredentials {
  return credentials.createSsl(ca ?? null, key ?? null, cert ?? null);
}
