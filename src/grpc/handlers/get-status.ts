import type { ServerStatus } from "../../ops/status.ts";
import { int64 } from "../convert.ts";
import type { AdminHandlerOf } from "./handler.ts";

export function getStatus(status: () => Promise<ServerStatus>): AdminHandlerOf<"getStatus"> {
  return async () => {
    const { version, draining, logLevel, alarms, ...numbers } = await status();
    return {
      version,
      draining,
      logLevel,
      alarms: alarms.map(({ name, sinceMs, message }) => ({ name, sinceMs: int64(sinceMs), message })),
      startTimeMs: int64(numbers.startTimeMs),
      uptimeMs: int64(numbers.uptimeMs),
      zxid: int64(numbers.zxid),
      oldestZxid: int64(numbers.oldestZxid),
      nodes: int64(numbers.nodes),
      ephemeralNodes: int64(numbers.ephemeralNodes),
      dataBytes: int64(numbers.dataBytes),
      sessions: int64(numbers.sessions),
      watches: int64(numbers.watches),
      watchStreams: int64(numbers.watchStreams),
      connections: int64(numbers.connections),
      databaseBytes: int64(numbers.databaseBytes),
      walBytes: int64(numbers.walBytes),
      diskFreeBytes: int64(numbers.diskFreeBytes),
    };
  };
}
