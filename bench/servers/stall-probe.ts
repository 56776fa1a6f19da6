// Loaded into a server before anything else of it, to tell how long its event loop was held up.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

if (isMainThread && process.send !== undefined) {
  // Every so often the loop is looked for; that much is taken off again.
  const resolution = 2;
  let delay = monitorEventLoopDelay({ resolution });
  process.on("message", (message) => {
    if (message === "begin") {
      delay = monitorEventLoopDelay({ resolution });
      delay.enable();
    } else {
      delay.disable();
      process.send!(Math.max(0, delay.max / 1e6 - resolution));
    }
  });
  // The probe keeps nobody alive.
  process.channel?.unref();
}
