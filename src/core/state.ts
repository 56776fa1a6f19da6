import type { EphemeralSum } from "./ephemeral-index.ts";
import type { NodeRecord } from "./node.ts";
import type { Quotas } from "./quota.ts";
import type { RememberedRequest } from "./request.ts";
import type { RequestMemory } from "./request-memory.ts";
import type { SessionRecord } from "./session.ts";

/** What an operation is decided on: the visible tree, or the visible tree plus what is staged. */
export interface StateReader extends Quotas {
  node(path: string): NodeRecord | undefined;
  /** A node's data, to be treated as read-only; undefined if there is no such node. */
  data(path: string): Uint8Array | undefined;
  /** The names of a node's children after a name, in order; none if there is no such node. */
  childNames(path: string, after?: string): Generator<string>;
  session(id: number): SessionRecord | undefined;
  /** A request that was done and answered, by its key. */
  request(key: string): RememberedRequest | undefined;
  /** All of them, only to be looked at. */
  readonly requestMemory: RequestMemory;
  /** How many sessions are open. */
  readonly sessionCount: number;
  /** No less than the session's ephemeral nodes come to, without counting; exact when nothing is staged. */
  ephemeralSumMax(sessionId: number): EphemeralSum;
  /** What the ephemeral nodes that the session owns come to: counted once, then kept. */
  ephemeralSum(sessionId: number): EphemeralSum;
  /** The paths of the session's ephemeral nodes, in no particular order. */
  ephemeralsOf(sessionId: number): readonly string[];
}

/** What changes are applied to. Its methods trust their caller: apply.ts is the only one. */
export interface StateWriter extends StateReader {
  /** Inserts or replaces a node's record; `data` is absent when only the record changes. */
  putNode(path: string, record: NodeRecord, data?: Uint8Array): void;
  /** Replaces a node's record, of which the access control list is another. */
  putAcl(path: string, record: NodeRecord): void;
  removeNode(path: string): void;
  putSession(session: SessionRecord): void;
  removeSession(id: number): void;
  putRequest(request: RememberedRequest): void;
  forgetRequest(zxid: number): void;
}
