import type { Identity } from "./identity.ts";
import type { Stat } from "./node.ts";
import type { Refusal } from "./refusal.ts";

export type CreateMode = "persistent" | "persistentSequential" | "ephemeral" | "ephemeralSequential";

/** What a caller may ask to be changed. Versions: -1 means any. */
export type Operation =
  | { readonly op: "create"; readonly path: string; readonly data: Uint8Array; readonly mode: CreateMode }
  | { readonly op: "set"; readonly path: string; readonly data: Uint8Array; readonly version: number }
  | { readonly op: "delete"; readonly path: string; readonly version: number }
  | { readonly op: "openSession"; readonly secret: string; readonly timeoutMs: number }
  | { readonly op: "setSessionTimeout"; readonly sessionId: number; readonly timeoutMs: number }
  | { readonly op: "closeSession"; readonly sessionId: number }
  /** Changes nothing: answered when everything before it has been applied. */
  | { readonly op: "sync" };

/** Who acts. The session, when there is one, is checked before anything else. */
export interface Caller {
  readonly sessionId?: number;
  /** Everybody that the caller has proven to be; none for the server itself. */
  readonly identities?: readonly Identity[];
  /** Where the call comes from; undefined for the server itself. */
  readonly address?: string;
}

export const anonymous: Caller = {};

/** What a write did: its zxid, and the created path and the node's Stat where they make sense. */
export interface Done {
  readonly ok: true;
  readonly zxid: number;
  readonly path?: string;
  readonly stat?: Stat;
}

export interface NotDone {
  readonly ok: false;
  readonly refusal: Refusal;
}

export type Outcome = Done | NotDone;
