// Loaded into a server before anything else of it, to tell how long its event loop was held up.
import { openSync, readSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** The longest that the event loop was held up, in milliseconds. */
export interface Stalls {
  readonly longestMs: number;
  /** The same without the time in which the thread could have run and had no core: that is the machine's doing. */
  readonly longestOwnMs: number;
}

/** How often the loop is looked for; a stall is found but for so much of it. */
const intervalMs = 2;

/** For how long this thread, the first of its process, has waited for a core, in milliseconds. */
function waitedMs(): number {
  const length = readSync(schedstat, buffer, 0, buffer.length, 0);
  return Number(buffer.toString("latin1", 0, length).split(" ")[1]) / 1e6;
}

const schedstat = isMainThread ? openSync("/proc/self/schedstat", "r") : -1;
const buffer = Buffer.alloc(100);

if (isMainThread && process.send !== undefined) {
  let longestMs = 0;
  let longestOwnMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    clearInterval(timer);
    longestMs = 0;
    longestOwnMs = 0;
    let lastMs = performance.now();
    let lastWaitedMs = waitedMs();
    timer = setInterval(() => {
      const nowMs = performance.now();
      const waited = waitedMs();
      const stallMs = nowMs - lastMs - intervalMs;
      longestMs = Math.max(longestMs, stallMs);
      longestOwnMs = Math.max(longestOwnMs, stallMs - (waited - lastWaitedMs));
      lastMs = nowMs;
      lastWaitedMs = waited;
    }, intervalMs);
  };
  process.on("message", (message) => {
    if (message === "begin") return begin();
    if (message !== "end") return;
    clearInterval(timer);
    const stalls: Stalls = { longestMs, longestOwnMs };
    process.send!(stalls);
  });
  // The probe keeps nobody alive.
  process.channel?.unref();
}
