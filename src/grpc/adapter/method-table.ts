import type { ServeStream } from "./bidi-stream.ts";
import type { MethodObserver } from "./call-observer.ts";
import type { ServeUnary } from "./unary.ts";

/** How the calls of a method are served, on any front. */
export type ServedMethod =
  | { readonly kind: "unary"; readonly serve: ServeUnary; readonly observed: MethodObserver }
  | {
      /** Of `server_streaming`, the request is there when it is served. */
      readonly kind: "server_streaming" | "bidi_streaming";
      readonly serve: ServeStream;
      readonly observed: MethodObserver;
    };

/** What a server serves, by paths such as `/corral.v1.Coordination/Get`. */
export type MethodTable = Map<string, ServedMethod>;
