import type { Output } from "./output.ts";
import { ConnectionError, errorCode } from "./protocol.ts";

export interface LivenessLimits {
  /** How long a client may take to acknowledge our SETTINGS. */
  readonly settingsTimeoutMs: number;
  /** After so long a silence a client is asked for a sign of life. */
  readonly pingIntervalMs: number;
  /** How long it may take to give that. */
  readonly pingTimeoutMs: number;
}

/** Notices that a client is gone although its connection is there. */
export class Liveness {
  readonly #output: Output;
  readonly #limits: LivenessLimits;
  readonly #startedMs: number;
  #isConfigured = false;
  #heardMs: number;
  #pingedMs: number | undefined;

  constructor(output: Output, limits: LivenessLimits, nowMs: number) {
    this.#output = output;
    this.#limits = limits;
    this.#startedMs = nowMs;
    this.#heardMs = nowMs;
  }

  /** Any byte is a sign of life. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#pingedMs = undefined;
  }

  /** The client has acknowledged our SETTINGS. */
  configured(): void {
    this.#isConfigured = true;
  }

  /** @throws ConnectionError SETTINGS_TIMEOUT; NO_ERROR for a client that fell silent */
  check(nowMs: number): void {
    const { settingsTimeoutMs, pingIntervalMs, pingTimeoutMs } = this.#limits;
    if (!this.#isConfigured && nowMs - this.#startedMs > settingsTimeoutMs) {
      throw new ConnectionError(errorCode.settingsTimeout, "our SETTINGS were not acknowledged");
    }
    if (this.#pingedMs === undefined) {
      if (nowMs - this.#heardMs < pingIntervalMs) return;
      this.#pingedMs = nowMs;
      this.#output.ping(alivePing, false);
    } else if (nowMs - this.#pingedMs > pingTimeoutMs) {
      throw new ConnectionError(errorCode.noError, "the client fell silent");
    }
  }
}

/** What the ping carries, so that it is told from others. */
const alivePing = Buffer.from("alive?\0\0");
