import { readFileSync, writeFileSync } from "node:fs";

/** The unit of /proc's CPU times: USER_HZ, which is 100 on every Linux. */
const ticksPerSecond = 100;

/** CPU time of a process and all its threads, user and system, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field, the program's name in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Memory that a process has in use, and the most that it had since `forgetPeak`. */
export function memory(pid: number): { rssBytes: number; peakBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
  return { rssBytes: kilobytes("VmRSS") * 1_024, peakBytes: kilobytes("VmHWM") * 1_024 };
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}
