import type { Readable } from "node:stream";

/** Hands over each line that another program writes, once it is whole. LF alone ends one: for readline U+2028 does too. */
export function eachLine(input: Readable, take: (line: string) => void): void {
  let begun = "";
  input.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (begun + chunk).split("\n");
    begun = lines.pop()!;
    for (const line of lines) take(line);
  });
  input.on("end", () => {
    if (begun !== "") take(begun);
  });
}
