import { isUtf8 } from "node:buffer";
import { ScannedNodeSchema, type ScanRequest, ScanResponseSchema } from "../../gen/ts/corral/v1/scan_pb.js";
import type { SnapshotNode } from "../core/snapshot.ts";
import { ProtoWriter } from "./proto-writer.ts";
import { encodeStat } from "./stat-encoder.ts";

const response = ScanResponseSchema.field;
const scanned = ScannedNodeSchema.field;

/** A page of a scan: a ScanResponse. */
export function encodeScanPage(
  zxid: number,
  nodes: readonly SnapshotNode[],
  request: ScanRequest,
): Uint8Array {
  const bytes = nodes.reduce((sum, { path, data }) => sum + nodeBytes + path.length + data.length, nodeBytes);
  const writer = new ProtoWriter(bytes);
  writer.integer(response.zxid.number, zxid);
  for (const node of nodes) writer.message(response.nodes.number, encodeNode(node, request));
  return writer.finish();
}

function encodeNode({ path, record, data }: SnapshotNode, { withStats, asText }: ScanRequest): Uint8Array {
  const writer = new ProtoWriter(nodeBytes + 3 * path.length + data.length);
  writer.text(scanned.path.number, path);
  if (withStats) writer.message(scanned.stat.number, encodeStat(record));
  writer.bytes(asText && isUtf8(data) ? scanned.text.number : scanned.data.number, data);
  return writer.finish();
}

/** About what a node takes beside its path and data. */
const nodeBytes = 100;
