import type { Authenticator } from "../auth/authenticator.ts";
import type { Engine } from "../engine/engine.ts";
import type { CallObserver } from "./adapter/call-observer.ts";
import type { Calls } from "./calls.ts";
import type { Log } from "./log.ts";

/** What the services that serve the engine need. */
export interface ServiceOptions {
  readonly engine: Engine;
  readonly authenticator: Authenticator;
  readonly calls: Calls;
  readonly log: Log;
  readonly observer: CallObserver;
}
