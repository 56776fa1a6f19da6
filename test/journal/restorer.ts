/**
 * A process of its own that restores a backup into a directory, and waits for ever for the last of its bytes, to be
 * killed. Its arguments are the file with the bytes before and the directory.
 */
import { readFileSync } from "node:fs";
import { dataDirectory } from "../../src/data-directory.ts";

const [file, dataDir] = process.argv.slice(2);

async function* almostAll(): AsyncGenerator<Uint8Array> {
  yield readFileSync(file!);
  console.log("waits");
  setInterval(() => {}, 60_000);
  await new Promise(() => {});
}

const options = { dataDir: dataDir!, keepSessions: true, raiseZxid: 1_000, progress: () => {} };
await dataDirectory.restore(almostAll(), options);
