import { isUtf8 } from "node:buffer";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { CreateMode as ProtoCreateMode, type StatSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { type NodeRecord, type Stat, statOf } from "../core/node.ts";
import type { CreateMode, Done, Outcome } from "../core/operation.ts";
import { Refused } from "../core/refusal.ts";

/** A zxid, an id or a time on the wire. */
export function int64(value: number): bigint {
  return BigInt(value);
}

export function statToProto(stat: Stat): MessageInitShape<typeof StatSchema> {
  return {
    czxid: int64(stat.czxid),
    mzxid: int64(stat.mzxid),
    pzxid: int64(stat.pzxid),
    ctimeMs: int64(stat.ctimeMs),
    mtimeMs: int64(stat.mtimeMs),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: int64(stat.ephemeralOwner),
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
    mode: statModes[stat.mode],
    ttlMs: int64(stat.ttlMs),
  };
}

export function nodeToProto(node: NodeRecord): MessageInitShape<typeof StatSchema> {
  return statToProto(statOf(node));
}

const modes: Readonly<Record<ProtoCreateMode, CreateMode>> = {
  [ProtoCreateMode.UNSPECIFIED]: "persistent",
  [ProtoCreateMode.PERSISTENT]: "persistent",
  [ProtoCreateMode.PERSISTENT_SEQUENTIAL]: "persistentSequential",
  [ProtoCreateMode.EPHEMERAL]: "ephemeral",
  [ProtoCreateMode.EPHEMERAL_SEQUENTIAL]: "ephemeralSequential",
  [ProtoCreateMode.CONTAINER]: "container",
  [ProtoCreateMode.PERSISTENT_WITH_TTL]: "persistentWithTtl",
  [ProtoCreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL]: "persistentSequentialWithTtl",
};

/** Persistent is what a Stat need not say. */
export const statModes: Readonly<Record<Stat["mode"], ProtoCreateMode>> = {
  persistent: ProtoCreateMode.UNSPECIFIED,
  ephemeral: ProtoCreateMode.EPHEMERAL,
  container: ProtoCreateMode.CONTAINER,
  persistentWithTtl: ProtoCreateMode.PERSISTENT_WITH_TTL,
};

/** @throws Refused BAD_ARGUMENTS for a number that is no mode: proto3 lets any number through. */
export function createModeFromProto(mode: ProtoCreateMode): CreateMode {
  const known: CreateMode | undefined = modes[mode];
  if (known === undefined) throw badArgument("mode", `there is no create mode ${mode}`);
  return known;
}

const encoder = new TextEncoder();

/** The data of a request that has both forms of it. @throws Refused BAD_ARGUMENTS when both are given. */
export function dataFromProto(request: { readonly data: Uint8Array; readonly text: string }): Uint8Array {
  if (request.text === "") return request.data;
  if (request.data.length > 0) throw badArgument("text", "give data or text, not both");
  return encoder.encode(request.text);
}

/** The byte order mark is part of the data. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Data in the form that was asked for. */
export function dataToProto(data: Uint8Array, asText: boolean): { data: Uint8Array } | { text: string } {
  return asText && isUtf8(data) ? { text: decoder.decode(data) } : { data };
}

/** An absent version is no condition, like -1. */
export function versionFromProto(version: number | undefined): number {
  return version ?? -1;
}

/** A page token names the last child of the page before; that it is opaque lets it become something else. */
export function pageTokenToProto(lastName: string): string {
  return Buffer.from(lastName).toString("base64url");
}

/** @throws Refused BAD_ARGUMENTS for what no List has answered. */
export function pageTokenFromProto(token: string): string {
  const lastName = Buffer.from(token, "base64url").toString();
  if (pageTokenToProto(lastName) !== token) {
    throw badArgument("page_token", "the page token is not one that a List has answered");
  }
  return lastName;
}

/** What a write did. @throws Refused when it was refused. */
export function doneOf(outcome: Outcome): Done {
  if (outcome.ok) return outcome;
  throw new Refused(outcome.refusal);
}

/** The request breaks a rule of the wire, before anything is looked up. */
export function badArgument(field: string, message: string): Refused {
  return new Refused({ reason: "BAD_ARGUMENTS", message, field });
}
