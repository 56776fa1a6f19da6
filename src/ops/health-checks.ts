import type { Vitals } from "./vitals.ts";

/** One question to a server; the answer says what is wrong, or nothing. */
interface Check {
  readonly name: string;
  readonly fault: (vitals: Vitals) => string | undefined;
}

const journal: Check = {
  name: "journal",
  fault: ({ failed }) => (failed ? "a commit failed with an unknown outcome: the process ends" : undefined),
};

const checks = {
  /** Whether the process should be left alone: a fault here is mended by a restart. */
  livez: [
    // Whoever reads this has been answered by it.
    { name: "event_loop", fault: () => undefined },
    journal,
  ],
  /** Whether new clients should be sent here. */
  readyz: [
    { name: "data", fault: ({ data }) => (data === undefined ? "the data are being loaded" : undefined) },
    { name: "grpc", fault: ({ front }) => (front === undefined ? "the gRPC port is not open" : undefined) },
    journal,
    { name: "draining", fault: drainingFault },
  ],
} satisfies Record<string, readonly Check[]>;

function drainingFault({ stopping, draining }: Vitals): string | undefined {
  if (stopping) return "the server is stopping";
  return draining ? "the server takes no new sessions" : undefined;
}

export type Probe = keyof typeof checks;

/** What a probe is told, in the words of Kubernetes' own servers. */
export interface Health {
  readonly ok: boolean;
  readonly text: string;
}

/** All checks of a probe; without `verbose` a good answer is one word. */
export function healthOf(probe: Probe, vitals: Vitals, verbose: boolean): Health {
  const faults = checks[probe].map(({ name, fault }) => ({ name, fault: fault(vitals) }));
  const ok = faults.every(({ fault }) => fault === undefined);
  if (ok && !verbose) return { ok, text: "ok\n" };
  const lines = faults.map(({ name, fault }) => lineOf(name, fault));
  // They take nobody's calls away: a server with a full disk reads, watches and keeps sessions.
  if (probe === "readyz")
    lines.push(...vitals.alarms.map(({ name, message }) => `[!]${name} warning: ${message}`));
  lines.push(`${probe} check ${ok ? "passed" : "failed"}`);
  return { ok, text: `${lines.join("\n")}\n` };
}

/** One check of a probe; undefined if there is none of that name. */
export function checkOf(probe: Probe, name: string, vitals: Vitals): Health | undefined {
  const check = checks[probe].find((one) => one.name === name);
  if (check === undefined) return undefined;
  const fault = check.fault(vitals);
  return { ok: fault === undefined, text: `${lineOf(name, fault)}\n` };
}

function lineOf(name: string, fault: string | undefined): string {
  return fault === undefined ? `[+]${name} ok` : `[-]${name} failed: ${fault}`;
}
