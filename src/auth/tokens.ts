import { isUtf8 } from "node:buffer";
import { createPublicKey, type JsonWebKey } from "node:crypto";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK, jwtVerify } from "jose";
import type { Clock } from "../clock.ts";
import { tokenClockSkewMs } from "../limits.ts";
import type { Principal } from "./connection.ts";
import { KeyFileError, KeyFiles, type KeyLog } from "./key-files.ts";

export interface TokenOptions {
  /** A JSON Web Key Set, or one public key in PEM. */
  readonly keysFile: string;
  readonly issuer: string;
  readonly audience: string;
}

/** Signatures that only the issuer can make. Shared secrets and "none" are not among them. */
const algorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** Checks JSON Web Tokens (RFC 7519) against the issuer's keys, which may change while the server runs. */
export class Tokens {
  readonly keys: KeyFiles<KeySet>;
  readonly #options: TokenOptions;
  readonly #clock: Clock;

  /** @throws KeyFileError */
  static async open(options: TokenOptions, { clock, log }: { clock: Clock; log: KeyLog }): Promise<Tokens> {
    const { keysFile } = options;
    const keys = await KeyFiles.open({
      paths: [keysFile],
      parse: ([content]) => createLocalJWKSet(keySetIn(content!.toString(), keysFile)),
      clock,
      log,
    });
    return new Tokens(options, keys, clock);
  }

  private constructor(options: TokenOptions, keys: KeyFiles<KeySet>, clock: Clock) {
    this.#options = options;
    this.keys = keys;
    this.#clock = clock;
  }

  /** Who bears the token; undefined for one that does not hold, whatever is wrong with it. */
  async verify(token: string): Promise<Principal | undefined> {
    try {
      const { issuer, audience } = this.#options;
      const { payload } = await jwtVerify(token, this.keys.current, {
        algorithms,
        issuer,
        audience,
        requiredClaims: ["sub", "exp"],
        clockTolerance: tokenClockSkewMs / 1_000,
        currentDate: new Date(this.#clock.wallMs()),
      });
      const { sub, exp } = payload;
      // Bytes that are not UTF-8 would make one subject of two.
      if (!isUtf8(Buffer.from(token.split(".")[1]!, "base64url"))) return undefined;
      if (typeof sub !== "string" || sub === "" || /\p{Cc}/u.test(sub) || !sub.isWellFormed())
        return undefined;
      const identities = [{ scheme: "jwt", id: sub }];
      return { identities, expiresMs: exp! * 1_000 + tokenClockSkewMs };
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  }
}

/** The public keys in a file. Private ones are a mistake worth stopping for: whoever reads them can be anybody. */
function keySetIn(text: string, file: string): JSONWebKeySet {
  const keys = text.trimStart().startsWith("{") ? keysInJson(text, file) : [keyInPem(text, file)];
  if (keys.length === 0) throw new KeyFileError(`${file} holds no key`);
  for (const key of keys) {
    if (key.kty === "oct" || "d" in key) {
      throw new KeyFileError(`${file} holds a private key or a shared secret; give public keys alone`);
    }
    check(key, file);
  }
  return { keys };
}

function keysInJson(text: string, file: string): JWK[] {
  try {
    const { keys } = JSON.parse(text);
    if (Array.isArray(keys)) return keys.filter((key) => key?.use !== "enc");
  } catch (error) {
    throw new KeyFileError(`${file} is not valid JSON`, { cause: error });
  }
  throw new KeyFileError(`${file} is no JSON Web Key Set: it has no list of keys`);
}

function keyInPem(text: string, file: string): JWK {
  if (text.includes("PRIVATE KEY"))
    throw new KeyFileError(`${file} holds a private key; give public keys alone`);
  if (text.split("-----BEGIN").length > 2) {
    throw new KeyFileError(`${file} holds several keys in PEM; make a JSON Web Key Set of them`);
  }
  try {
    return createPublicKey(text).export({ format: "jwk" }) as JWK;
  } catch (error) {
    throw new KeyFileError(`${file} holds neither a JSON Web Key Set nor a public key in PEM`, {
      cause: error,
    });
  }
}

function check(key: JWK, file: string): void {
  try {
    createPublicKey({ key: key as JsonWebKey, format: "jwk" });
  } catch (error) {
    throw new KeyFileError(`a key in ${file} is no public key: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
