import type { Identity } from "../core/identity.ts";
import { networkOf } from "../core/network.ts";
import type { Refusal } from "../core/refusal.ts";

/** Who makes calls with some credentials, and until when that holds. */
export interface Principal {
  readonly identities: readonly Identity[];
  /** Wall-clock milliseconds; infinite for what does not expire. */
  readonly expiresMs: number;
}

/** A stream that is open on a connection. */
export interface OpenStream {
  /** The credentials with which it was opened. */
  readonly authorization: string | undefined;
  /** Until when they hold, in wall-clock milliseconds; infinite as long as that is not known, too. */
  expiresMs: number;
  /** Ends it. */
  readonly cut: (refusal: Refusal) => void;
}

/** What a connection proves of its client, for all of its calls. */
export class Connection {
  /** The client's IP address. */
  readonly address: string;
  /** What of it counts as one address: all of an IPv4 address, half of an IPv6 address. */
  readonly network: string;
  readonly identities: readonly Identity[];
  /** What outlives the examination of its credentials, and so has to be looked after. */
  readonly streams = new Set<OpenStream>();
  /**
   * The credentials of the last call and what they came to: most clients send the same with every call, which
   * then costs a comparison. `epoch` is that of the authenticator at the time.
   */
  last: { readonly authorization: string; readonly epoch: number; readonly principal: Principal } | undefined;

  /** @param subject that of the client's certificate, if it has shown a valid one. */
  constructor(address: string, subject?: string) {
    this.address = address;
    this.network = networkOf(address);
    const ip = { scheme: "ip", id: address };
    this.identities = subject === undefined ? [ip] : [ip, { scheme: "x509", id: subject }];
  }
}
