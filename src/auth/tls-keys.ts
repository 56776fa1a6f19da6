import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Clock } from "../clock.ts";
import { KeyFileError, KeyFiles, type KeyLog } from "./key-files.ts";

/** Whether clients show a certificate: never, if they have one, or else they are not let in. */
export type ClientAuth = "none" | "request" | "require";

export interface TlsOptions {
  /** The server's certificate, in PEM, followed by those of its issuers. */
  readonly certFile: string;
  readonly keyFile: string;
  /**
   * The certificates, in PEM, of those who issue clients' certificates, and perhaps their lists of revoked ones. Needed
   * unless clientAuth is "none".
   */
  readonly clientCaFile: string | undefined;
  readonly clientAuth: ClientAuth;
}

/** What TLS connections are made with, in PEM, checked. */
export interface TlsKeys {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  /** Lists of revoked certificates; undefined for none, with which nobody asks for them. */
  readonly crl?: string[];
}

/** TLS as the front end uses it: the keys may change while it runs. */
export interface Tls {
  readonly keys: KeyFiles<TlsKeys>;
  readonly clientAuth: ClientAuth;
}

/** Reads and checks the files, and goes on looking at them. @throws KeyFileError */
export async function openTls(
  options: TlsOptions,
  { clock, log }: { readonly clock: Clock; readonly log: KeyLog },
): Promise<Tls> {
  const { certFile, keyFile, clientCaFile, clientAuth } = options;
  const keys = await KeyFiles.open<TlsKeys>({
    paths: clientCaFile === undefined ? [certFile, keyFile] : [certFile, keyFile, clientCaFile],
    parse: ([cert, key, ca]) => {
      checkPair(cert!, key!, options, clock.wallMs());
      if (ca !== undefined) checkAuthorities(ca, clientCaFile!);
      const crl = ca?.toString("latin1").match(revocationList);
      const parsed = { cert: cert!, key: key!, ...(ca && { ca }), ...(crl && { crl: [...crl] }) };
      checkContext(parsed, certFile);
      return parsed;
    },
    clock,
    log,
  });
  return { keys, clientAuth };
}

const revocationList = /-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----/g;

function checkPair(cert: Buffer, key: Buffer, { certFile, keyFile }: TlsOptions, nowMs: number): void {
  const certificate = certificateIn(cert, certFile);
  if (!certificate.checkPrivateKey(privateKeyIn(key, keyFile))) {
    throw new KeyFileError(`the key in ${keyFile} does not belong to the certificate in ${certFile}`);
  }
  if (Date.parse(certificate.validTo) <= nowMs) {
    throw new KeyFileError(
      `the certificate in ${certFile} has expired: it was valid to ${certificate.validTo}`,
    );
  }
  if (Date.parse(certificate.validFrom) > nowMs) {
    throw new KeyFileError(
      `the certificate in ${certFile} is not valid yet: only from ${certificate.validFrom}`,
    );
  }
}

function certificateIn(pem: Buffer | string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new KeyFileError(`${file} holds no certificate in PEM`, { cause: error });
  }
}

function privateKeyIn(pem: Buffer, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const locked = pem.includes("ENCRYPTED");
    const reason = locked ? "holds a key with a passphrase: remove it" : "holds no private key in PEM";
    throw new KeyFileError(`${file} ${reason}`, { cause: error });
  }
}

/** Every certificate must be one: OpenSSL would pass over what it cannot read, and trust fewer than were meant. */
function checkAuthorities(pem: Buffer, file: string): void {
  const blocks = pem.toString("latin1").match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (blocks === null) throw new KeyFileError(`${file} holds no certificate in PEM`);
  for (const block of blocks) certificateIn(block, file);
}

/** What only OpenSSL knows, such as a key that is too short to be safe. */
function checkContext(keys: TlsKeys, certFile: string): void {
  try {
    createSecureContext(keys);
  } catch (error) {
    throw new KeyFileError(`the certificate in ${certFile} cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
