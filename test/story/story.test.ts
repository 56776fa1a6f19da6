import { beforeAll, expect, onTestFinished, test } from "vitest";
import { skipUnless } from "../support/tools.ts";
import { languages, runProgram, temporaryFolder } from "./programs.ts";
import { startServerProcess } from "./server-process.ts";

for (const { name, tools, prepare, programs } of languages) {
  skipUnless(...tools)(`the story in ${name}`, () => {
    beforeAll(prepare, 300_000);

    test("is told, and is still true after a restart", async () => {
      const dataDir = temporaryFolder();
      const first = await startServerProcess(dataDir);
      onTestFinished(first.kill);
      const told = await runProgram(programs.story(), first.address, "before");
      expect(await first.stop()).toBe(0);

      const second = await startServerProcess(dataDir);
      onTestFinished(second.kill);
      await runProgram(programs.story(), second.address, "after", told.trim());
      expect(await second.stop()).toBe(0);
    }, 60_000);
  });
}
