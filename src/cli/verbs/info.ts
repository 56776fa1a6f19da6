import type { ServerStatus } from "../../client/index.ts";
import { clientVerb } from "../client-verb.ts";
import { time } from "../stat-text.ts";

/** Tells how the server is. */
export const info = clientVerb({
  name: "info",
  args: [],
  flags: {},
  about: "Prints how the server is: what it holds, who uses it, and what an operator should look at.",
  example: "corral info",
  grpcurl: "-plaintext localhost:7181 corral.v1.Admin/GetStatus",
  async run({ client, out, timeoutMs, signal }) {
    const status = await client.admin.status({ timeoutMs, signal });
    out.one(status, () => lines(status).join("\n"));
    return 0;
  },
});

function lines({ alarms, ...facts }: ServerStatus): string[] {
  const rows: [name: string, value: string | number | boolean][] = [
    ...Object.entries(facts).map(([name, value]): [string, string | number | boolean] => [
      name,
      name === "startTimeMs" ? time(facts.startTimeMs) : value,
    ]),
    ...alarms.map(({ name, sinceMs, message }): [string, string] => [
      "alarm",
      `${name} since ${time(sinceMs)}: ${message}`,
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
