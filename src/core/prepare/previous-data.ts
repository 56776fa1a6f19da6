import { eventDataBytesMax } from "../../limits.ts";
import type { NodeRecord } from "../node.ts";
import type { StateReader } from "../state.ts";

/** The data of nodes that are deleted together, as far as the events of one transaction have room for them. */
export class PreviousData {
  readonly #state: StateReader;
  #bytes = 0;

  constructor(state: StateReader) {
    this.#state = state;
  }

  of(path: string, node: NodeRecord): Uint8Array | undefined {
    this.#bytes += node.dataLength;
    return this.#bytes <= eventDataBytesMax ? this.#state.data(path)! : undefined;
  }
}
