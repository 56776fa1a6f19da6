import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Each file gets its own process: servers, workers and SQLite files never share state.
    pool: "forks",
    testTimeout: 30_000,
    // A bound for what never comes, and no measure of what does.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 30_000,
  },
});
