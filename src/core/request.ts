import { rememberedRequestAgeMaxMs, rememberedRequestsBytesMax, rememberedRequestsMax } from "../limits.ts";
import type { Done } from "./operation.ts";

/** How a caller marks a write, so that a retry of it is recognised. */
export interface RequestMark {
  /** Whose it is, and which of theirs. */
  readonly key: string;
  /** Tells what is asked for from anything else. */
  readonly fingerprint: string;
}

/** A write that was done, and what its caller was told or would have been. */
export interface RememberedRequest extends RequestMark {
  readonly zxid: number;
  readonly timeMs: number;
  /** See packAnswer. */
  readonly answer: string;
}

/** The requests of the last hour, as far as there is room. The oldest are forgotten first. */
export class RequestMemory {
  readonly #requests = new Map<string, RememberedRequest>();
  #bytes = 0;

  get(key: string): RememberedRequest | undefined {
    return this.#requests.get(key);
  }

  /** In the order of their zxids. */
  values(): IterableIterator<RememberedRequest> {
    return this.#requests.values();
  }

  /** In the order of their zxids; no key may come twice. */
  put(request: RememberedRequest): void {
    this.#requests.set(request.key, request);
    this.#bytes += bytesOf(request);
    for (const oldest of this.#requests.values()) {
      const { size } = this.#requests;
      if (!isForgotten(oldest, { count: size, bytes: this.#bytes, nowMs: request.timeMs })) return;
      this.#requests.delete(oldest.key);
      this.#bytes -= bytesOf(oldest);
    }
  }
}

/** Whether the oldest request is to be forgotten, among so many. */
export function isForgotten(
  { timeMs }: Pick<RememberedRequest, "timeMs">,
  { count, bytes, nowMs }: { readonly count: number; readonly bytes: number; readonly nowMs: number },
): boolean {
  const tooMany = count > rememberedRequestsMax || bytes > rememberedRequestsBytesMax;
  return tooMany || nowMs - timeMs > rememberedRequestAgeMaxMs;
}

function bytesOf({ key, fingerprint, answer }: RememberedRequest): number {
  return key.length + fingerprint.length + answer.length;
}

/** What a caller is told, as a text: JSON, with bytes in base64. */
export function packAnswer(done: Done): string {
  return JSON.stringify(done, function (this: Record<string, unknown>, key, value: unknown) {
    // Not `value`: a Buffer has made itself an array of numbers by then.
    const bytes = this[key];
    return bytes instanceof Uint8Array ? { base64: Buffer.from(bytes).toString("base64") } : value;
  });
}

/** The inverse of packAnswer. */
export function unpackAnswer(answer: string): Done {
  return JSON.parse(answer, (_key, value: unknown) =>
    isPackedBytes(value) ? Buffer.from(value.base64, "base64") : value,
  ) as Done;
}

function isPackedBytes(value: unknown): value is { readonly base64: string } {
  return typeof value === "object" && value !== null && "base64" in value;
}
