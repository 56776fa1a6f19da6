import { ttlMsMax } from "../../limits.ts";
import { asContainer, forever } from "../node.ts";
import type { CreateMode } from "../operation.ts";
import type { Refusal } from "../refusal.ts";
import { badArgument } from "./refusals.ts";

/** What a mode says of the node. */
export interface ModeTraits {
  readonly ephemeral: boolean;
  readonly sequential: boolean;
  readonly ttl: boolean;
}

const none: ModeTraits = { ephemeral: false, sequential: false, ttl: false };

export const traitsOf: Readonly<Record<CreateMode, ModeTraits>> = {
  persistent: none,
  persistentSequential: { ...none, sequential: true },
  ephemeral: { ...none, ephemeral: true },
  ephemeralSequential: { ...none, ephemeral: true, sequential: true },
  container: none,
  persistentWithTtl: { ...none, ttl: true },
  persistentSequentialWithTtl: { ...none, sequential: true, ttl: true },
};

/** EphemeralType.validateTTL; and a TTL that would mean nothing, which ZooKeeper's library refuses. */
export function checkTtl(mode: CreateMode, ttlMs: number): Refusal | undefined {
  if (!traitsOf[mode].ttl) {
    return ttlMs === 0 ? undefined : badArgument("ttl_ms", "only a mode with a TTL has one");
  }
  if (Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= ttlMsMax) return undefined;
  return badArgument("ttl_ms", `a TTL is 1 to ${ttlMsMax} milliseconds, not ${ttlMs}`);
}

export function lifetimeOf(mode: CreateMode, ttlMs: number): number {
  if (mode === "container") return asContainer;
  return traitsOf[mode].ttl ? ttlMs : forever;
}
