import { visible, visibleLines } from "../visible.ts";
import type { Io } from "./verb.ts";

/** A stream that may be a terminal. */
interface Outlet {
  readonly isTTY?: boolean;
  write(text: string | Uint8Array): unknown;
}

type Environment = Io["env"];

/** What a process prints goes through here, all of it: what a person sees is made visible, whoever has sent it. */
export function printersOf(
  stdout: Outlet,
  stderr: Outlet,
  env: Environment,
): Pick<Io, "isTerminal" | "out" | "complain" | "progress"> {
  const isTerminal = stdout.isTTY === true;
  const progress = (text: string) => {
    if (stderr.isTTY && obeys(env)) stderr.write(`\r\u001b[K${visible(text)}`);
  };
  return {
    isTerminal,
    // Bytes are what somebody asked for by a flag: `get -r`.
    out: (text) => void stdout.write(isTerminal && typeof text === "string" ? forTerminal(text) : text),
    complain: (line) => {
      progress("");
      const words = line.split(/[\r\n]+/).map((part) => part.trim());
      stderr.write(`corral: ${visible(words.join(" "))}\n`);
    },
    progress,
  };
}

/** Whether colours are wanted: https://no-color.org, and terminals that know none. */
export function wantsColours(env: Environment): boolean {
  return (env["NO_COLOR"] ?? "") === "" && obeys(env);
}

/** A terminal that can do more than print. */
export function obeys(env: Environment): boolean {
  return env["TERM"] !== "dumb";
}

/** The colours that Corral gives, and the end of one. */
export const colours = { dim: "\u001b[2m", bright: "\u001b[36m", end: "\u001b[0m" } as const;

const ownColours = new RegExp(
  `(${Object.values(colours)
    .map((one) => one.replace("[", "\\["))
    .join("|")})`,
);

/** A text that has colours of Corral's, and must have no others. */
function forTerminal(text: string): string {
  return text
    .split(ownColours)
    .map((part, at) => (at % 2 === 1 ? part : visibleLines(part)))
    .join("");
}
