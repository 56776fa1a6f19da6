import { isUtf8 } from "node:buffer";
import { ScannedNodeSchema, type ScanRequest, ScanResponseSchema } from "../../gen/ts/corral/v1/scan_pb.js";
import { statOf } from "../core/node.ts";
import type { SnapshotNode } from "../core/snapshot.ts";
import { ProtoWriter } from "./proto-writer.ts";
import { StatEncoder } from "./stat-encoder.ts";

const response = ScanResponseSchema.field;
const scanned = ScannedNodeSchema.field;

/** Makes the pages of scans. */
export class ScanEncoder {
  readonly #page = new ProtoWriter();
  readonly #node = new ProtoWriter();
  readonly #stat = new StatEncoder();

  /** A ScanResponse. */
  encode(zxid: number, nodes: readonly SnapshotNode[], request: ScanRequest): Uint8Array {
    const writer = this.#page.clear();
    writer.integer(response.zxid.number, zxid);
    for (const node of nodes) writer.message(response.nodes.number, this.#encodeNode(node, request));
    return writer.finish();
  }

  #encodeNode({ path, record, data }: SnapshotNode, { withStats, asText }: ScanRequest): Uint8Array {
    const writer = this.#node.clear();
    writer.text(scanned.path.number, path);
    if (withStats) writer.message(scanned.stat.number, this.#stat.encode(statOf(record)));
    writer.bytes(asText && isUtf8(data) ? scanned.text.number : scanned.data.number, data);
    return writer.view();
  }
}
