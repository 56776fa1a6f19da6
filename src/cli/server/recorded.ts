import { resolve } from "node:path";
import { systemClock } from "../../clock.ts";
import type { Settings } from "../../config/settings.ts";
import type { Logger } from "../../ops/logger.ts";
import type { RunningServer } from "../../server.ts";
import { endRecord, type ServerRecord, writeRecord } from "./record.ts";

/** What a server knows of its own start. */
export type StartedAs = Pick<ServerRecord, "background" | "args" | "apart" | "tls">;

/** How a server is spoken to; whoever asks how it is has not its flags. */
export function recordedTls({ tlsCertFile, tlsClientAuth }: Settings): Pick<ServerRecord, "tls"> {
  if (tlsCertFile === "") return {};
  return { tls: { certFile: resolve(tlsCertFile), clientAuth: tlsClientAuth } };
}

/** The same server, which tells in its data directory that it runs, and when it has ended. */
export function recorded(
  server: RunningServer,
  { dataDir, log, ...startedAs }: StartedAs & { readonly dataDir: string; readonly log: Logger },
): RunningServer {
  const { pid } = process;
  const since = new Date(systemClock.wallMs()).toISOString();
  const { address } = server;
  try {
    writeRecord(dataDir, { pid, address, since, workingDir: process.cwd(), ...startedAs });
  } catch (err) {
    // It is of no use to clients.
    log.warn({ err }, "`corral server` will not find this server: its record could not be written");
  }
  return {
    ...server,
    async stop() {
      await server.stop();
      try {
        endRecord(dataDir, pid);
      } catch (err) {
        log.warn({ err }, "the record could not be written: it will look as if this server had been killed");
      }
    },
  };
}
