import { Metadata } from "@grpc/grpc-js";
import { Permission } from "../../gen/ts/corral/v1/acl_pb.js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { KeepAliveEvent } from "../../gen/ts/corral/v1/session_pb.js";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { digestOf } from "../../src/auth/basic.ts";
import type { AuditEntry } from "../../src/engine/audit.ts";
import { ManualClock } from "./manual-clock.ts";
import type { CallOptions, RpcClient } from "./rpc-client.ts";
import { startServer } from "./start-server.ts";

/** A server with a super user, root, and all that its audit log was told. */
export async function startAudited(options: Parameters<typeof startServer>[0] = {}) {
  const clock = new ManualClock();
  const superDigest = digestOf({ user: "root", password: "root" });
  const audited: AuditEntry[] = [];
  const audit = { write: (entry: AuditEntry) => void audited.push(entry), serverUser: "corral" };
  const authenticator = new Authenticator({ clock, demand: "none", superDigest });
  const server = await startServer({ clock, audit, authenticator, ...options });
  return { ...server, audited };
}

/** Acts as a user whose password is his name. */
export function as(user: string): { metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set("authorization", `Basic ${Buffer.from(`${user}:${user}`).toString("base64")}`);
  return { metadata };
}

/** From now on "/" is read by all, and administered by this user alone. */
export async function entrust(client: RpcClient, user: string): Promise<void> {
  const id = digestOf({ user, password: user });
  const acl = [
    { identity: { scheme: "digest", id }, permissions: [Permission.ALL] },
    { identity: { scheme: "world", id: "anyone" }, permissions: [Permission.READ, Permission.CREATE] },
  ];
  await client.unary(Coordination.method.setAcl, { path: "/", acl });
}

/** A KeepAlive stream, once it holds a session: a new one, or that of the token. */
export async function holding(client: RpcClient, sessionToken = "", options: CallOptions = {}) {
  const stream = client.bidi(Coordination.method.keepAlive, options);
  stream.send({ sessionToken });
  const first = (await stream.next())!;
  const token = first.event === KeepAliveEvent.OPENED ? first.sessionToken : sessionToken;
  return { stream, sessionId: first.sessionId, token };
}
