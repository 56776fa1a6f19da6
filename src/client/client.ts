import { credentials as grpcCredentials } from "@grpc/grpc-js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { type AclEntry, aclFromProto, aclToProto, type Identity } from "./acl.ts";
import { Admin } from "./admin.ts";
import { type Authorization, checkAuthorization } from "./authorization.ts";
import { Calls, type WriteOptions } from "./calls.ts";
import { type Clock, rollDice, systemClock } from "./clock.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { createRequest } from "./create-request.ts";
import { tlsCredentials } from "./credentials.ts";
import { CorralError, isCorralError } from "./errors.ts";
import { type ChildrenView, followChildren, followNode } from "./follow.ts";
import { Iteration } from "./iteration.ts";
import { KeptNode } from "./kept-node.ts";
import { pipelineFromDefault } from "./limits.ts";
import { Listing } from "./list.ts";
import { Namespace } from "./namespace.ts";
import { bytesOf, type Data, NodeValue, type Stat, statFromProto } from "./node.ts";
import type {
  ConnectOptions,
  CreateOptions,
  DeleteOptions,
  KeepOptions,
  ListOptions,
  Look,
  NodeAcl,
  SetAclOptions,
  VersionOptions,
  WrittenNode,
} from "./options.ts";
import { type ScannedNode, type ScanOptions, type ScanSource, scan } from "./scan.ts";
import { type CallOptions, Scopes } from "./scope.ts";
import { HeldSession, type Session, type SessionState } from "./session.ts";
import { type EphemeralLoss, SessionKeeper } from "./session-keeper.ts";
import {
  type Transaction,
  type TransactionResult,
  transactionFromProto,
  transactionToProto,
  versionIn,
} from "./transaction.ts";
import { Watch, type WatchOptions } from "./watch.ts";
import { WatchHub } from "./watch-hub.ts";

const rpc = Coordination.method;

/**
 * Connects, and opens a session unless that is declined. The client is ready when this resolves; from then on it
 * sees to it by itself that it stays so.
 * @throws CorralError DEADLINE_EXCEEDED when there was no session in time, ten seconds by default; its `cause` is
 * what a server said last.
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const client = new Client(options);
  try {
    await client.ready(options);
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** A client of Corral, with a session of its own. All paths are absolute, and within its namespace. */
export class Client implements AsyncDisposable {
  readonly #connectionOptions: ConnectionOptions;
  readonly #clock: Clock;
  readonly #namespace: Namespace;
  readonly #scopes: Scopes;
  readonly #connection: Connection;
  /** Heartbeats have a connection to themselves, so that nothing else can hold them up. */
  readonly #sessionConnection: Connection;
  readonly #sessions: SessionKeeper | undefined;
  readonly #calls: Calls;
  readonly #watches: WatchHub;
  readonly #keptPaths = new Set<string>();
  #closing: Promise<void> | undefined;

