import type { ChannelCredentials } from "@grpc/grpc-js";
import type { AclEntry } from "./acl.ts";
import type { Authorization } from "./authorization.ts";
import type { WriteOptions } from "./calls.ts";
import type { Clock } from "./clock.ts";
import type { TlsOptions } from "./credentials.ts";
import type { CreateMode, Data, Stat } from "./node.ts";
import type { CallOptions } from "./scope.ts";

export interface ConnectOptions extends CallOptions {
  /** Where the server is: "host:port", or several of them. Each is tried in turn; names are looked up every time. */
  readonly endpoints: string | readonly string[];
  /** The folder of the tree that this client takes for the whole; "/" by default. It must exist, or be created. */
  readonly namespace?: string | undefined;
  /** Speak TLS, with these keys; without encryption by default. */
  readonly tls?: TlsOptions | undefined;
  /** The same as credentials of @grpc/grpc-js, for what `tls` cannot say. */
  readonly credentials?: ChannelCredentials | undefined;
  /**
   * The `authorization` metadata of every call, such as "Bearer ...", or a function that is asked for them before each;
   * none by default.
   */
  readonly authorization?: Authorization | undefined;
  /**
   * The session's timeout to ask for, in milliseconds; the server bounds it, and has a default of its own. False: no
   * session, for clients that own no ephemeral nodes.
   */
  readonly sessionTimeoutMs?: number | false | undefined;
  /**
   * With this many calls on their way, further ones share a stream, `Pipeline`, which is far cheaper; 16 by default.
   * 0: all do; Infinity: none does.
   */
  readonly pipelineFrom?: number | undefined;
  /** Told whenever each endpoint was tried in vain. The client goes on trying; abort `signal` to give up. */
  readonly onUnreachable?: (() => void) | undefined;
  /** Time, for tests. */
  readonly clock?: Clock | undefined;
}

/** How a node is created. */
export interface NewNode {
  /** "persistent" by default. */
  readonly mode?: CreateMode | undefined;
  /** Create missing parents too, in the same change; false by default. */
  readonly parents?: boolean | undefined;
  /** For the modes with a TTL, and for no other: how long it may go without a `set`, in milliseconds. */
  readonly ttlMs?: number | undefined;
  /** Who may do what with it, and with parents that are created; everybody everything by default. */
  readonly acl?: readonly AclEntry[] | undefined;
  /** What to do when there is a node already: fail with NODE_EXISTS, the default, or set its data, whatever its mode. */
  readonly ifExists?: "fail" | "set" | undefined;
}

export interface CreateOptions extends WriteOptions, NewNode {}

export interface DeleteOptions extends VersionOptions {
  /** Delete everything below it too, in the same change; false by default. */
  readonly recursive?: boolean | undefined;
}

export interface SetAclOptions extends WriteOptions {
  /** Set the list only if its version, `stat.aversion`, is this one; by default whatever it is. */
  readonly aversion?: number | undefined;
  /** Set it for every node below too, in the same change; false by default. */
  readonly recursive?: boolean | undefined;
}

export interface VersionOptions extends WriteOptions {
  /** Write only if the node has this version; by default whatever its version is. */
  readonly version?: number | undefined;
}

export interface ListOptions extends CallOptions {
  /** Read the Stat of each child too; false by default. */
  readonly withStats?: boolean | undefined;
  /** Children to a page: 1 to 10,000; 1,000 by default. */
  readonly pageSize?: number | undefined;
}

export interface KeepOptions extends CallOptions {
  /** The node's data; none by default. */
  readonly data?: Data | undefined;
  /** Append a number to the name, another one each time that it is created; false by default. */
  readonly sequential?: boolean | undefined;
  /** Create missing parents too; false by default. */
  readonly parents?: boolean | undefined;
}

/** A node as a write left it. */
export interface WrittenNode {
  /** With its number, if it is sequential. */
  readonly path: string;
  readonly stat: Stat;
  /** The change. */
  readonly zxid: number;
}

/** A node's access control list. */
export interface NodeAcl {
  readonly path: string;
  /** For whom may not set it, the hash of a "digest" is `x`. */
  readonly acl: readonly AclEntry[];
  readonly stat: Stat;
  readonly zxid: number;
}

/** Whether there is a node. */
export interface Look {
  /** Undefined when there is none. */
  readonly stat: Stat | undefined;
  /** The last change that this reflects: a watch after it misses nothing. */
  readonly zxid: number;
}
