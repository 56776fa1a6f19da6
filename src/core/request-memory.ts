import {
  forgottenPerRequestMax,
  rememberedRequestAgeMaxMs,
  rememberedRequestsBytesMax,
  rememberedRequestsMax,
} from "../limits.ts";
import { ageMs, type Moment } from "./clock-jumps.ts";
import type { RememberedRequest } from "./request.ts";

/**
 * The requests that are remembered. It does as it is told: `excess` says what is to be forgotten for a further one,
 * and whoever decides makes that a part of the change. So all states, and the disk, forget the same.
 */
export class RequestMemory {
  readonly #byKey = new Map<string, RememberedRequest>();
  /** In their order. */
  readonly #byZxid = new Map<number, RememberedRequest>();
  readonly #holders = new Map<string, Holding>();
  /** The holders by the logarithm of what they hold: finding those that hold most is looking at the last. */
  readonly #classes: Set<Holding>[] = [];
  #bytes = 0;

  get(key: string): RememberedRequest | undefined {
    return this.#byKey.get(key);
  }

  /** In the order of their zxids. */
  values(): IterableIterator<RememberedRequest> {
    return this.#byZxid.values();
  }

  /** In the order of their zxids. */
  put(request: RememberedRequest): void {
    const before = this.#byKey.get(request.key);
    if (before !== undefined) this.forget(before.zxid);
    this.#byKey.set(request.key, request);
    this.#byZxid.set(request.zxid, request);
    this.#bytes += bytesOf(request);
    const holding = this.#holders.get(request.holder) ?? { weight: 0, zxids: new Set<number>() };
    this.#holders.set(request.holder, holding);
    holding.zxids.add(request.zxid);
    this.#weigh(holding, weightOf(request));
  }

  /** Answers what was forgotten; undefined if it is not there. */
  forget(zxid: number): RememberedRequest | undefined {
    const request = this.#byZxid.get(zxid);
    if (request === undefined) return undefined;
    this.#byZxid.delete(zxid);
    this.#byKey.delete(request.key);
    this.#bytes -= bytesOf(request);
    const holding = this.#holders.get(request.holder)!;
    holding.zxids.delete(zxid);
    this.#weigh(holding, -weightOf(request));
    if (holding.zxids.size === 0) this.#holders.delete(request.holder);
    return request;
  }

  /**
   * The zxids of those to forget for a further request of so many bytes: what is too old, and as long as there is no
   * room, the oldest of the holders that hold most. So nobody makes the server forget the requests of all others. A
   * bounded number of them: the next request goes on.
   */
  excess(bytes: number, now: Moment): readonly number[] {
    const room = { count: rememberedRequestsMax - 1 - this.#byZxid.size, bytes: this.#roomBytes(bytes) };
    if (!isOver(room) && !this.#isOld(this.#oldest(), now)) return nothing;
    const zxids = new Set<number>();
    for (const candidate of this.#candidates(now, () => isOver(room))) {
      if (zxids.size === forgottenPerRequestMax) break;
      if (zxids.has(candidate.zxid)) continue;
      zxids.add(candidate.zxid);
      room.count++;
      room.bytes += bytesOf(candidate);
    }
    return [...zxids];
  }

  #roomBytes(bytes: number): number {
    return rememberedRequestsBytesMax - this.#bytes - bytes;
  }

  #oldest(): RememberedRequest | undefined {
    return this.#byZxid.values().next().value;
  }

  #isOld(request: RememberedRequest | undefined, now: Moment): boolean {
    return request !== undefined && ageMs(now, request) > rememberedRequestAgeMaxMs;
  }

  *#candidates(now: Moment, stillOver: () => boolean): Generator<RememberedRequest> {
    for (const oldest of this.#byZxid.values()) {
      if (!this.#isOld(oldest, now)) break;
      yield oldest;
    }
    for (let index = this.#classes.length - 1; index >= 0; index--) {
      for (const { weight, zxids } of this.#classes[index] ?? []) {
        let left = weight;
        // Those who hold less have their turn once this one is among them.
        for (const zxid of zxids) {
          if (!stillOver()) return;
          if (index > 0 && classOf(left) < index) break;
          const request = this.#byZxid.get(zxid)!;
          left -= weightOf(request);
          yield request;
        }
      }
    }
  }

  #weigh(holding: Holding, by: number): void {
    const before = classOf(holding.weight);
    holding.weight += by;
    const after = classOf(holding.weight);
    if (before === after && holding.weight !== by) return;
    this.#classes[before]?.delete(holding);
    if (holding.zxids.size === 0) return;
    while (this.#classes.length <= after) this.#classes.push(new Set());
    this.#classes[after]!.add(holding);
  }
}

/** What one holder has. */
interface Holding {
  weight: number;
  readonly zxids: Set<number>;
}

function classOf(weight: number): number {
  return 31 - Math.clz32(Math.max(weight, 1));
}

/** Counts both limits alike: a request with its share of the bytes weighs two of them. */
function weightOf(request: RememberedRequest): number {
  return bytesOf(request) + Math.ceil(rememberedRequestsBytesMax / rememberedRequestsMax);
}

/** What a request counts for. */
export function bytesOf({
  key,
  fingerprint,
  answer,
}: Pick<RememberedRequest, "key" | "fingerprint" | "answer">): number {
  return key.length + fingerprint.length + answer.length;
}

function isOver(room: { readonly count: number; readonly bytes: number }): boolean {
  return room.count < 0 || room.bytes < 0;
}

const nothing: readonly number[] = [];
