// Random histories through a whole engine over SQLite on a real disk, with orderly restarts, files that may not grow,
// data of many pages and a wall clock that jumps: what is visible is what a restart loads, what fsck finds whole, and
// what the history replays to.
import { rmSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { tempDir } from "../journal/state.ts";
import { campaign, simulationRuns } from "../support/campaign.ts";
import { WholeWorld, wholeStep } from "./whole-world.ts";

const runs = simulationRuns(4);

test(
  "what an engine shows, what it loads, what its history replays to and what fsck checks are the same",
  async () => {
    const seen = { acknowledged: 0, refused: 0, full: 0, restarts: 0, ousted: 0 };
    const steps = fc.array(wholeStep, { minLength: 250, maxLength: 450, size: "max" });
    // Pages of the database file at first: so few that the disk is full soon.
    const pages = fc.constantFrom(28, 32, 36);
    await campaign(
      fc.asyncProperty(steps, pages, async (all, pageCountMax) => {
        const dataDir = tempDir();
        const world = await WholeWorld.start(dataDir, pageCountMax, seen);
        for (const step of all) await world.take(step);
        await world.finish();
        rmSync(dataDir, { recursive: true });
      }),
      runs,
    );
    // A run in which nothing happened proves nothing. What is rare is certain in a long one only.
    const { full, ousted, ...usual } = seen;
    const expected = runs < 50 ? usual : { ...usual, full, ousted };
    for (const [what, count] of Object.entries(expected)) expect(count, what).toBeGreaterThan(0);
  },
  120_000 + 20_000 * runs,
);
