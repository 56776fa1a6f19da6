import { StringDecoder } from "node:string_decoder";
import { exitCodes } from "./failure.ts";
import { secretCharsMax } from "./limits.ts";
import { obeys } from "./terminal.ts";
import type { Io } from "./verb.ts";

/** Asks for a secret at the terminal, where it is not shown; undefined where there is none to ask at. */
export async function askSecret(io: Io, prompt: string): Promise<string | undefined> {
  const { stdin } = io;
  if (stdin.isTTY !== true || stdin.setRawMode === undefined) return undefined;
  // First, or else what is typed at once would be shown.
  stdin.setRawMode(true);
  if (obeys(io.env)) io.progress(prompt);
  else io.complain(prompt);
  const decoder = new StringDecoder("utf8");
  let typed = "";
  try {
    for (;;) {
      for (const character of decoder.write(await nextChunk(stdin))) {
        if (character === "\r" || character === "\n") return typed;
        if (character === ctrlC || (character === ctrlD && typed === "")) io.exit(exitCodes.interrupted);
        if (character === ctrlU) typed = "";
        else if (character === backspace || character === "\b") typed = [...typed].slice(0, -1).join("");
        else if (typed.length < secretCharsMax) typed += character;
      }
    }
  } finally {
    stdin.setRawMode(false);
    io.progress("");
  }
}

const [ctrlC, ctrlD, ctrlU, backspace] = ["\u0003", "\u0004", "\u0015", "\u007f"];

/** What was typed since. Nothing is left listening, and what comes after it waits for whoever reads next. */
function nextChunk(stdin: Io["stdin"]): Promise<Buffer> {
  return new Promise((resolve) => {
    const read = () => {
      const chunk: Buffer | string | null = stdin.read();
      if (chunk === null) return;
      stdin.off("readable", read);
      resolve(Buffer.from(chunk));
    };
    stdin.on("readable", read);
  });
}
