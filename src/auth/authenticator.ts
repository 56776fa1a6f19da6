import type { Clock } from "../clock.ts";
import type { Identity } from "../core/identity.ts";
import { type Refusal, Refused } from "../core/refusal.ts";
import { authorizationCharsMax, tokensKept } from "../limits.ts";
import { Backoff } from "./backoff.ts";
import { digestIdentities, digestOf, parseBasic } from "./basic.ts";
import type { Connection, Principal } from "./connection.ts";
import { NewUsers } from "./new-users.ts";
import type { Tokens } from "./tokens.ts";

/**
 * Whom calls are taken from: everybody; who says who he is; or only who has proven it, by a certificate, a token
 * or the super user's password, since any other user's password is checked by ACLs alone.
 */
export type Demand = "none" | "any" | "verified";

export interface AuthenticatorOptions {
  readonly clock: Clock;
  readonly demand: Demand;
  /** `user:base64(SHA1(user:password))`; undefined: there is no super user. */
  readonly superDigest?: string | undefined;
  /** Undefined: there are no tokens. */
  readonly tokens?: Tokens | undefined;
  /** Told of the address that wrong credentials came from. */
  readonly failed?: (address: string) => void;
}

/** Tells who makes a call, from its connection and its `authorization` metadata. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #backoff: Backoff;
  readonly #newUsers: NewUsers;
  /** Tokens that were found good, the last to be used at the end. */
  readonly #tokens = new Map<string, Principal>();
  /** It moves on when what was found before no longer holds. */
  #epoch = 0;
  readonly #withdrawn: (() => void)[] = [];

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock);
    this.#newUsers = new NewUsers(options.clock);
    options.tokens?.keys.onChange(() => {
      this.#epoch++;
      this.#tokens.clear();
      for (const listener of this.#withdrawn) listener();
    });
  }

  /** Tells when what was found good before may no longer hold. */
  onWithdrawn(listener: () => void): void {
    this.#withdrawn.push(listener);
  }

  /**
   * Until when credentials hold that were good when a stream was opened with them. It counts as no attempt, and
   * waits for nothing.
   */
  async holding(authorization: string): Promise<Pick<Principal, "expiresMs">> {
    const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
    const { tokens } = this.#options;
    // Of a user with a password there is nothing that could end.
    if (token === undefined || tokens === undefined) return { expiresMs: Number.POSITIVE_INFINITY };
    const principal = this.#tokens.get(token) ?? (await this.#verify(tokens, token));
    return principal ?? { expiresMs: 0 };
  }

  /**
   * Everybody that the caller is; at once, unless a token has to be checked first.
   * @throws Refused AUTH_FAILED, AUTHENTICATION_REQUIRED
   */
  identify(
    connection: Connection,
    authorization?: string,
  ): readonly Identity[] | Promise<readonly Identity[]> {
    if (authorization === undefined) return this.#admit(connection.identities);
    const { last } = connection;
    if (last !== undefined && last.authorization === authorization && this.#holds(last)) {
      return last.principal.identities;
    }
    const epoch = this.#epoch;
    const found = this.#examine(connection, authorization);
    const welcome = (principal: Principal | undefined) => {
      if (principal === undefined) throw this.#wrong(connection);
      const identities = this.#admit([...connection.identities, ...principal.identities]);
      connection.last = { authorization, epoch, principal: { ...principal, identities } };
      return identities;
    };
    return found instanceof Promise ? found.then(welcome) : welcome(found);
  }

  #holds({ epoch, principal }: NonNullable<Connection["last"]>): boolean {
    return epoch === this.#epoch && this.#options.clock.wallMs() < principal.expiresMs;
  }

  /** What the credentials come to; undefined if they do not hold. @throws Refused */
  #examine(
    connection: Connection,
    authorization: string,
  ): Principal | undefined | Promise<Principal | undefined> {
    if (authorization.length > authorizationCharsMax) return undefined;
    const [, scheme = "", value = ""] = /^(\S+) +(\S+)$/.exec(authorization) ?? [];
    switch (scheme.toLowerCase()) {
      case "basic":
        return this.#examineBasic(connection, value);
      case "bearer":
        return this.#examineToken(connection, value);
      default:
        return undefined;
    }
  }

  #examineBasic(connection: Connection, value: string): Principal | undefined {
    const { superDigest } = this.#options;
    const basic = parseBasic(value);
    if (basic === undefined) return undefined;
    // The super user's password is checked here, those of others by access control lists.
    if (superDigest?.startsWith(`${basic.user}:`)) this.#mustNotWait(connection);
    else {
      const waitMs = this.#newUsers.take(digestOf(basic), connection.network);
      if (waitMs > 0) throw tooMany("users that are new here", waitMs);
    }
    const identities = digestIdentities(basic, superDigest);
    return identities && { identities, expiresMs: Number.POSITIVE_INFINITY };
  }

  #examineToken(
    connection: Connection,
    token: string,
  ): Principal | undefined | Promise<Principal | undefined> {
    const { tokens, clock } = this.#options;
    const known = this.#tokens.get(token);
    if (known !== undefined && clock.wallMs() < known.expiresMs) return known;
    this.#mustNotWait(connection);
    return tokens && this.#verify(tokens, token);
  }

  async #verify(tokens: Tokens, token: string): Promise<Principal | undefined> {
    const epoch = this.#epoch;
    const principal = await tokens.verify(token);
    // Keys that changed meanwhile may no longer vouch for it.
    if (principal !== undefined && epoch === this.#epoch) this.#keep(token, principal);
    return principal;
  }

  #keep(token: string, principal: Principal): void {
    this.#tokens.delete(token);
    this.#tokens.set(token, principal);
    if (this.#tokens.size <= tokensKept) return;
    const [oldest] = this.#tokens.keys();
    this.#tokens.delete(oldest!);
  }

  #wrong({ address, network }: Connection): Refused {
    this.#backoff.failed(network);
    this.#options.failed?.(address);
    return new Refused(authFailed);
  }

  #admit(identities: readonly Identity[]): readonly Identity[] {
    const { demand } = this.#options;
    if (demand === "none" || identities.some(({ scheme }) => satisfying[demand].includes(scheme)))
      return identities;
    throw new Refused(authenticationRequired);
  }

  #mustNotWait({ network }: Connection): void {
    const waitMs = this.#backoff.waitMs(network);
    if (waitMs > 0) throw tooMany("wrong credentials", waitMs);
  }
}

function tooMany(what: string, waitMs: number): Refused {
  const message = `too many ${what} came from your address; try again in ${waitMs} ms`;
  return new Refused({ reason: "AUTH_FAILED", message, facts: { retry_after_ms: waitMs } });
}

const satisfying: Readonly<Record<Exclude<Demand, "none">, readonly string[]>> = {
  any: ["digest", "x509", "jwt", "super"],
  verified: ["x509", "jwt", "super"],
};

/** The same for everything that can be wrong: details would help who guesses. */
const authFailed: Refusal = {
  reason: "AUTH_FAILED",
  message: "the credentials in the authorization metadata are not valid here",
};

const authenticationRequired: Refusal = {
  reason: "AUTHENTICATION_REQUIRED",
  message:
    "this server takes no calls without credentials: send a client certificate or authorization metadata",
};
