import { EventEmitter, once } from "node:events";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import {
  type Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/ts/grpc/health/v1/health_pb.js";
import type { Handlers } from "./adapter/service.ts";
import { codes } from "./codes.ts";
import { PlainStatus } from "./status.ts";

/** The server as a whole, and the one service that has a health of its own. */
const services: readonly string[] = ["", Coordination.typeName];

/** grpc.health.v1: whether the server takes calls. */
export class HealthState {
  #serving = true;
  #draining = false;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  setServing(serving: boolean): void {
    this.#serving = serving;
    this.#changes.emit("change");
  }

  /** The server serves, but whoever comes new shall go elsewhere. */
  setDraining(draining: boolean): void {
    this.#draining = draining;
    this.#changes.emit("change");
  }

  handlers(): Handlers<typeof Health, undefined> {
    return {
      check: ({ service }) => {
        const status = this.#statusOf(service);
        if (status === undefined) throw new PlainStatus(codes.NOT_FOUND, `unknown service ${service}`);
        return { status };
      },
      list: () => {
        const statuses = services.map((service) => [service, { status: this.#status }]);
        return { statuses: Object.fromEntries(statuses) };
      },
      watch: async ({ service }, stream) => {
        for (let told: Status | undefined; ; ) {
          const status = this.#statusOf(service) ?? Status.SERVICE_UNKNOWN;
          if (status !== told) await stream.send({ status });
          // It may have changed while the message went out.
          if (status === told) await once(this.#changes, "change", { signal: stream.signal });
          told = status;
        }
      },
    };
  }

  get #status(): Status {
    return this.#serving && !this.#draining ? Status.SERVING : Status.NOT_SERVING;
  }

  #statusOf(service: string): Status | undefined {
    return services.includes(service) ? this.#status : undefined;
  }
}
