import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Each file gets its own process: servers, workers and SQLite files never share state.
    pool: "forks",
    // Most of them wait for something most of the time: two share even two cores well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Servers run side by side here, and the port for operations has a number of its own by default.
    env: { CORRAL_HTTP_PORT: "0" },
    // Node takes the types off by WebAssembly, in each thread that a journal starts. V8 13.6 crashes now and then when
    // it compiles the calls anew in one of many threads (WasmEngine::FreeDeadCode), so they are not compiled anew.
    execArgv: ["--wasm-wrapper-tiering-budget=1000000000"],
    // Bounds for what never comes, and no measure of what does: other work may keep all cores busy.
    testTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 60_000,
  },
});
