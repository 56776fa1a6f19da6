const unitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** Reads a `grpc-timeout` (gRPC over HTTP/2, Requests): up to eight digits and a unit. Undefined for anything else. */
export function parseTimeoutMs(text: string): number | undefined {
  if (!/^[0-9]{1,8}[HMSmun]$/.test(text)) return undefined;
  return Number(text.slice(0, -1)) * unitsMs[text.at(-1)!]!;
}
