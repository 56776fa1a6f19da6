/** What is counted where it happens, and read when somebody asks: nothing here knows who that is. */

/** How often values fell where, and their sum. A value costs a few comparisons and no object. */
export class Histogram {
  /** The highest value of each bucket; another one follows for what is above them all. */
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  count = 0;
  sum = 0;
  /** Infinite while there was no value. */
  min = Number.POSITIVE_INFINITY;
  max = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }
}

/** Buckets for what takes from a tenth of a millisecond to ten seconds, in seconds. */
export const secondsBounds: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

export type CallKind = "unary" | "client_stream" | "server_stream" | "bidi_stream";

/** gRPC has 17 codes, from OK to UNAUTHENTICATED. */
const codeCount = 17;

/** The calls of one method. */
export class MethodFigures {
  readonly service: string;
  readonly method: string;
  readonly kind: CallKind;
  started = 0;
  received = 0;
  sent = 0;
  /** The calls that ended, by their gRPC code. */
  readonly ended = new Float64Array(codeCount);
  readonly seconds = new Histogram(secondsBounds);

  constructor(service: string, method: string, kind: CallKind) {
    this.service = service;
    this.method = method;
    this.kind = kind;
  }
}
