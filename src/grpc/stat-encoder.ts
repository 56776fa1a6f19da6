import { StatSchema } from "../../gen/ts/corral/v1/node_pb.js";
import type { Stat } from "../core/node.ts";
import { statModes } from "./convert.ts";
import { ProtoWriter } from "./proto-writer.ts";

const field = StatSchema.field;

/** Stats are in nearly every answer and event, thirteen numbers each: by hand they cost a tenth. */
export class StatEncoder {
  readonly #writer = new ProtoWriter();

  /** The bytes of a Stat; good until the next one is encoded. */
  encode(stat: Stat): Uint8Array {
    const writer = this.#writer.clear();
    writer.integer(field.czxid.number, stat.czxid);
    writer.integer(field.mzxid.number, stat.mzxid);
    writer.integer(field.pzxid.number, stat.pzxid);
    writer.integer(field.ctimeMs.number, stat.ctimeMs);
    writer.integer(field.mtimeMs.number, stat.mtimeMs);
    writer.integer(field.version.number, stat.version);
    writer.integer(field.cversion.number, stat.cversion);
    writer.integer(field.aversion.number, stat.aversion);
    writer.integer(field.ephemeralOwner.number, stat.ephemeralOwner);
    writer.integer(field.dataLength.number, stat.dataLength);
    writer.integer(field.numChildren.number, stat.numChildren);
    writer.integer(field.mode.number, statModes[stat.mode]);
    writer.integer(field.ttlMs.number, stat.ttlMs);
    return writer.view();
  }
}
