import { isUtf8 } from "node:buffer";
import {
  CreateResponseSchema,
  DeleteResponseSchema,
  ExistsResponseSchema,
  GetResponseSchema,
  SetResponseSchema,
} from "../../gen/ts/corral/v1/node_pb.js";
import type { Stat } from "../core/node.ts";
import type { Done } from "../core/operation.ts";
import { ProtoWriter } from "./proto-writer.ts";
import { StatEncoder } from "./stat-encoder.ts";

const created = CreateResponseSchema.field;
const got = GetResponseSchema.field;
const existing = ExistsResponseSchema.field;
const set = SetResponseSchema.field;
const deleted = DeleteResponseSchema.field;

/** Makes the answers that are asked for most, by hand. */
export class AnswerEncoder {
  readonly #writer = new ProtoWriter();
  readonly #stat = new StatEncoder();

  /** A CreateResponse. */
  created({ zxid, path, stat, existed, data }: Done, asText: boolean): Uint8Array {
    const writer = this.#writer.clear();
    writer.integer(created.zxid.number, zxid);
    writer.text(created.path.number, path!);
    writer.message(created.stat.number, this.#stat.encode(stat!));
    writer.bool(created.existed.number, existed ?? false);
    if (data !== undefined)
      this.#data(data, asText, { data: created.data.number, text: created.text.number });
    return writer.finish();
  }

  /** A GetResponse. */
  got(zxid: number, stat: Stat, data: Uint8Array, asText: boolean): Uint8Array {
    const writer = this.#writer.clear();
    writer.integer(got.zxid.number, zxid);
    this.#data(data, asText, { data: got.data.number, text: got.text.number });
    writer.message(got.stat.number, this.#stat.encode(stat));
    return writer.finish();
  }

  /** An ExistsResponse; without a Stat when there is no node. */
  existing(zxid: number, stat: Stat | undefined): Uint8Array {
    const writer = this.#writer.clear();
    writer.integer(existing.zxid.number, zxid);
    if (stat !== undefined) writer.message(existing.stat.number, this.#stat.encode(stat));
    return writer.finish();
  }

  /** A SetResponse. */
  set({ zxid, stat }: Done): Uint8Array {
    const writer = this.#writer.clear();
    writer.integer(set.zxid.number, zxid);
    writer.message(set.stat.number, this.#stat.encode(stat!));
    return writer.finish();
  }

  /** A DeleteResponse. */
  deleted({ zxid }: Done): Uint8Array {
    const writer = this.#writer.clear();
    writer.integer(deleted.zxid.number, zxid);
    return writer.finish();
  }

  #data(bytes: Uint8Array, asText: boolean, fields: { readonly data: number; readonly text: number }): void {
    this.#writer.bytes(asText && isUtf8(bytes) ? fields.text : fields.data, bytes);
  }
}
