/** A session as it is stored: it survives a restart; when it was last heard of does not. */
export interface SessionRecord {
  /** The zxid at which it was opened: unique for ever, and no secret. */
  readonly id: number;
  /** The unguessable half of its token. */
  readonly secret: string;
  readonly timeoutMs: number;
  /** What its client calls itself, over all its sessions; "" for nothing. Sessions of one owner may take over each other's nodes. */
  readonly owner: string;
}

/** Tokens read `<id>.<secret>`: the id finds the session, the secret proves the bearer. */
export function tokenOf(session: SessionRecord): string {
  return `${session.id}.${session.secret}`;
}

/** The id that a token claims, and its secret; undefined if it does not read like a token. */
export function parseToken(token: string): { id: number; secret: string } | undefined {
  const match = /^([1-9][0-9]{0,15})\.([A-Za-z0-9_-]{1,64})$/.exec(token);
  if (match === null) return undefined;
  return { id: Number(match[1]), secret: match[2]! };
}

/** Compares in a time that does not depend on where two secrets differ. */
export function sameSecret(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % (b.length || 1));
  return difference === 0;
}

/** Clamps what a client asks for, as ZooKeeperServer.processConnectRequest does: never a refusal. */
export function negotiateTimeoutMs(
  askedMs: number,
  limits: { minMs: number; maxMs: number; defaultMs: number },
): number {
  const wantedMs = askedMs === 0 ? limits.defaultMs : askedMs;
  return Math.min(Math.max(wantedMs, limits.minMs), limits.maxMs);
}
