import { createHmac, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from "node:crypto";

/** Whoever issues tokens: made by hand, so that a test can also make those that no library would. */
export class TokenIssuer {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly #privateKey: KeyObject;

  constructor(kid = "key-1") {
    this.kid = kid;
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.publicKey = publicKey;
    this.#privateKey = privateKey;
  }

  get jwk(): JsonWebKey {
    return { ...this.publicKey.export({ format: "jwk" }), kid: this.kid, alg: "ES256", use: "sig" };
  }

  get pem(): string {
    return this.publicKey.export({ format: "pem", type: "spki" }).toString();
  }

  get privatePem(): string {
    return this.#privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  }

  /** A token that holds, but for what the test changes about it. */
  token(
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): string {
    const now = Math.floor(Date.now() / 1_000);
    const all = { iss: issuer, aud: audience, sub: "ada", iat: now, exp: now + 600, ...claims };
    return this.tokenOf(Buffer.from(JSON.stringify(all)), header);
  }

  /** A token with any bytes inside. */
  tokenOf(payload: Buffer, header: Readonly<Record<string, unknown>> = {}): string {
    const head = { alg: "ES256", typ: "JWT", kid: this.kid, ...header };
    const signed = `${encode(Buffer.from(JSON.stringify(head)))}.${encode(payload)}`;
    return `${signed}.${this.#signature(signed, head.alg).toString("base64url")}`;
  }

  #signature(signed: string, alg: string): Buffer {
    if (alg === "none") return Buffer.alloc(0);
    // The old trick: the public key, which everybody has, as a shared secret.
    if (alg === "HS256") return createHmac("sha256", this.pem).update(signed).digest();
    return sign("sha256", Buffer.from(signed), { key: this.#privateKey, dsaEncoding: "ieee-p1363" });
  }
}

export const issuer = "https://issuer.example";
export const audience = "corral";

export function keySet(...issuers: readonly TokenIssuer[]): string {
  return JSON.stringify({ keys: issuers.map(({ jwk }) => jwk) });
}

function encode(bytes: Buffer): string {
  return bytes.toString("base64url");
}
