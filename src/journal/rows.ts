import type { NodeRecord } from "../core/node.ts";
import type { RememberedRequest } from "../core/request.ts";
import type { SessionRecord } from "../core/session.ts";
import type { StateSink } from "./journal.ts";
import { RecordReader, RecordWriter } from "./records.ts";

/** On disk, in backups: a tag is never used for another kind of row. */
const rowTags = { session: 1, node: 2, requestWithoutHolder: 3, request: 4 } as const;

/** Packs a whole state, row by row. */
export class RowWriter extends RecordWriter {
  sessionRow(session: SessionRecord): void {
    this.byte(rowTags.session);
    this.session(session);
  }

  /** @param data their bytes, or as hexadecimal digits. */
  nodeRow(path: string, record: NodeRecord, data: Uint8Array | string): void {
    this.byte(rowTags.node);
    this.text(path);
    if (typeof data === "string") this.hex(data);
    else this.blob(data);
    this.node(record);
  }

  requestRow(request: RememberedRequest): void {
    this.byte(rowTags.request);
    this.integer(request.zxid);
    this.double(request.timeMs);
    this.request(request);
    this.text(request.holder);
  }
}

/** Gives each row of one writer to the sink. Data are views into `packed`. @throws RangeError */
export function unpackRows(packed: Uint8Array, sink: StateSink): void {
  const reader = new RecordReader(packed);
  while (!reader.atEnd) {
    const tag = reader.byte();
    switch (tag) {
      case rowTags.session:
        sink.session(reader.session());
        break;
      case rowTags.node: {
        const path = reader.text();
        const data = reader.blob();
        sink.node(path, reader.node(), data);
        break;
      }
      case rowTags.request:
      case rowTags.requestWithoutHolder: {
        const request = { zxid: reader.integer(), timeMs: reader.double(), ...reader.request() };
        sink.request({ ...request, holder: tag === rowTags.request ? reader.text() : "" });
        break;
      }
      default:
        throw new RangeError(`row of unknown kind ${tag}`);
    }
  }
}
