/** Corral's client for Node: `const client = await connect({ endpoints: "127.0.0.1:7181" })`. docs/client.md leads through it. */

export { type AclEntry, type Identity, type Permission, permissions } from "./acl.ts";
export type { Admin } from "./admin.ts";
export type {
  Alarm,
  BackupPart,
  Drained,
  LogLevel,
  ServerStatus,
  SessionInfo,
  SessionsOptions,
  WatchCounts,
  Watcher,
} from "./admin-types.ts";
export type { Authorization } from "./authorization.ts";
export type { WriteOptions } from "./calls.ts";
export { type Client, connect } from "./client.ts";
export type { Clock } from "./clock.ts";
export type { TlsOptions } from "./credentials.ts";
export { type ClientReason, type Code, CorralError, isCorralError, type Reason } from "./errors.ts";
export type { ChildrenView } from "./follow.ts";
export type { Iteration } from "./iteration.ts";
export type { KeptNode, KeptNodeChange } from "./kept-node.ts";
export type { Child, Listing } from "./list.ts";
export type { CreateMode, Data, NodeValue, Stat } from "./node.ts";
export type {
  ConnectOptions,
  CreateOptions,
  DeleteOptions,
  KeepOptions,
  ListOptions,
  Look,
  NewNode,
  NodeAcl,
  SetAclOptions,
  VersionOptions,
  WrittenNode,
} from "./options.ts";
export { acquireLock, type Lock, type LockOptions } from "./recipes/lock.ts";
export type { ScannedNode, ScanOptions } from "./scan.ts";
export type { CallOptions } from "./scope.ts";
export type { Session, SessionState } from "./session.ts";
export type { EphemeralLoss } from "./session-keeper.ts";
export type { Condition, Operation, OperationResult, Transaction, TransactionResult } from "./transaction.ts";
export type { Watch, WatchOptions } from "./watch.ts";
export type { WatchEvent, WatchEventKind, WatchKind } from "./watch-event.ts";
