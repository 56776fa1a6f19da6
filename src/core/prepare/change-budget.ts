import type { Refusal } from "../refusal.ts";
import type { OperationLimits } from "./prepared.ts";
import { transactionTooLarge } from "./refusals.ts";

/** How much happens under one zxid so far. */
export class ChangeBudget {
  readonly #limits: OperationLimits;
  #changes = 0;
  #pathBytes = 0;
  #dataBytes = 0;

  constructor(limits: OperationLimits) {
    this.#limits = limits;
  }

  /** Counts a change of a node in; refuses it when that is too much. */
  add(path: string, dataBytes = 0): Refusal | undefined {
    const { changesMax, pathBytesMax, dataBytesMax } = this.#limits;
    this.#changes++;
    this.#pathBytes += Buffer.byteLength(path);
    this.#dataBytes += dataBytes;
    if (this.#changes > changesMax) return transactionTooLarge("changes", this.#changes, changesMax);
    if (this.#pathBytes > pathBytesMax) {
      return transactionTooLarge("bytes of paths", this.#pathBytes, pathBytesMax);
    }
    if (this.#dataBytes <= dataBytesMax) return undefined;
    return transactionTooLarge("bytes of data", this.#dataBytes, dataBytesMax);
  }
}
