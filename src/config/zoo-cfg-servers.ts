import type { FoundInFile } from "./config-file.ts";
import type { Property } from "./properties.ts";
import type { SettingName } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** Whether it names a member of an ensemble: `server.N=host:port:port[:role][;[address:]clientPort]`. */
export function isServer({ key }: Property): boolean {
  return /^server\.\d+$/.test(key);
}

/** An "ensemble" of one is a single server, of which the part after the ";" says where it listens. */
export function readServers(servers: readonly Property[], file: string, found: FoundInFile): void {
  const [first, second] = servers;
  if (second !== undefined) {
    const keys = servers.map(({ key }) => key).join(", ");
    throw new UsageError(
      `${file} line ${second.line}: ${keys} are refused: they form an ensemble, and Corral is a single server`,
    );
  }
  if (first === undefined) return;
  const [peer = "", client, ...rest] = first.value.split(";");
  if (/:observer$/i.test(peer)) {
    throw new UsageError(
      `${file} line ${first.line}: ${first.key} is refused: an observer follows an ensemble, and Corral is a single server`,
    );
  }
  if (client !== undefined || rest.length > 0)
    readClientAddress(first, [client, ...rest].join(";"), file, found);
  const part = client === undefined ? first.key : `${first.key} before its ";"`;
  found.warnings.push(`${file}: ${part} ignored: a single server has no peers`);
}

function readClientAddress(server: Property, text: string, file: string, found: FoundInFile): void {
  const place = `${file} line ${server.line}, ${server.key}`;
  const [, ipv6, plain, port] = /^(?:\[([^\]]*)\]:|([^:]*):)?([^:;]*)$/.exec(text.trim()) ?? [];
  if (port === undefined) {
    throw new UsageError(
      `${place}: after the ";" comes a client port, or an address and a port such as 0.0.0.0:2181 or [::]:2181`,
    );
  }
  take("port", "clientPort", port);
  const host = ipv6 ?? plain;
  if (host !== undefined) take("host", "clientPortAddress", host);

  function take(name: SettingName, key: string, value: string): void {
    const before = found.values.get(name);
    if (before !== undefined && "text" in before && before.text !== value) {
      throw new UsageError(
        `${place}: ${value} contradicts ${key}=${before.text} (${before.source}); keep one of them`,
      );
    }
    if (before === undefined) found.values.set(name, { text: value, source: place });
  }
}
