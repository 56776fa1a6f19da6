import { StatSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { type NodeRecord, statOf } from "../core/node.ts";
import { statModes } from "./convert.ts";
import { ProtoWriter } from "./proto-writer.ts";

const stat = StatSchema.field;

/** A corral.v1.Stat, by hand: there may be a hundred thousand a second. */
export function encodeStat(node: NodeRecord): Uint8Array {
  const writer = new ProtoWriter(96);
  const values = statOf(node);
  writer.integer(stat.czxid.number, values.czxid);
  writer.integer(stat.mzxid.number, values.mzxid);
  writer.integer(stat.pzxid.number, values.pzxid);
  writer.integer(stat.ctimeMs.number, values.ctimeMs);
  writer.integer(stat.mtimeMs.number, values.mtimeMs);
  writer.integer(stat.version.number, values.version);
  writer.integer(stat.cversion.number, values.cversion);
  writer.integer(stat.aversion.number, values.aversion);
  writer.integer(stat.ephemeralOwner.number, values.ephemeralOwner);
  writer.integer(stat.dataLength.number, values.dataLength);
  writer.integer(stat.numChildren.number, values.numChildren);
  writer.integer(stat.mode.number, statModes[values.mode]);
  writer.integer(stat.ttlMs.number, values.ttlMs);
  return writer.finish();
}
