import type { Refusal } from "../core/refusal.ts";

/** The server is on its way out. */
export const shuttingDown: Refusal = {
  reason: "SHUTTING_DOWN",
  message: "the server is stopping; sessions survive a restart, so retry in a moment",
};
