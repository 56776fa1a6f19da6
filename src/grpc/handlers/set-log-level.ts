import { LogLevel as ProtoLogLevel } from "../../../gen/ts/corral/v1/admin_pb.js";
import type { Engine } from "../../engine/engine.ts";
import { badArgument } from "../convert.ts";
import { type LeveledLog, type LogLevel, logLevels } from "../log.ts";
import type { AdminHandlerOf } from "./handler.ts";

const levels: ReadonlyMap<ProtoLogLevel, LogLevel> = new Map([
  [ProtoLogLevel.ERROR, "error"],
  [ProtoLogLevel.WARN, "warn"],
  [ProtoLogLevel.INFO, "info"],
  [ProtoLogLevel.DEBUG, "debug"],
]);

export function setLogLevel(engine: Engine, log: LeveledLog): AdminHandlerOf<"setLogLevel"> {
  return ({ level: asked }, caller) => {
    const level = levels.get(asked);
    if (level === undefined)
      throw badArgument("level", `the level is ERROR, WARN, INFO or DEBUG, not ${asked}`);
    const previous = log.level;
    if (level !== previous) {
      const tell = () => log.warn({ previous, level }, "the level of the log was changed");
      // While a warning is still written, or again.
      if (logLevels.indexOf(level) < logLevels.indexOf(previous)) tell();
      log.level = level;
      if (logLevels.indexOf(level) > logLevels.indexOf(previous)) tell();
      engine.audit({ operation: "setLogLevel", value: level }, caller);
    }
    return { previous: toProto(previous) };
  };
}

function toProto(level: LogLevel): ProtoLogLevel {
  return [...levels].find(([, word]) => word === level)![0];
}
