import type { WatchEvent, WatchKind } from "../client/index.ts";
import type { Call } from "./client-verb.ts";
import { dataValue } from "./data.ts";
import type { FlagSpecs } from "./flags.ts";
import type { Output } from "./output.ts";

/** The flag of verbs that can wait for a change of what they show. */
export const watchFlag = {
  watch: { kind: "switch", short: "w", help: "Then wait for the next change, and tell it." },
} as const satisfies FlagSpecs;

/** Waits for the first change after what was read, and tells it. The shell does not stand still for it. */
export async function watchOnce(
  { client, out, signal, background }: Call<FlagSpecs>,
  path: string,
  kind: WatchKind,
  afterZxid: number,
): Promise<void> {
  // Of the shell's verbs only those that it waits for are ended by ctrl-C.
  const watch = client.watch(path, { kind, afterZxid, ...(background === undefined ? { signal } : {}) });
  const told = (async () => {
    for await (const event of watch) {
      out.next(eventValue(event, false), () => eventText(event, out));
      break;
    }
  })();
  if (background === undefined) await told;
  else background(told);
}

/** An event for people: when, what, where. */
export function eventText({ zxid, kind, path }: WatchEvent, out: Output): string {
  return `${zxid}  ${kind}  ${out.part(path)}`;
}

/** An event for programs. */
export function eventValue(event: WatchEvent, withData: boolean): object {
  const { zxid, kind, path, stat, data, dataOmitted } = event;
  return { zxid, kind, path, stat, ...(withData ? { ...dataValue(data), dataOmitted } : {}) };
}