  /** @internal use `connect`. */
  constructor({ endpoints, clock = systemClock, sessionTimeoutMs = 0, ...options }: ConnectOptions) {
    const { authorization, pipelineFrom = pipelineFromDefault, tls } = options;
    const credentials =
      options.credentials ?? (tls === undefined ? grpcCredentials.createInsecure() : tlsCredentials(tls));
    const list = typeof endpoints === "string" ? [endpoints] : endpoints;
    checkOptions({ list, authorization, sessionTimeoutMs });
    const { onUnreachable: unreachable } = options;
    const connection: ConnectionOptions = {
      endpoints: list,
      clock,
      credentials,
      authorization,
      pipelineFrom,
      unreachable,
    };
    const turn = Math.floor(rollDice() * list.length);
    this.#connectionOptions = connection;
    this.#clock = clock;
    this.#namespace = new Namespace(options.namespace);
    this.#scopes = new Scopes(clock);
    this.#connection = new Connection(connection, turn);
    this.#sessionConnection = new Connection(connection, turn);
    if (sessionTimeoutMs !== false)
      this.#sessions = new SessionKeeper(this.#sessionConnection, clock, sessionTimeoutMs);
    this.#calls = new Calls({
      connection: this.#connection,
      clock,
      scopes: this.#scopes,
      namespace: this.#namespace,
      session: (writing, signal) => this.#sessionFor(writing, signal),
    });
    this.#watches = new WatchHub(this.#connection, clock, this.#namespace);
  }

  /** "closed" once it is; else that of the session. A client without one is always "connected". */
  get state(): SessionState {
    if (this.#closing !== undefined) return "closed";
    return this.#sessions?.state ?? "connected";
  }

  /** The session; undefined while one is being opened, and when there is to be none. */
  get session(): Session | undefined {
    return this.#sessions?.session;
  }

  /**
   * From the next call on, says who acts. Streams that are open, such as that of the watches, go on as whom they were
   * opened. @throws CorralError BAD_ARGUMENTS for what metadata cannot carry
   */
  authorize(authorization: Authorization | undefined): void {
    checkAuthorization(authorization);
    this.#connectionOptions.authorization = authorization;
  }

  /** The session, as soon as there is one. @throws CorralError SESSION_REQUIRED when there is to be none. */
  async connected(options: CallOptions = {}): Promise<Session> {
    const sessions = this.#sessions;
    if (sessions === undefined)
      throw new CorralError("SESSION_REQUIRED", "this client was connected without a session");
    try {
      return await this.#scopes.run(options, (signal) => sessions.opened(signal));
    } catch (error) {
      const { trouble } = sessions;
      if (trouble === undefined || !isCorralError(error, "DEADLINE_EXCEEDED")) throw error;
      throw new CorralError(error.reason, `${error.message}: ${trouble.message}`, { cause: trouble });
    }
  }

  /** @internal Resolves when calls can be made. */
  async ready(options: CallOptions): Promise<void> {
    await Promise.all([
      this.#sessions && this.connected(options),
      this.#scopes.run(options, (signal) => this.#connection.ready(signal)),
    ]);
  }

  /** Tells of every change of state; docs/client.md says when. The answer stops that. */
  onState(listener: (state: SessionState, session: Session | undefined) => void): () => void {
    return this.#sessions?.changes.add(({ state, session }) => listener(state, session)) ?? nothing;
  }

  /** Tells when somebody else deleted an ephemeral node of the session, while that is connected. */
  onEphemeralLost(listener: (loss: EphemeralLoss) => void): () => void {
    const tell = ({ path, zxid }: EphemeralLoss) => {
      listener({ path: this.#namespace.fromServer(path), zxid });
    };
    return this.#sessions?.losses.add(tell) ?? nothing;
  }

  /** Tells before each heartbeat how long the session lives without it, in milliseconds: a figure to keep an eye on. */
  onHeartbeat(listener: (leftMs: number) => void): () => void {
    return this.#sessions?.beats.add(listener) ?? nothing;
  }

  /**
   * Tells when watches were interrupted, and why: what they have shown may be out of date until they go on. They do
   * so by themselves, but for one whose iterator throws this error.
   */
  onInterruption(listener: (error: CorralError) => void): () => void {
    return this.#watches.interruptions.add(listener);
  }

  /** Tells when this process stood still for so long that a heartbeat was late: by how much, in milliseconds. */
  onStall(listener: (lateMs: number) => void): () => void {
    return this.#sessions?.stalls.add(listener) ?? nothing;
  }

  /** Creates a node. @throws CorralError NO_NODE for a missing parent, NODE_EXISTS and others of `Create` */
  async create(path: string, data?: Data, options: CreateOptions = {}): Promise<WrittenNode> {
    const request = createRequest(this.#namespace.toServer(path), data, options);
    const { path: created, stat, zxid } = await this.#calls.write(rpc.create, request, options);
    return {
      path: this.#namespace.fromServer(created),
      stat: statFromProto(stat!),
      zxid: Number(zxid),
    };
  }

  /** Reads a node. @throws CorralError NO_NODE */
  async get(path: string, options: CallOptions = {}): Promise<NodeValue> {
    const request = { path: this.#namespace.toServer(path) };
    const { data, stat, zxid } = await this.#calls.read(rpc.get, request, options);
    return new NodeValue(path, data, statFromProto(stat!), Number(zxid));
  }

  /** The Stat of a node; undefined when there is none. */
  async exists(path: string, options: CallOptions = {}): Promise<Stat | undefined> {
    return (await this.look(path, options)).stat;
  }

  /** The same with the zxid of the answer, from which a watch can go on. */
  async look(path: string, options: CallOptions = {}): Promise<Look> {
    const request = { path: this.#namespace.toServer(path) };
    const { stat, zxid } = await this.#calls.read(rpc.exists, request, options);
    return { stat: stat && statFromProto(stat), zxid: Number(zxid) };
  }

  /** Replaces a node's data. @throws CorralError NO_NODE, BAD_VERSION, DATA_TOO_LARGE */
  async set(path: string, data: Data, options: VersionOptions = {}): Promise<WrittenNode> {
    const request = { path: this.#namespace.toServer(path), data: bytesOf(data), ...versionIn(options) };
    const { stat, zxid } = await this.#calls.write(rpc.set, request, options);
    return { path, stat: statFromProto(stat!), zxid: Number(zxid) };
  }

  /** Deletes a node, and answers the zxid of that. @throws CorralError NO_NODE, BAD_VERSION, NOT_EMPTY */
  async delete(path: string, options: DeleteOptions = {}): Promise<number> {
    const { recursive = false } = options;
    const request = { path: this.#namespace.toServer(path), recursive, ...versionIn(options) };
    return Number((await this.#calls.write(rpc.delete, request, options)).zxid);
  }

  /** The children of a node, in the order of their names. Iterating throws CorralError NO_NODE. */
  list(path: string, options: ListOptions = {}): Listing {
    const { withStats = false, pageSize = 0 } = options;
    return new Listing(path, async (pageToken) => {
      const request = { path: this.#namespace.toServer(path), withStats, pageSize, pageToken };
      return await this.#calls.read(rpc.list, request, options);
    });
  }

  /** Reads a subtree as it was at one moment. Iterating throws CorralError NO_NODE, SCAN_TOO_SLOW and others of `Scan`. */
  scan(path: string, options: ScanOptions = {}): AsyncGenerator<ScannedNode, void> {
    return scan(path, options, this.#scanSource);
  }

  /** Does several operations in one change. @throws CorralError as the operation that fails does, with its `op_index` */
  async transact(transaction: Transaction, options: WriteOptions = {}): Promise<TransactionResult> {
    const request = transactionToProto(transaction, this.#namespace);
    const response = await this.#calls.write(rpc.transact, request, options);
    return transactionFromProto(response, transaction, this.#namespace);
  }

  /** Everybody that access control lists may know this client as. */
  async whoAmI(options: CallOptions = {}): Promise<Identity[]> {
    const { identities } = await this.#calls.read(rpc.whoAmI, {}, options);
    return identities.map(({ scheme, id }) => ({ scheme, id }));
  }

  /** Reads a node's access control list. @throws CorralError NO_NODE, NO_AUTH */
  async getAcl(path: string, options: CallOptions = {}): Promise<NodeAcl> {
    const request = { path: this.#namespace.toServer(path) };
    const { acl, stat, zxid } = await this.#calls.read(rpc.getAcl, request, options);
    return { path, acl: aclFromProto(acl), stat: statFromProto(stat!), zxid: Number(zxid) };
  }

  /** Sets a node's access control list. @throws CorralError NO_NODE, NO_AUTH, INVALID_ACL, BAD_VERSION */
  async setAcl(path: string, acl: readonly AclEntry[], options: SetAclOptions = {}): Promise<WrittenNode> {
    const { aversion, recursive = false } = options;
    const request = {
      path: this.#namespace.toServer(path),
      acl: aclToProto(acl),
      recursive,
      ...(aversion === undefined ? {} : { aversion }),
    };
    const { stat, zxid } = await this.#calls.write(rpc.setAcl, request, options);
    return { path, stat: statFromProto(stat!), zxid: Number(zxid) };
  }

  /** What operators ask of the server. */
  get admin(): Admin {
    return new Admin(this.#calls, this.#scanSource);
  }

  get #scanSource(): ScanSource {
    return { connection: this.#connection, namespace: this.#namespace, scopes: this.#scopes };
  }

  /** Waits for all writes that reached the server before; the zxid that every later read shows at least. */
  async sync(options: CallOptions = {}): Promise<number> {
    return Number((await this.#calls.read(rpc.sync, {}, options)).zxid);
  }

  /** Watches a path from now on, or from an earlier zxid: `for await (const event of client.watch("/a"))`. */
  watch(path: string, options: WatchOptions = {}): Watch {
    return new Watch(path, options, this.#watches);
  }

  /** The node as it is now, and then after each change; undefined while there is none. */
  follow(path: string, options: { readonly signal?: AbortSignal } = {}): Iteration<NodeValue | undefined> {
    return new Iteration((signal) => followNode(this, path, signal), options.signal);
  }

  /** The children of a node with their data, and then again after each change. The node may be missing. */
  followChildren(path: string, options: { readonly signal?: AbortSignal } = {}): Iteration<ChildrenView> {
    return new Iteration((signal) => followChildren(this, path, signal), options.signal);
  }

  /**
   * Creates an ephemeral node and keeps it as long as this client is open, over the end of sessions. Resolves when
   * it is there. @throws CorralError as `create` does; DEADLINE_EXCEEDED while a node of another session has the name
   */
  async keepEphemeral(path: string, options: KeepOptions = {}): Promise<KeptNode> {
    const node = new KeptNode(this, this.#clock, this.#keptPaths, path, options);
    await this.#scopes.run(options, (signal) => node.start(signal));
    return node;
  }

  /** Ends the session, and with it its ephemeral nodes, then everything else. Calls that run fail with CLIENT_CLOSED. */
  close(): Promise<void> {
    this.#closing ??= this.#close(new CorralError("CLIENT_CLOSED", "the client was closed"));
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(reason: CorralError): Promise<void> {
    this.#scopes.close(reason);
    this.#watches.close(reason);
    await this.#sessions?.close(reason);
    this.#connection.close(reason);
    this.#sessionConnection.close(reason);
  }

  async #sessionFor({ session }: WriteOptions, signal: AbortSignal): Promise<HeldSession | undefined> {
    return session === undefined ? await this.#sessions?.opened(signal) : alive(session);
  }
}

/** What would fail again and again, out of sight. @throws CorralError BAD_ARGUMENTS */
function checkOptions(options: {
  readonly list: readonly unknown[];
  readonly authorization: Authorization | undefined;
  readonly sessionTimeoutMs: unknown;
}): void {
  const { list, authorization, sessionTimeoutMs } = options;
  const refuse = (field: string, message: string) => {
    throw new CorralError("BAD_ARGUMENTS", message, { code: "INVALID_ARGUMENT", field });
  };
  if (list.length === 0) refuse("endpoints", "there is no endpoint");
  if (!list.every((one) => typeof one === "string" && /^[!-~]+$/.test(one)))
    refuse("endpoints", "an endpoint must be a text such as host:port");
  const isTime = Number.isInteger(sessionTimeoutMs) && Number(sessionTimeoutMs) >= 0;
  if (sessionTimeoutMs !== false && !(isTime && Number(sessionTimeoutMs) <= int32Max))
    refuse("sessionTimeoutMs", "the session's timeout must be a whole number of milliseconds");
  checkAuthorization(authorization);
}

/** The protocol's, of a timeout. */
const int32Max = 2 ** 31 - 1;

/** @throws CorralError SESSION_EXPIRED when it is over, also if only the clock has said so */
function alive(session: Session): HeldSession {
  if (session.state === "lost" || session.state === "closed") throw session.signal.reason;
  if (session instanceof HeldSession) return session;
  throw new CorralError("BAD_ARGUMENTS", "the session is not one of this client", { field: "session" });
}

function nothing(): void {}
